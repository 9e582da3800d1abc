"""What a line says, and everything that is wrong with it. Pure: a line alone, without what the desk knows already.

Numbers: what Excel made a number of (01012345678 became 1012345678) is read as it must have been where there is but one reading;
what it shortened (1.01E+10) or took for a date is never guessed at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from desk import numbers
from desk.importing import ad_words, driver_words
from desk.importing.table import LONGEST_CELL, Cell
from desk.rules import banks
from desk.text import NAME_LIMIT, plain

MOST_NUMBERS = 10
MOST_PHONES = 5
DRIVER_NOTE = 500
PAYEE = ("bank", "bank_account", "bank_holder")
MOST_PLACES = 20
LONGEST = {"name": NAME_LIMIT, "grade": 16, "note": LONGEST_CELL, "place": 200,
    "licence_number": 40, "insurance_number": 60, "base_area": 80, "bank_holder": NAME_LIMIT,
}  # fmt: skip
LANGUAGES = {
    **dict.fromkeys(("ko", "kor", "korean", "한국어", "한글", "국어", "한국", "kokr"), "ko"),
    **dict.fromkeys(("en", "eng", "english", "영어", "영문", "enus", "engb"), "en"),
}
T = TypeVar("T")
_SHORTENED = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+]?\d+")
_FRACTION_OF_NOTHING = re.compile(r"(\d+)\.0+")
# What the library still takes for a number: since 2021 every 010 number has eight digits more.
_DIGIT_LOST = re.compile(r"\+8210\d{1,7}")
_BETWEEN_NUMBERS = re.compile(r"[,;/\n\r|·、，；／]+")
_BETWEEN_PLACES = re.compile(r"[;\n\r|；]+")
_DRIVER_NUMBER = re.compile(r"[0-9A-Za-z가-힣](?:[0-9A-Za-z가-힣-]{0,7})")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: the key of the sentence, the column (from 0; None: the whole line), what stands there, more values."""

    code: str
    column: int | None = None
    cell: str = ""
    values: dict[str, str | int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What `of_json` reads."""
        return {"code": self.code, "column": self.column, "cell": self.cell, "values": self.values}

    @classmethod
    def of_json(cls, told: dict[str, Any]) -> Finding:
        """The finding that `as_json` told of."""
        return cls(told["code"], told["column"], told["cell"], told["values"])


@dataclass(frozen=True, slots=True)
class Understood:
    """The fields of a line, as plain text and E.164, and what is wrong with it. With findings it is not taken in."""

    given: dict[str, Any]
    findings: tuple[Finding, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """By what the line's customer, driver or place is known; each may stand once in a file."""
        if (key := self.given.get("key")) is not None:
            return (key,)
        number = self.given.get("driver_number")
        return tuple(self.given.get("numbers", ())) if number is None else (number,)


def customer(cells: Sequence[Cell], mapping: Sequence[str | None], country: str) -> Understood:
    """`given`: name, grade, note, language (texts, or None), numbers, places, ads (desk/importing/ad_words.py)."""
    line = _Line(cells, mapping)
    given: dict[str, Any] = {
        "name": line.text("name"),
        "grade": line.text("grade"),
        "note": line.text("note"),
        "language": line.language(),
        "numbers": line.numbers("number", country),
        "places": line.places(),
        "ads": line.ad_consent(),
    }
    if not given["numbers"] and not line.findings:
        line.found("number_missing", mapping.index("number") if "number" in mapping else None)
    return Understood(given, tuple(line.findings))


def driver(
    cells: Sequence[Cell], mapping: Sequence[str | None], country: str, skills: Collection[str] = ()
) -> Understood:
    """`given`: driver_number, name, phone (E.164), language, and the rest of his record (desk/importing/driver_words.py).

    `skills` are those of the trade.
    """
    line = _Line(cells, mapping)
    phones = line.numbers("phone", country)
    given: dict[str, Any] = {
        "driver_number": line.driver_number(),
        "name": line.text("name"),
        "phone": phones[0] if phones else None,
        "language": line.language(),
        "phones": line.numbers("phones", country),
        "licence_number": line.paper("licence_number"),
        "licence_until": line.read("licence_until", "day_bad", driver_words.day),
        "insurance_number": line.paper("insurance_number"),
        "insurance_until": line.read("insurance_until", "day_bad", driver_words.day),
        "base_area": line.text("base_area"),
        "works_days": line.read("works_days", "weekdays_bad", driver_words.weekdays),
        "works_hours": line.read("works_hours", "hours_bad", driver_words.hours),
        "skills": line.read("skills", "skill_unknown", lambda told: driver_words.skills(told, skills)) or [],
        "groups": line.read("groups", "groups_bad", driver_words.groups, most=driver_words.MOST_GROUPS) or [],
        "note": line.text("note", DRIVER_NOTE),
        "bank": line.read("bank", "bank_unknown", lambda told: banks.bank(told, country)),
        "bank_account": line.account(),
        "bank_holder": line.text("bank_holder"),
    }
    _whole_payee(line, mapping, given)
    given["phones"] = [number for number in given["phones"] if number != given["phone"]]
    if len(given["phones"]) > MOST_PHONES:
        line.found("numbers_many", mapping.index("phones"), None, most=MOST_PHONES)
    complained = {finding.column for finding in line.findings}
    for name, needed in (("driver_number", "driver_number"), ("name", "name"), ("phone", "phone")):
        at = mapping.index(needed) if needed in mapping else None
        if given[name] is None and at not in complained:
            line.found(f"{needed}_missing", at)
    if len(phones) > 1:
        line.found("phones_many", mapping.index("phone"))
    return Understood(given, tuple(line.findings))


def _whole_payee(line: _Line, mapping: Sequence[str | None], given: dict[str, Any]) -> None:
    """An account has a bank; whose it is, is the driver where nothing else is said."""
    parts = [given[name] for name in ("bank", "bank_account", "bank_holder")]
    if parts[0] and parts[1]:
        given["bank_holder"] = parts[2] or given["name"]
    elif any(parts) and not {finding.code for finding in line.findings} & {
        "bank_unknown",
        "account_bad",
        "number_shortened",
    }:
        line.found("payee_parts", next(mapping.index(name) for name in PAYEE if given[name]))


def phone(text: str, country: str) -> str | None:
    """The number (E.164) that `text` must be, or None: also where its leading zero is lost, if that leaves one reading."""
    readings = {numbers.normalise(text, country).e164}
    if re.fullmatch(r"[1-9]\d{7,10}", text):
        readings.add(numbers.normalise(f"0{text}", country).e164)
    readings = {one for one in readings if one is not None and one.startswith("+")}
    number = readings.pop() if len(readings) == 1 else None
    return None if number is None or _DIGIT_LOST.fullmatch(number) else number


class _Line:
    """The cells of one line by field, and what was found so far."""

    def __init__(self, cells: Sequence[Cell], mapping: Sequence[str | None]) -> None:
        self._cells = [(at, name, cells[at]) for at, name in enumerate(mapping) if name is not None and at < len(cells)]
        self.findings: list[Finding] = []

    def found(self, code: str, column: int | None, cell: Cell | None = None, **values: str | int) -> None:
        self.findings.append(Finding(code, column, plain(cell.text, 40) if cell else "", values))

    def text(self, name: str, most: int | None = None) -> str | None:
        """One line of text; several columns are put together. None: nothing stands there."""
        most = LONGEST[name] if most is None else most
        told: list[str] = []
        for at, cell in self._of(name):
            if cell.kind == "date" and name != "note":
                self.found("is_date", at, cell)
                continue
            text = plain(cell.text, LONGEST_CELL + 1)
            if len(text) > most:
                self.found("too_long", at, cell, most=most)
            elif text:
                told.append(text)
        return " · ".join(told)[:most] or None

    def paper(self, name: str) -> str | None:
        """The number of a paper, with its letters and strokes; one that a spreadsheet has shortened is lost."""
        for at, cell in self._of(name):
            if _SHORTENED.fullmatch(plain(cell.text)):
                self.found("number_shortened", at, cell)
                return None
        return self.text(name)

    def account(self) -> str | None:
        """A bank account; one that a spreadsheet has shortened is lost."""
        for at, cell in self._of("bank_account"):
            if _SHORTENED.fullmatch(plain(cell.text)):
                self.found("number_shortened", at, cell)
                return None
        return self.read("bank_account", "account_bad", banks.account)

    def read(self, name: str, code: str, reader: Callable[[str], T], **values: str | int) -> T | None:
        """What `reader` makes of the field; `code` is what is wrong where it raises ValueError."""
        for at, cell in self._of(name):
            try:
                return reader(plain(cell.text, LONGEST_CELL))
            except ValueError:
                self.found(code, at, cell, **values)
        return None

    def language(self) -> str | None:
        for at, cell in self._of("language"):
            word = re.sub(r"[\W_]", "", plain(cell.text)).casefold()
            if word and word not in LANGUAGES:
                self.found("language_unknown", at, cell)
            elif word:
                return LANGUAGES[word]
        return None

    def ad_consent(self) -> str | None:
        for at, cell in self._of("ad_consent"):
            try:
                return ad_words.understood(plain(cell.text, 40))
            except ValueError:
                self.found("ad_consent_bad", at, cell)
        return None

    def numbers(self, name: str, country: str) -> list[str]:
        """All numbers of the field's columns, each once."""
        told: dict[str, None] = {}
        for at, cell in self._of(name):
            if cell.kind in ("date", "other"):
                self.found("is_date" if cell.kind == "date" else "number_bad", at, cell)
                continue
            text = unicodedata.normalize("NFKC", cell.text)
            if len(text) > LONGEST_CELL:
                self.found("too_long", at, cell, most=LONGEST_CELL)
                continue
            for piece in _BETWEEN_NUMBERS.split(text):
                if piece := plain(piece, LONGEST_CELL):
                    self._take_number(piece, at, cell, country, told)
        if len(told) > MOST_NUMBERS:
            self.found("numbers_many", None, None, most=MOST_NUMBERS)
        return list(told)

    def places(self) -> list[str]:
        told: dict[str, None] = {}
        for at, cell in self._of("place"):
            for piece in _BETWEEN_PLACES.split(cell.text):
                text = plain(piece, LONGEST["place"] + 1)
                if len(text) > LONGEST["place"]:
                    self.found("too_long", at, cell, most=LONGEST["place"])
                elif text:
                    told[text] = None
        if len(told) > MOST_PLACES:
            self.found("places_many", None, None, most=MOST_PLACES)
        return list(told)

    def driver_number(self) -> str | None:
        for at, cell in self._of("driver_number"):
            text = plain(unicodedata.normalize("NFKC", cell.text), 40)
            if text and cell.kind in ("date", "other"):
                self.found("is_date" if cell.kind == "date" else "driver_number_bad", at, cell)
            elif text and not _DRIVER_NUMBER.fullmatch(text):
                self.found("driver_number_bad", at, cell)
            elif text:
                return text
        return None

    def _take_number(self, piece: str, at: int, cell: Cell, country: str, told: dict[str, None]) -> None:
        if whole := _FRACTION_OF_NOTHING.fullmatch(piece):
            piece = whole[1]
        if _SHORTENED.fullmatch(piece):
            self.found("number_shortened", at, cell)
        elif (number := phone(piece, country)) is None:
            self.found("number_bad", at, cell)
        else:
            told[number] = None

    def _of(self, name: str) -> list[tuple[int, Cell]]:
        return [(at, cell) for at, told, cell in self._cells if told == name and cell.text.strip()]
