"""A fee rule in words: whose it is, and what it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from desk.books.fee_rules import Held
from desk.rules.fees import FeeRule

Words = Callable[..., str]
Amount = Callable[[int], str]


def whose(m: Words, sort: str, name: str) -> str:
    """ "everybody", "grade A", "group night"."""
    return m(f"fees.of_{sort}", name=name)


def takes(m: Words, amount: Amount, held: Held | None) -> str:
    """ "20 % of the fare + 500, down to 10s, at least 2,000"; that nothing is taken where there is no rule."""
    rule = held.rule if held else FeeRule()
    parts = [m("fees.percent", percent=percent(rule.basis_points))] if rule.basis_points else []
    if rule.fixed or not parts:
        parts.append(m("fees.fixed", amount=amount(rule.fixed)))
    told = [" + ".join(parts)]
    if rule.unit > 1:
        told.append(m("fees.unit", amount=amount(rule.unit)))
    if rule.least:
        told.append(m("fees.least", amount=amount(rule.least)))
    if rule.most is not None:
        told.append(m("fees.most", amount=amount(rule.most)))
    return ", ".join(told)


def percent(basis_points: int) -> str:
    """20, 17.5, 3.25."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else f"{whole}"


def classes(m: Words, grades: tuple[str, ...], groups: list[str]) -> list[tuple[str, str]]:
    """What a form chooses from: (value, words)."""
    found: list[tuple[str, str]] = [("all:", whose(m, "all", ""))]
    found += [(f"grade:{one}", whose(m, "grade", one)) for one in grades]
    return found + [(f"group:{one}", whose(m, "group", one)) for one in groups]


def page_values(held: Held | None) -> dict[str, Any]:
    """A rule as the form's fields have it."""
    rule = held.rule if held else FeeRule()
    return {
        "percent": percent(rule.basis_points),
        "fixed": f"{rule.fixed:,}",
        "unit": f"{rule.unit:,}",
        "least": f"{rule.least:,}",
        "most": "" if rule.most is None else f"{rule.most:,}",
    }
