"""Korean particles (조사) that depend on whether the word before them ends in a consonant: 은/는, 이/가, 을/를, 으로/로."""

from __future__ import annotations

_HANGUL = range(0xAC00, 0xD7A4)
_RIEUL = 8
# As digits are read aloud: 영 일 이 삼 사 오 육 칠 팔 구. The value is the final consonant's place, 0 for none.
_DIGITS = {"0": 21, "1": _RIEUL, "2": 0, "3": 16, "4": 0, "5": 0, "6": 1, "7": _RIEUL, "8": _RIEUL, "9": 0}
_LETTERS = {"L": _RIEUL, "R": _RIEUL, "M": 16, "N": 4}


def particle(word: str, after_consonant: str, after_vowel: str) -> str:
    """The form that fits `word`: particle("강남역", "을", "를") is "을". After ㄹ, 으로 becomes 로."""
    final = _final(word)
    if final == _RIEUL and after_consonant == "으로":
        return after_vowel
    return after_consonant if final else after_vowel


def _final(word: str) -> int:
    """The place of the last syllable's final consonant in the Hangul block's order, 0 for none; marks are passed over."""
    for character in reversed(word):
        if ord(character) in _HANGUL:
            return (ord(character) - 0xAC00) % 28
        if character in _DIGITS:
            return _DIGITS[character]
        if character.isalpha():
            return _LETTERS.get(character.upper(), 0)
    return 0
