"""The console's list of actions: every key does one thing, and every action has its words on the sheet."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from locales.catalog import Catalog

LIST = (Path(__file__).parents[2] / "web/static/console/actions.js").read_text("utf-8")
ACTIONS = re.findall(r'^  \{ name: "(\w+)",(.*)\},$', LIST, re.MULTILINE)


def test_no_key_does_two_things() -> None:
    """Seen failing with F3 bound twice: the later one would win without a word."""
    keys = [key for _, rest in ACTIONS for found in re.findall(r"keys: \[(.*?)\]", rest) for key in found.split(", ")]
    assert len(keys) > 30
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_every_action_has_its_key_and_what_it_does_on_the_sheet() -> None:
    words = Catalog.load("en").keys()
    listed = [name for name, rest in ACTIONS if " of: " not in f" {rest}"]
    missing = [f"panel.keys.{name}.{part}" for name in listed for part in ("key", "does")]
    assert [key for key in missing if key not in words] == []
