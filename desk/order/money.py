"""Amounts are whole minor units of a currency (won have none, dollars have cents); this module only shows them."""

from __future__ import annotations

from babel.numbers import get_currency_precision

# How people write the currency after an amount in their own language. The sign of the won is not in the Korean SMS
# character set (CP949), so words and ISO codes are used everywhere.
_SUFFIX = {("ko", "KRW"): "원", ("ko", "USD"): "달러"}


def minor_digits(currency: str) -> int:
    """How many decimals `currency` (ISO 4217) has: 0 for KRW, 2 for USD."""
    return int(get_currency_precision(currency))


def display(amount: int, currency: str, language: str) -> str:
    """`amount` minor units as read in `language`: "25,000원", "KRW 25,000", "USD 12.50"."""
    digits = minor_digits(currency)
    whole, rest = divmod(abs(amount), 10**digits)
    shown = f"{'-' if amount < 0 else ''}{whole:,}" + (f".{rest:0{digits}d}" if digits else "")
    suffix = _SUFFIX.get((language.split("-")[0], currency))
    return f"{shown}{suffix}" if suffix else f"{currency} {shown}"
