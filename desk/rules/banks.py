"""Banks that drivers are paid to: Korea's by the three digits of the shared network (금융결제원), others by name. Pure.

The digits are what banks' own tables for many transfers ask for. A bank that is none of them is kept as it was written, outside
of Korea only: a Korean transfer needs the digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from desk.text import plain

LONGEST_BANK = 40
LONGEST_ACCOUNT = 30
FEWEST_DIGITS, MOST_DIGITS = 6, 20

KOREAN: Final[Mapping[str, tuple[str, str, str]]] = {
    "002": ("산업은행", "KDB", "산업 한국산업은행"),
    "003": ("기업은행", "IBK", "기업 중소기업은행"),
    "004": ("국민은행", "KB Kookmin", "국민 kb kb국민 kb국민은행 kookmin"),
    "007": ("수협은행", "Suhyup", "수협 sh sh수협 sh수협은행"),
    "011": ("농협은행", "NH", "농협 nh농협 nh농협은행 농협중앙회"),
    "012": ("지역농축협", "NH local", "단위농협 지역농협 축협 농축협"),
    "020": ("우리은행", "Woori", "우리"),
    "023": ("SC제일은행", "SC First", "sc 제일 제일은행 sc제일 sc은행"),
    "027": ("한국씨티은행", "Citibank Korea", "씨티 씨티은행 시티 시티은행 citi citibank"),
    "031": ("iM뱅크", "iM Bank", "대구 대구은행 im dgb"),
    "032": ("부산은행", "BNK Busan", "부산 bnk부산 bnk부산은행 busan"),
    "034": ("광주은행", "Kwangju", "광주"),
    "035": ("제주은행", "Jeju", "제주"),
    "037": ("전북은행", "Jeonbuk", "전북"),
    "039": ("경남은행", "BNK Kyongnam", "경남 bnk경남 bnk경남은행 kyongnam"),
    "045": ("새마을금고", "KFCC", "새마을 mg mg새마을금고"),
    "048": ("신협", "CU", "신용협동조합"),
    "050": ("저축은행", "Savings bank", "상호저축은행"),
    "054": ("HSBC", "HSBC", "hsbc은행"),
    "055": ("도이치은행", "Deutsche Bank", "도이치"),
    "057": ("JP모간", "JPMorgan", "jp모건 jpm jp모간체이스"),
    "060": ("BOA", "Bank of America", "뱅크오브아메리카"),
    "061": ("BNP파리바", "BNP Paribas", "bnp bnp파리바은행"),
    "062": ("중국공상은행", "ICBC", "공상 공상은행"),
    "063": ("중국은행", "Bank of China", "boc"),
    "064": ("산림조합", "NFCF", "산림조합중앙회 sj산림조합"),
    "067": ("중국건설은행", "CCB", "건설 건설은행"),
    "071": ("우체국", "Post office", "우체국예금 epost"),
    "081": ("하나은행", "Hana", "하나 keb keb하나 keb하나은행 외환은행"),
    "088": ("신한은행", "Shinhan", "신한"),
    "089": ("케이뱅크", "K bank", "k뱅크 케이"),
    "090": ("카카오뱅크", "KakaoBank", "카카오 카뱅 kakao"),
    "092": ("토스뱅크", "Toss Bank", "토스 toss"),
}  # fmt: skip
"""By their digits: the Korean name, the English one, and what else people write."""

_ACCOUNT = re.compile(r"[0-9]+(?:-[0-9]+)*")
_ODD = re.compile(r"[\W_]")


def bank(told: str, country: str) -> str:
    """The digits of a Korean bank by digits, name or both ("004", "국민", "004 국민은행"), else its name. Raises ValueError."""
    text = plain(unicodedata.normalize("NFKC", told), LONGEST_BANK + 1)
    word = _word(text)
    if found := _WORDS.get(word):
        return found
    if (begins := word[:3]) in KOREAN and _WORDS.get(word[3:]) == begins:
        return begins
    if not word or country == "KR" or len(text) > LONGEST_BANK or text.isdecimal():
        raise ValueError(told)
    return text


def account(told: str) -> str:
    """The number with its hyphens and without spaces: 6 to 20 digits. Raises ValueError."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", told[: 3 * LONGEST_ACCOUNT]))
    digits = sum(char.isdecimal() for char in text)
    if len(text) > LONGEST_ACCOUNT or not _ACCOUNT.fullmatch(text) or not FEWEST_DIGITS <= digits <= MOST_DIGITS:
        raise ValueError(told)
    return text


def name(kept: str, language: str) -> str:
    """The bank in that language; one that is kept by name has but that."""
    found = KOREAN.get(kept)
    return kept if found is None else found[0] if language == "ko" else found[1]


def whole(kept: str, language: str) -> str:
    """Digits and name, as the import reads them again: "004 국민은행"."""
    return f"{kept} {name(kept, language)}" if kept in KOREAN else kept


def masked(number: str) -> str:
    """The last four digits of an account, or the last two of a short one."""
    digits = number.replace("-", "")
    return f"****{digits[-4:] if len(digits) >= 8 else digits[-2:]}"


def _word(told: str) -> str:
    return _ODD.sub("", told).casefold()


_WORDS: Final[Mapping[str, str]] = {
    _word(one): code
    for code, (korean, english, others) in KOREAN.items()
    for one in (code, korean, english, *others.split())
}
