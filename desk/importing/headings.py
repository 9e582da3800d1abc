"""Which column is which: guessed from Korean and English headings; a person may say otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from desk.importing.table import heading

FIELDS: dict[str, tuple[str, ...]] = {
    "customers": ("name", "number", "grade", "note", "language", "place", "ad_consent"),
    "drivers": (
        "driver_number", "name", "phone", "phones", "language", "licence_number", "licence_until", "insurance_number",
        "insurance_until", "skills", "groups", "base_area", "works_days", "works_hours", "note",
        "bank", "bank_account", "bank_holder",
    ),
    "places": ("name", "district", "alias", "lat", "lon", "accuracy_m", "source"),
}  # fmt: skip
SEVERAL = frozenset({"number", "note", "place", "alias", "phones"})
"""Fields that several columns may be."""
NEEDED: dict[str, tuple[str, ...]] = {
    "customers": ("number",),
    "drivers": ("driver_number", "name", "phone"),
    "places": ("name",),
}

_PHONE = " ".join(
    (
        "전화번호 전화 연락처 휴대폰 휴대폰번호 휴대전화 휴대전화번호 핸드폰 핸드폰번호 폰번호 집전화 회사전화",
        "전화1 전화2 연락처1 연락처2 휴대폰1 휴대폰2",
        "phone phonenumber telephone tel mobile mobilephone mobilenumber cell cellphone contact contactnumber",
        "phone1 phone2 number2 numbers phones hp telephonenumber telephonenumbers phonenumbers",
    )
)
_NAME = "이름 성명 성함 name fullname"
_LANGUAGE = "언어 사용언어 language lang locale"
_WORDS: dict[str, dict[str, str]] = {
    "customers": {
        "name": f"{_NAME} 고객명 고객이름 고객 고객성명 상호 상호명 업체명 회사명 거래처 거래처명 "
        "customer customername client company",
        "number": f"{_PHONE} 고객번호 고객전화 고객전화번호 고객연락처 번호 발신번호 number customerphone callerid",
        "grade": "등급 고객등급 회원등급 구분 grade level tier class rank vip",
        "note": "메모 비고 특이사항 참고 참고사항 요청사항 적요 note notes memo remark remarks comment comments",
        "language": _LANGUAGE,
        "ad_consent": "광고동의 광고동의일 광고수신동의 광고수신동의일 수신동의 수신동의일 마케팅동의 마케팅동의일 "
        "마케팅수신동의 adconsent advertisingconsent marketingconsent optin optindate agreedtoadvertising",
        "place": "주소 주소1 주소2 집주소 자택 회사주소 출발지 도착지 목적지 장소 자주가는곳 자주가는장소 단골장소 저장장소 위치 "
        "address address1 address2 place places savedplace savedplaces home work origin destination location",
    },
    "drivers": {
        "driver_number": "기사번호 기사코드 번호 사번 코드 호출번호 콜번호 no number driverno drivernumber drivercode code id",
        "name": f"{_NAME} 기사명 기사이름 기사 기사성명 driver drivername",
        "phone": f"{_PHONE} 기사전화 기사전화번호 기사연락처 driverphone",
        "phones": "다른전화 다른전화번호 추가전화 추가전화번호 추가번호 보조전화 보조번호 비상연락처 "
        "otherphone otherphones othertelephonenumbers morephones secondphone emergencycontact",
        "language": _LANGUAGE,
        "licence_number": "면허 면허번호 운전면허 운전면허번호 licence license licencenumber licensenumber licenceno licenseno "
        "driverlicence driverlicense drivinglicence drivinglicense",
        "licence_until": "면허만료 면허만료일 면허유효기간 면허유효일 면허기한 면허갱신일 "
        "licenceuntil licenseuntil licenceexpiry "
        "licenseexpiry licenceexpires licenseexpires licencevaliduntil licensevaliduntil",
        "insurance_number": "보험 보험번호 보험증권 보험증권번호 증권번호 insurance insurancenumber insuranceno insurancepolicy "
        "policy policynumber",
        "insurance_until": "보험만료 보험만료일 보험유효기간 보험기한 보험종료일 insuranceuntil insuranceexpiry insuranceexpires "
        "insurancevaliduntil",
        "skills": "기능 운전가능 운전가능차종 가능차종 차종 skills skill drives candrive",
        "groups": "그룹 조 팀 소속 groups group team teams",
        "base_area": "활동지역 기본지역 대기지역 근무지역 거점 지역 basearea area base region",
        "works_days": "근무요일 요일 근무일 workdays workingdays worksdays weekdays",
        "works_hours": "근무시간 근무시간대 근무시각 workhours workinghours workshours hours",
        "note": "메모 비고 특이사항 참고 참고사항 note notes memo remark remarks comment comments",
        "bank": "은행 은행명 은행코드 입금은행 지급은행 bank bankname bankcode",
        "bank_account": "계좌 계좌번호 은행계좌 은행계좌번호 입금계좌 입금계좌번호 지급계좌 정산계좌 "
        "account accountnumber accountno bankaccount bankaccountnumber",
        "bank_holder": "예금주 예금주명 예금주성명 계좌주 accountholder bankholder holder holdername",
    },
    "places": {
        "name": "이름 장소 장소명 장소이름 지명 명칭 상호 name place placename title",
        "district": "구 시군구 행정구역 지역 구역 district area region",
        "alias": "별칭 별명 다른이름 다른명칭 alias aliases othernames synonyms",
        "lat": "위도 lat latitude y",
        "lon": "경도 lon lng long longitude x",
        "accuracy_m": "정확도 정확도m 반경 오차 accuracy accuracym radius radiusm",
        "source": "출처 자료 근거 source origin",
    },
}
_FIELD_OF = {
    kind: {word: name for name, words in fields.items() for word in words.split()} for kind, fields in _WORDS.items()
}
KNOWN = frozenset(word for words in _FIELD_OF.values() for word in words)

Mapping = list[str | None]


def guess(kind: str, columns: Sequence[str]) -> Mapping:
    """The field of each column, or None. A field that has but one column is the first that is called so."""
    taken: set[str] = set()
    mapping: Mapping = []
    for column in columns:
        field = _FIELD_OF[kind].get(heading(column))
        if field in taken and field not in SEVERAL:
            field = None
        if field is not None:
            taken.add(field)
        mapping.append(field)
    return mapping


def trouble(kind: str, columns: Sequence[str], mapping: Sequence[str | None]) -> str | None:
    """Why this cannot be the mapping ("length", "unknown", "twice_<field>", "missing_<field>"), or None."""
    if len(mapping) != len(columns):
        return "length"
    named = [field for field in mapping if field is not None]
    if not set(named) <= set(FIELDS[kind]):
        return "unknown"
    for field in FIELDS[kind]:
        if named.count(field) > 1 and field not in SEVERAL:
            return f"twice_{field}"
    return next((f"missing_{field}" for field in NEEDED[kind] if field not in named), None)
