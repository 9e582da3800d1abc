"""Invented people of the demo: Korean names and mobile numbers of valid shape, drawn from a seed. Nobody real is meant."""

from __future__ import annotations

import random

_SURNAMES = "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구"
# Few surnames are very common, as in life.
_SURNAME_SHARES = [1000 // (rank + 3) for rank in range(len(_SURNAMES))]
_FIRST = "민서지현수진영은성재준도하예유승태동경정상혜미선호우윤주종광"
_SECOND = "준우현민서진호영수연희아은경원석훈철환식주린빈율미나라솔별"
_ENGLISH = ("Alex", "Sam", "Robin", "Jamie", "Kim", "Lee", "Chris", "Pat", "Dana", "Jo", "Max", "Noel")
_NOTES = (
    "트렁크에 자전거",
    "수동 변속기",
    "전화 먼저 하고 출발",
    "현금 결제",
    "지하 2층에 주차",
    "영어로 안내",
    "반려견 동승",
    "대형 차량",
)


class People:
    """Draws people; no number is drawn twice."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._numbers: set[str] = set()

    def name(self) -> str:
        """A Korean name of three syllables, now and then of two."""
        chance = self._chance
        surname = chance.choices(_SURNAMES, _SURNAME_SHARES)[0]
        first = chance.choice(_FIRST)
        return surname + first + (chance.choice(_SECOND) if chance.random() < 0.97 else "")

    def english_name(self) -> str:
        """A short name in Latin letters."""
        return f"{self._chance.choice(_ENGLISH)} {self._chance.choice('ABCDEFGHJKLMNPRSTW')}."

    def mobile(self) -> str:
        """A Korean mobile number, E.164."""
        while True:
            number = f"+8210{self._chance.randint(20_000_000, 99_999_999)}"
            if number not in self._numbers:
                self._numbers.add(number)
                return number

    def note(self) -> str | None:
        """What a dispatcher once wrote down, for one customer in ten."""
        return self._chance.choice(_NOTES) if self._chance.random() < 0.1 else None
