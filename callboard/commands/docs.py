"""Write the pages of docs/ that are generated: the configuration, the events, the states of an order."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import desk.trades
from callboard.config import Settings
from callboard.instance import CHECKOUT
from desk import events, plugins

DOCS = CHECKOUT / "docs"
MADE = "<!-- Made by `make docs` from the code; changes here are lost. -->"


def docs(
    only_check: Annotated[bool, typer.Option("--check", help="Change nothing; exit code 1 if a page is old.")] = False,
) -> None:
    """Write the generated pages."""
    pages = {"configuration.md": configuration(), "events.md": event_list(), "states.md": states()}
    old = [name for name, text in pages.items() if not (DOCS / name).exists() or (DOCS / name).read_text() != text]
    for name in old:
        if not only_check:
            (DOCS / name).write_text(pages[name])
        typer.echo(f"docs/{name} {'is old' if only_check else 'is written'}")
    raise typer.Exit(1 if only_check and old else 0)


def configuration() -> str:
    """Every setting with its default and its meaning."""
    lines = ["# Configuration", "", MADE, "", (inspect.getdoc(inspect.getmodule(Settings)) or "").strip(), ""]
    for name, field in Settings.model_fields.items():
        model = field.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        lines += [f"## [{name}]", "", inspect.getdoc(model) or "", "", *_table(model), ""]
    return "\n".join(lines)


def _table(model: type[BaseModel]) -> Iterator[str]:
    yield "| key | default | meaning |"
    yield "| --- | --- | --- |"
    for key, field in model.model_fields.items():
        default: Any = field.default if field.default is not PydanticUndefined else "(required)"
        shown = " ".join(str(default).split()).replace("|", "\\|") or "(empty)"
        yield f"| `{key}` | `{shown}` | {field.description or ''} |"


def event_list() -> str:
    """Every desk event, what it carries and when it is told."""
    lines = [
        "# Events",
        "",
        MADE,
        "",
        (inspect.getdoc(events) or "").strip(),
        "",
        "| event | carries | told when |",
        "| --- | --- | --- |",
    ]
    for name, event in vars(events).items():
        if isinstance(event, type) and issubclass(event, events.Event) and event is not events.Event:
            carries = ", ".join(f"`{field.name}`" for field in dataclasses.fields(event) if field.name != "at")
            lines.append(f"| `{name}` | {carries} | {' '.join((inspect.getdoc(event) or '').split())} |")
    return "\n".join([*lines, ""])


def states() -> str:
    """The states of an order, drawn for each trade."""
    lines = ["# States of an order", "", MADE, ""]
    for name in plugins.names(desk.trades):
        trade = desk.trades.load(name)
        lines += [f"## {name}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(trade.states))}"]
        for before, afters in trade.states.items():
            lines += [f"    {before} --> {after}" for after in afters] or [f"    {before} --> [*]"]
        lines += ["```", ""]
    return "\n".join(lines)
