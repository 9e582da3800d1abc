"""By which words a customer or a place is found: letters two by two, first consonants the same way, digits of numbers by four.

A search for any part of a name is then one for a few exact words that must all stand with it, and every engine has an inverted
index for that. What is found so is looked at once more, letter by letter (`holds`).

    김민수, 010-1234-5678    ->  김 김민 민수   ㄱ ㄱㅁ ㅁㅅ   0101 1012 0123 1234 2345 3456 4567 5678
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

DIGITS = 4
PLACES = 50
"""So many of a customer's places, the newest, are found."""
_SYLLABLES, _PER_FIRST, _FINALS, _SYLLABLE_COUNT = 0xAC00, 588, 28, 11172
_FIRST = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_CONSONANTS = frozenset(_FIRST)
_INITIAL = {_SYLLABLES + at: _FIRST[at // _PER_FIRST] for at in range(_SYLLABLE_COUNT)}
# A keyboard that composes makes one letter of two consonants in a row.
_CLUSTERS = str.maketrans(
    dict(zip("ㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ", ("ㄱㅅ", "ㄴㅈ", "ㄴㅎ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ", "ㄹㅎ", "ㅂㅅ"),
             strict=True))
)  # fmt: skip
_WIDE = re.compile("[\uff00-\uffee]+")
_NOT_LETTERS = re.compile(r"[\W_]+")
_MANY_DIGITS = re.compile(rf"[0-9]{{{DIGITS},}}")
_KOREA = "+82"
# The beginning of a customer's place is found by first consonants, too; all of it would double what a place costs.
_INITIALS_OF_PLACE = 3


def letters(text: str) -> list[str]:
    """The runs of letters and digits in `text`, in one case, full-width forms as the ordinary ones."""
    if not text.isascii():
        text = _WIDE.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
        text = unicodedata.normalize("NFC", text).translate(_CLUSTERS)
    return _NOT_LETTERS.sub(" ", text.casefold()).split()


def initials(text: str) -> str:
    """First consonants ("김민수": "ㄱㅁㅅ"); what is no Hangul syllable stays."""
    return text.translate(_INITIAL)


def dialled(number: str) -> str:
    """The digits of an E.164 number as people at home write them; a foreign one with its country's code."""
    return f"0{number[3:]}" if number.startswith(_KOREA) else re.sub(r"\D", "", number)


def words_of_customer(office_id: int, name: str, numbers: Iterable[str], places: Iterable[str]) -> str:
    """All words of one customer, as `joined` puts them."""
    words: set[str] = set()
    for number in numbers:
        words.update(_pieces(dialled(number), DIGITS))
    words.update(_of_text(letters(name), None))
    for place in places:
        words.update(_of_text(letters(place), _INITIALS_OF_PLACE))
    return joined(office_id, words)


def words_of_place(office_id: int, names: Iterable[str]) -> str:
    """All words of a place with several names, as `joined` puts them."""
    words: set[str] = set()
    for name in names:
        words.update(_of_text(letters(name), None))
    return joined(office_id, words)


def words_of_article(office_id: int, names: Iterable[str], text: str) -> str:
    """All words of an article, as `joined` puts them: of its title and keywords first consonants, too, which in a long text
    would find everything."""
    words = set(_of_text(letters(text), 0))
    for name in names:
        words.update(_of_text(letters(name), None))
    return joined(office_id, words)


def joined(office_id: int, words: Iterable[str]) -> str:
    """One text with a space before and after each word; the office is one of them."""
    return f" {office_word(office_id)} {' '.join(sorted(words))} "


def office_word(office_id: int) -> str:
    """The word that stands with all that is of this office; no text has one so long."""
    return f"office{office_id}"


def wanted(run: str, *, unfinished: bool = False) -> list[str]:
    """The words that stand with everything in whose text `run` stands; of a single letter, at whose beginning.

    With `unfinished`, the last syllable may still grow by a final consonant.
    """
    if run.isdecimal() and len(run) >= DIGITS:
        words = _pieces(run, DIGITS)
    elif len(run) == 1:
        words = [initials(run) if unfinished else run]
    else:
        words = [pair if _CONSONANTS.isdisjoint(pair) else initials(pair) for pair in _pieces(run, 2)]
        if unfinished:
            words[-1] = initials(words[-1])
    return list(dict.fromkeys(words))


def holds(text: str, run: str, *, unfinished: bool = False) -> bool:
    """Whether `run` stands in `text`, which has letters only: a consonant fits each syllable that begins with it."""
    if run in text:
        return True
    size = len(run)
    return any(
        all(_fits(text[start + at], run[at], unfinished and at == size - 1) for at in range(size))
        for start in range(len(text) - size + 1)
    )


def is_open(char: str) -> bool:
    """Whether `char` is a Hangul syllable to which the next key may still give a final consonant."""
    at = ord(char) - _SYLLABLES
    return 0 <= at < _SYLLABLE_COUNT and at % _FINALS == 0


def is_plain(run: str) -> bool:
    """Whether no consonant stands for a syllable in `run`."""
    return _CONSONANTS.isdisjoint(run)


def _fits(char: str, wanted_char: str, unfinished: bool) -> bool:
    if char == wanted_char or (wanted_char in _CONSONANTS and initials(char) == wanted_char):
        return True
    return unfinished and is_open(wanted_char) and 0 <= ord(char) - ord(wanted_char) < _FINALS


def _of_text(runs: list[str], initials_of: int | None) -> Iterator[str]:
    whole = "".join(runs)
    yield from (run[0] for run in runs)
    yield from _pieces(whole, 2)
    for digits in _MANY_DIGITS.findall(whole):
        yield from _pieces(digits, DIGITS)
    if initials_of is None:
        yield from (initials(run[0]) for run in runs)
    yield from _pieces(initials(whole[:initials_of]), 2)


def _pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(len(text) - size + 1)]
