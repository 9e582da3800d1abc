"""Numbers of callers: from whatever was sent to one spelling (E.164), to what a person reads, and to what a log may say.

`010-1234-5678`, `+82 10 1234 5678`, `82 10 1234 5678` and `10 1234 5678` are one number. A short code (112, 114) has no
E.164 form and stands as it is dialled. What no telephone could have is "unavailable"; what the caller hides is "withheld".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, shortnumberinfo

from desk.errors import Invalid

ALLOWED = "allowed"
WITHHELD = "withheld"
UNAVAILABLE = "unavailable"

# As boxes, modems, SIP and Korean switches print them; compared without case, spaces and punctuation.
_WITHHELD_MARKS = frozenset(
    {
        "p",
        "private",
        "withheld",
        "anonymous",
        "anonymousinvalid",
        "restricted",
        "blocked",
        "번호표시제한",
        "발신번호표시제한",
    }
    | {"발신번호제한", "발신자표시제한", "발신자번호표시제한"}
)
_LONGEST_RAW = 120
_MAX_DIGITS = 20
# Outside the ranges that the numbering plan knows, a number must at least have the length of a subscriber's.
_PLAUSIBLE_LENGTH = range(9, 12)
_SHAPE = re.compile(r"\+?[0-9(][0-9 ().\-/]*")
_KOREAN_050 = re.compile(r"(050\d)(\d{3,4})(\d{4})")
_NUMBER_IN_TEXT = re.compile(r"\+?\d(?:[ ().\-]{0,2}\d){6,19}")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")


@dataclass(frozen=True, slots=True)
class Number:
    """Who calls. `e164` is null unless `presentation` is "allowed" ("withheld" and "unavailable" have none)."""

    e164: str | None
    presentation: str


NONE_WITHHELD = Number(None, WITHHELD)
NONE_AVAILABLE = Number(None, UNAVAILABLE)


def normalise(raw: str | None, country: str) -> Number:
    """The caller's number in `raw`, read as dialled within `country` (ISO 3166). Never raises: garbage is "unavailable"."""
    text = _bare(raw)
    if re.sub(r"[\W_]", "", text).lower() in _WITHHELD_MARKS:
        return NONE_WITHHELD
    if not _SHAPE.fullmatch(text):
        return NONE_AVAILABLE
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) > _MAX_DIGITS:
        return NONE_AVAILABLE
    parsed = _parse(text, digits, country)
    if parsed is None:
        return NONE_AVAILABLE
    if not text.startswith("+") and shortnumberinfo.is_valid_short_number_for_region(parsed, country):
        return Number(digits, ALLOWED)
    if not _plausible(parsed):
        return NONE_AVAILABLE
    return Number(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), ALLOWED)


def seen(raw: str | None, presentation: str, country: str) -> Number:
    """As `normalise`, where the transport also told how the number may be shown: a withheld number is not kept."""
    if presentation == WITHHELD:
        return NONE_WITHHELD
    number = normalise(raw, country)
    return NONE_AVAILABLE if presentation == UNAVAILABLE and number.presentation != WITHHELD else number


def display(e164: str, country: str) -> str:
    """`e164` as people in `country` write it: "010-1234-5678", "0507-1234-5678"; foreign numbers with their code."""
    parsed = _stored(e164)
    if parsed is None:
        return e164
    if phonenumbers.country_code_for_region(country) != parsed.country_code:
        return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    # The library groups 0507-1234-5678 as 050-71234-5678, which nobody in Korea does.
    if parsed.country_code == 82 and (virtual := _KOREAN_050.fullmatch(re.sub(r"\D", "", written))):
        return "-".join(virtual.groups())
    return written


def is_mobile(e164: str) -> bool:
    """Whether it is a number of a mobile telephone, as far as the numbering plan tells."""
    parsed = _stored(e164)
    kinds = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return parsed is not None and phonenumbers.number_type(parsed) in kinds


def masked(e164_or_text: str | None) -> str:
    """The same with every number's middle hidden ("010-****-5678"), for logs. Short codes and extensions stay."""
    return _NUMBER_IN_TEXT.sub(lambda found: _mask(found.group()), e164_or_text or "")


def dialled(e164: str, country: str = "KR") -> str:
    """The digits to dial from `country` to reach `e164`. Raises Invalid for what is never dialled by itself.

    That is every short code (emergency numbers are among them) and every premium-rate number.
    """
    parsed = _stored(e164)
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise Invalid("this number is never dialled automatically", field="number")
    if phonenumbers.number_type(parsed) == PhoneNumberType.PREMIUM_RATE:
        raise Invalid("a premium-rate number is never dialled automatically", field="number")
    if phonenumbers.country_code_for_region(country) != parsed.country_code:
        return e164
    return re.sub(r"\D", "", phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))


def takes_texts(e164: str) -> bool:
    """Whether a text may be sent there: a mobile, or a number of which the plan does not say what it is."""
    parsed = _stored(e164)
    if parsed is None:
        return False
    wired = (PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.UAN)
    return phonenumbers.number_type(parsed) not in wired


def _bare(raw: str | None) -> str:
    """`raw` without full-width forms, URI dressing ("tel:", "@host", ";phone-context") and percent escapes."""
    text = unicodedata.normalize("NFKC", (raw or "")[:_LONGEST_RAW]).translate(_DASHES).strip()
    text = re.sub(r"^(?:tel|sips?):", "", text, flags=re.IGNORECASE)
    return unquote(re.split(r"[;@]", text, maxsplit=1)[0]).strip()


def _parse(text: str, digits: str, country: str) -> PhoneNumber | None:
    code = phonenumbers.country_code_for_region(country)
    if digits.startswith(f"00{code}"):  # not Korea's own prefix (001, 002, 00700), and still written everywhere
        text = f"+{digits[2:]}"
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _plausible(parsed: PhoneNumber) -> bool:
    if phonenumbers.is_valid_number(parsed):
        return True
    national = phonenumbers.national_significant_number(parsed)
    # New ranges come before the library knows them; losing such a caller's number would cost an order.
    return (
        phonenumbers.is_possible_number(parsed)
        and len(national) in _PLAUSIBLE_LENGTH
        and not national.startswith("0")
        and len(set(national)) > 1
    )


def _stored(e164: str) -> PhoneNumber | None:
    if not e164.startswith("+"):
        return None
    try:
        return phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return None


def _mask(number: str) -> str:
    parsed = _stored(number)
    if parsed is not None and parsed.country_code == 82:
        number = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    digits = re.sub(r"\D", "", number)
    if len(digits) <= 8:
        return f"{digits[:-4]}-****"
    head = digits[:2] if digits.startswith("02") else digits[:3]
    return f"{head}-****-{digits[-4:]}"
