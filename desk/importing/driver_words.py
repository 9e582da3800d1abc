"""What a file says of a driver's papers, skills, groups, days and hours, in Korean and English words. Pure.

A reading gives what the record keeps, as plain texts; what cannot be read raises ValueError and is never guessed at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date
from functools import cache

from desk.text import plain
from locales.catalog import Catalog

MOST_GROUPS = 10
LONGEST_GROUP = 40
_DAY = re.compile(
    r"(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*일?\.?(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?|(\d{4})(\d\d)(\d\d)"
)
_HOURS = re.compile(r"(\d{1,2})(?::(\d\d)|시)?\s*[-~–]\s*(\d{1,2})(?::(\d\d)|시)?")
_BETWEEN = re.compile(r"[,;\n\r|·、，；/]+")
_BETWEEN_GROUPS = re.compile(r"[,\n\r、，]+")
_WEEKDAYS = {
    **{word: str(n) for n, word in enumerate("월화수목금토일", 1)},
    **{word: str(n) for n, word in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 1)},
    **{str(n): str(n) for n in range(1, 8)},
}
_WHOLE = {
    **dict.fromkeys(("평일", "주중", "weekdays"), "12345"),
    **dict.fromkeys(("주말", "weekend", "weekends"), "67"),
    **dict.fromkeys(("매일", "연중무휴", "daily", "everyday"), "1234567"),
}
_ENGLISH = "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
_ONE_DAY = rf"(월|화|수|목|금|토|일|{_ENGLISH}|[1-7])"
_ONE = re.compile(_ONE_DAY)
_RANGE = re.compile(rf"{_ONE_DAY}[-~–]{_ONE_DAY}")
_OTHER_WORDS = {
    "automatic": ("자동", "오토"),
    "manual": ("수동", "스틱"),
    "large": ("대형", "승합", "대형승합", "van"),
    "foreign": ("수입", "외제차", "외제", "외산"),
    "truck": ("화물", "트럭"),
}


def day(told: str) -> str:
    """As ISO: "2027-03-01", "2027.3.1", "2027년 3월 1일" or "20270301"."""
    found = _DAY.fullmatch(_plain(told))
    if found is None:
        raise ValueError(told)
    year, month, at = (int(part) for part in found.groups() if part is not None)
    if year < 2000:
        raise ValueError(told)
    return date(year, month, at).isoformat()


def weekdays(told: str) -> str:
    """As ISO weekdays in their order: "월-금", "평일", "토,일", "Mon-Fri" or "12345"."""
    text = re.sub(r"요일|\s", "", _plain(told).casefold())
    days: set[str] = set()
    for piece in filter(None, _BETWEEN.split(text)):
        if piece in _WHOLE:
            days |= set(_WHOLE[piece])
        elif found := _RANGE.fullmatch(piece):
            first, last = (int(_WEEKDAYS[part[:3]]) for part in found.groups())
            days |= {str((first - 1 + n) % 7 + 1) for n in range((last - first) % 7 + 1)}
        elif _ONE.sub("", piece) == "":
            days |= {_WEEKDAYS[part[:3]] for part in _ONE.findall(piece)}
        else:
            raise ValueError(told)
    if not days:
        raise ValueError(told)
    return "".join(sorted(days))


def hours(told: str) -> str:
    """As "22:00-06:00": that, "22~6" or "22시~6시"; 24 is midnight."""
    found = _HOURS.fullmatch(_plain(told))
    if found is None:
        raise ValueError(told)
    first, first_minute, last, last_minute = (int(part or 0) for part in found.groups())
    if (
        max(first, last) > 24
        or max(first_minute, last_minute) > 59
        or max((first, first_minute), (last, last_minute)) > (24, 0)
    ):
        raise ValueError(told)
    return f"{first % 24:02}:{first_minute:02}-{last % 24:02}:{last_minute:02}"


def skills(told: str, known: Collection[str]) -> list[str]:
    """The trade's skills that are named, in its order; by the names that the pages show, or shorter ones."""
    words = _skill_words(tuple(known))
    named = set()
    for piece in filter(None, map(_word, _BETWEEN.split(told))):
        if piece not in words:
            raise ValueError(piece)
        named.add(words[piece])
    return [skill for skill in known if skill in named]


def groups(told: str) -> list[str]:
    """The groups, divided by commas, each once."""
    found = list(
        dict.fromkeys(name for piece in _BETWEEN_GROUPS.split(told) if (name := plain(piece, LONGEST_GROUP + 1)))
    )
    if len(found) > MOST_GROUPS or any(len(name) > LONGEST_GROUP for name in found):
        raise ValueError(told)
    return found


@cache
def _skill_words(known: tuple[str, ...]) -> Mapping[str, str]:
    words: dict[str, str] = {}
    for skill in known:
        labels = [Catalog.load(tag).text(f"panel.skill.{skill}") for tag in ("ko", "en")]
        for word in (
            skill,
            *labels,
            *(piece for label in labels for piece in _BETWEEN.split(label)),
            *_OTHER_WORDS.get(skill, ()),
        ):
            words.setdefault(_word(word), skill)
    return words


def _plain(told: str) -> str:
    return unicodedata.normalize("NFKC", told).strip()


def _word(told: str) -> str:
    return re.sub(r"[\W_]", "", _plain(told)).casefold()
