"""What a segment asks for that was asked elsewhere, in words: a cell of the analysis, a group made by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.dates import format_date

from desk.customer.order_sides import OF_AN_ORDER, SQUARE
from desk.customer.segment_conditions import checked
from desk.customer.squares import square_of
from desk.errors import Invalid
from locales.catalog import Catalog


def asked(words: Catalog, name: str, told: str) -> str:
    """`told` is the condition as the form hands it on; what is none is shown as it came."""
    try:
        value = checked({name: json.loads(told)})[name]
    except (ValueError, RecursionError, Invalid):
        return told[:200]
    return _cell(words, value) if name == "cell" else f"#{value}"


def _cell(words: Catalog, cell: Mapping[str, str]) -> str:
    sides = [
        f"{words.text(f'money.analysis.by_{by}')}: {_key(words, by, cell[by])}" for by in OF_AN_ORDER if by in cell
    ]
    return " · ".join([f"{cell['from']} ~ {cell['to']}", *sides])


def _key(words: Catalog, by: str, key: str) -> str:
    if by == "hour":
        day: Any = date(2024, 1, 1 + int(key) // 24)  # a Monday
        return f"{format_date(day, 'EEE', locale=words.tag)} {int(key) % 24:02}:00"
    if by == "clock":
        return f"{int(key):02}:00"
    if key == "":
        return words.text(f"money.analysis.no_{by}")
    if by == SQUARE:
        square = square_of(key)
        return words.text("money.analysis.wide_square") if square is None else "{:.4f}, {:.4f}".format(*square.centre)
    if by == "payment" and words.templates(f"money.payment.{key}"):
        return words.text(f"money.payment.{key}")
    return f"#{key}" if by in ("driver", "operator") else key
