"""What only the trade of an order asks: the thing that is fetched, the device that is broken. Free text, by field. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from desk.errors import Invalid
from desk.text import plain
from desk.trades import Trade


def read(trade: Trade, given: Mapping[str, str | None]) -> dict[str, str]:
    """`given` as it is kept: plain text by the name of its field, cut at the field's limit; what is empty is left out.

    Raises Invalid with the field's name for one that the trade does not ask, and for a required one that is not there.
    """
    fields = {field.name: field for field in trade.own_fields}
    for name in given:
        if name not in fields:
            raise Invalid(f"the trade {trade.name} asks nothing called {name}", field=name)
    kept = {name: text for name, field in fields.items() if (text := plain(given.get(name), field.limit))}
    for name, field in fields.items():
        if field.required and name not in kept:
            raise Invalid(f"an order of the trade {trade.name} needs {name}", field=name)
    return kept


def check_destination(trade: Trade, destination: object | None) -> None:
    """Raises Invalid where the trade needs a destination and there is none, or knows none and one was given."""
    field = next((field for field in trade.fields if field.name == "destination"), None)
    if field is None and destination is not None:
        raise Invalid(f"an order of the trade {trade.name} goes to one place only", field="destination")
    if field is not None and field.required and destination is None:
        raise Invalid(f"an order of the trade {trade.name} needs a destination", field="destination")
