"""What a text that came in means: yes or no to an offer, a driver's duty and steps, no more advertising, a machine's words, or
work for a person. Pure.

    수락 12 · 수락12 · 12 수락 · [Web발신] 수락. 12번 · １２       accept 12
    네 · ok · 1                                                 accept, if one offer waits
    거절 12 · 2                                                 decline
    출근 · 퇴근 · 도착 · 출발 · 완료                               a driver's duty, and how far his order is; alone only
    완료 25000 · 완료 25,000원                                   done, and what an open fare was
    수신거부 · STOP                                              no more advertising
    운전중이라 답장할 수 없습니다                                   a machine's; never answered

A text is an answer only where nothing else stands in it: "네, 그런데 얼마예요?" is for a person.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Meaning = Literal[
    "accept", "decline", "opt_out", "automatic", "other", "on_duty", "off_duty", "arrived", "leaving", "done"
]

ACCEPTS = frozenset(
    {
        "수락",
        "수락합니다",
        "수락할게요",
        "수락요",
        "승낙",
        "네",
        "넵",
        "예",
        "ㅇㅇ",
        "ㅇㅋ",
        "ok",
        "okay",
        "yes",
        "y",
        "accept",
    }
)
# Not 취소: from a driver who has an order it would mean something that a person must decide.
DECLINES = frozenset(
    {"거절", "거절합니다", "거절할게요", "거절요", "아니오", "아니요", "불가", "ㄴㄴ", "no", "n", "decline"}
)
DUTY = ("on_duty", "off_duty")
STEPS = ("arrived", "leaving", "done")
_SAID: dict[Meaning, frozenset[str]] = {
    "on_duty": frozenset({"출근", "출근합니다", "출근했습니다", "출근요", "onduty", "on"}),
    "off_duty": frozenset({"퇴근", "퇴근합니다", "퇴근했습니다", "퇴근요", "offduty", "off"}),
    "arrived": frozenset({"도착", "도착했습니다", "도착함", "도착요", "arrived"}),
    "leaving": frozenset({"출발", "출발합니다", "출발했습니다", "출발요", "운행시작", "go", "leaving", "driving"}),
    "done": frozenset({"완료", "완료했습니다", "운행완료", "완료요", "done", "completed"}),
}
_DEEDS = {word: meaning for meaning, words in _SAID.items() for word in words}
"""What a driver says without being asked. None of these is said about an offer."""
_BESIDE = frozenset(["번", "콜"])
OPT_OUTS = frozenset(["수신거부", "무료수신거부", "광고수신거부", "광고거부", "stop", "stopall", "unsubscribe"])
_AUTOMATIC = re.compile(
    r"부재\s?중|운전\s?중(이라|입니다|이니)|회의\s?중(이라|입니다)|자동\s?응답|답장(을|이)?\s?(할 수 없|어렵|드릴 수 없)"
    r"|auto[- ]?(matic )?(reply|response)|out of (the )?office|i'?m driving"
)
_BEFORE = re.compile(r"^\s*(\[\s*web\s*발신\s*\]|\[\s*국제발신\s*\]|\(광고\))\s*")
# Four figures with nothing beside them could be an offer's code.
_PAID = re.compile(
    r"(?P<word>[^\W\d_]+(?: [^\W\d_]+)?)[ .:]*"
    r"(?:(?P<plain>[0-9]{5,9})|(?P<parted>[0-9]{1,3}(?:,[0-9]{3}){1,2})|(?P<said>[0-9]{4,9}) ?(?=원|won|krw))"
    r" ?(?:원|won|krw)?[.!]*"
)
_WORD = re.compile(r"[^\W\d_]+|\d+")
# Not ?: "네?" asks back.
_BETWEEN = re.compile(r"[\w .,!~^·:()\[\]]*")
_FULL_WIDTH = {0xFF01 + at: 0x21 + at for at in range(94)}
LONGEST_ANSWER = 40
LONGEST_CODE = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """`code` is the offer that is meant, null where none is named; `amount` what a driver says with "done", in whole units."""

    meaning: Meaning
    code: str | None = None
    amount: int | None = None


OTHER = Reading("other")


def read(text: str) -> Reading:
    """What `text` means."""
    said = normalised(text)
    if (paid := _PAID.fullmatch(said)) and _DEEDS.get("".join(paid["word"].split())) == "done":
        amount = int((paid["plain"] or paid["parted"] or paid["said"]).replace(",", ""))
        return Reading("done", amount=amount)
    words = [word for word in _WORD.findall(said) if word not in _BESIDE]
    if "".join(words) in OPT_OUTS:
        return Reading("opt_out")
    if len(said) <= LONGEST_ANSWER and _BETWEEN.fullmatch(said) and (answer := _answer(words)):
        return answer
    return Reading("automatic") if _AUTOMATIC.search(said) else OTHER


def normalised(text: str) -> str:
    """Composed, narrow, in small letters, without what networks put before it; runs of blanks are one."""
    said = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_FULL_WIDTH).lower())
    while (shorter := _BEFORE.sub("", said, count=1)) != said:
        said = shorter
    return " ".join(said.split())


def _answer(words: list[str]) -> Reading | None:
    if meaning := _DEEDS.get("".join(words)):
        return Reading(meaning)
    codes = [word for word in words if word.isascii() and word.isdigit()]
    said = [word for word in words if word not in codes]
    if len(codes) > 1 or len(said) > 1 or len(words) != len(codes) + len(said):
        return None
    code = codes[0] if codes else None
    if not said:
        return _by_number(code) if code else None
    if code is not None and not 2 <= len(code) <= LONGEST_CODE:
        return None
    if said[0] in ACCEPTS:
        return Reading("accept", code)
    return Reading("decline", code) if said[0] in DECLINES else None


def _by_number(number: str) -> Reading | None:
    if number in ("1", "2"):
        return Reading("accept" if number == "1" else "decline")
    return Reading("accept", number) if 2 <= len(number) <= LONGEST_CODE and number[0] != "0" else None
