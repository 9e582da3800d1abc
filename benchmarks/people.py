"""Names and places that look like those of a real office: few names are many people's, most are few people's."""

from __future__ import annotations

import random

# Shares of Korea's surnames (population census 2015, rounded), and syllables of given names.
SURNAMES = {"김": 215, "이": 147, "박": 84, "최": 47, "정": 43, "강": 24, "조": 21, "윤": 21, "장": 20, "임": 17, "한": 15,
            "오": 15, "서": 15, "신": 15, "권": 14, "황": 14, "안": 14, "송": 14, "전": 11, "홍": 11, "유": 13, "고": 9,
            "문": 9, "양": 9, "손": 9, "배": 8, "백": 8, "허": 7, "남": 5, "심": 5, "노": 5, "하": 5, "곽": 4, "성": 4,
            "차": 4, "주": 4, "우": 4, "구": 4, "라": 3, "진": 3, "제갈": 1, "선우": 1}  # fmt: skip
GIVEN = (
    "민서지현준영수진우은하윤예도연주시아유성재경미정선희호태승혜원동철숙순자옥상기용훈석광규범찬빈율나라다소솔슬해한환"
)
AREAS = (
    "강남", "역삼", "선릉", "삼성", "신사", "논현", "압구정", "교대", "서초",
    "양재", "사당", "잠실", "문정", "건대입구", "성수", "왕십리", "이태원", "홍대입구",
    "합정", "신촌", "여의도", "영등포", "구로", "신림", "목동", "마곡", "노원",
    "수유", "천호", "판교", "정자", "서현", "수원", "안양", "부천", "부평",
)  # fmt: skip


def name(chance: random.Random) -> str:
    """A surname and two syllables."""
    surname = chance.choices(list(SURNAMES), list(SURNAMES.values()))[0]
    return surname + chance.choice(GIVEN) + chance.choice(GIVEN)


def place(chance: random.Random) -> str:
    """A station's exit, or a house."""
    area = chance.choice(AREAS)
    if chance.random() < 0.5:
        return f"{area}역 {chance.randint(1, 12)}번 출구"
    return f"{area} {chance.randint(1, 12)}단지 {chance.randint(101, 2120)}동"
