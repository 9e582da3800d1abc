"""Every kind of deed that the code writes into the record stands in the table of deeds, and has its phrase in every language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from desk.customer.tasks import OUTCOMES
from desk.office import acts, record
from desk.ordering.tariff_tables import Kind
from desk.texts.consents import SAID
from locales import catalog
from locales.catalog import Catalog
from models import standing, task
from models.customer_change import DEEDS
from web.views.record_asked import FIELDS

ROOT = Path(__file__).parents[2]
PACKAGES = ("desk", "web", "callboard", "agi", "ami", "sms", "callerid")
PASSES_ON = {"desk/office/people.py:AuditEntry", "desk/office/seen.py:audit"}
"""What hands on the kind that somebody else has named, who is found himself."""
SPELT: dict[str, tuple[str, ...]] = {
    "customer.": DEEDS,
    "task.": ("made", "taken", "let_go", *OUTCOMES),
    "task_rule.": task.RUN_STATES,
    "standing.": standing.RUN_STATES,
    "tariff.": get_args(Kind),
    "ads.": SAID,
}
"""Kinds that are put together, by what they begin with."""


class Module:
    """One file: its constants and those of others that it uses, its functions, and who calls them."""

    def __init__(self, path: Path) -> None:
        self.name = path.relative_to(ROOT).as_posix()
        self.tree = ast.parse(path.read_text("utf-8"))
        self.constants: dict[str, ast.expr] = {}
        self.imported: dict[str, str] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign):
                self.constants |= dict(_assigned(node.targets[0], node.value))
            elif isinstance(node, ast.ImportFrom) and node.module:
                self.imported |= {
                    each.asname or each.name: f"{node.module.replace('.', '/')}.py" for each in node.names
                }
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                self.constants[node.target.id] = node.value

    def writers(self) -> Iterator[tuple[ast.expr, ast.AST]]:
        """What each writer of the record names as the kind, and in which function."""
        for function in ast.walk(self.tree):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and (told := self._kind_of(call)) is not None:
                    yield told, function

    def _kind_of(self, call: ast.Call) -> ast.expr | None:
        called = ast.unparse(call.func)
        last = called.rpartition(".")[2]
        if f"{self.name}:{last}" in PASSES_ON:
            return None
        if last == "AuditEntry":
            return next((each.value for each in call.keywords if each.arg == "what"), None)
        if last == "audit" or called == "seen.note":
            return call.args[2]
        return None

    def handed_in(self, function: ast.AST, name: str) -> list[ast.expr]:
        """What the callers in this file give as that parameter."""
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        at = [each.arg for each in function.args.args].index(name)
        calls = (each for each in ast.walk(self.tree) if isinstance(each, ast.Call))
        return [each.args[at] for each in calls if ast.unparse(each.func) == function.name]


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Names and values; of several at once each its own."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, given in zip(target.elts, value.elts, strict=True):
            yield from _assigned(one, given)


def kinds_in(module: Module, told: ast.expr, function: ast.AST, modules: dict[str, Module]) -> set[str]:
    """Which kinds that expression names. Fails for one that nobody can tell."""
    match told:
        case ast.Constant(value=str(kind)):
            return {kind}
        case ast.IfExp():
            return kinds_in(module, told.body, function, modules) | kinds_in(module, told.orelse, function, modules)
        case ast.JoinedStr(values=[ast.Constant(value=str(begin)), ast.FormattedValue()]) if begin in SPELT:
            return {begin + each for each in SPELT[begin]}
        case ast.Name(id=name) if name in module.constants:
            return kinds_in(module, module.constants[name], function, modules)
        case ast.Name(id=name) if module.imported.get(name) in modules:
            return kinds_in(modules[module.imported[name]], told, function, modules)
        case ast.Name(id=name):
            given = module.handed_in(function, name)
            assert given, f"{module.name}: nobody says what {name} is"
            return set().union(*(kinds_in(module, each, function, modules) for each in given))
        case ast.Attribute(value=ast.Name(id=of), attr=name):
            [other] = [one for one in modules.values() if one.name.endswith(f"/{of}.py") and name in one.constants]
            return kinds_in(other, other.constants[name], function, modules)
    raise AssertionError(f"{module.name}: cannot tell which kinds {ast.unparse(told)} is: name them in SPELT")


def written() -> set[str]:
    """All kinds that the code writes."""
    files = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    modules = {module.name: module for module in map(Module, files)}
    found: set[str] = set()
    for module in modules.values():
        for told, function in module.writers():
            found |= kinds_in(module, told, function, modules)
    return found


def test_every_kind_that_the_code_writes_is_in_the_table_and_no_other() -> None:
    """Seen failing with a kind taken out of the table, and with one in it that nobody writes."""
    found = written()
    assert len(found) > 100
    assert (sorted(found - acts.ACTS.keys()), sorted(acts.ACTS.keys() - found)) == ([], [])


@pytest.mark.parametrize("tag", catalog.tags())
def test_every_kind_matter_and_thing_has_its_words(tag: str) -> None:
    """Seen failing with a phrase left out of both languages."""
    words = Catalog.load(tag)

    def named(table: str) -> set[str]:
        return {key.removeprefix(f"audit.{table}.") for key in words.keys() if key.startswith(f"audit.{table}.")}  # noqa: SIM118

    assert named("what") == {what.replace(".", "_") for what in acts.ACTS}
    assert named("matter") == {f"of_{group}" for group in acts.groups()}
    assert named("thing") == {f"of_{thing.replace(' ', '_')}" for thing in (*acts.THINGS, "driver row")}
    assert named("asked.thing") == set(record.ASKED_ABOUT)
    assert set(FIELDS) <= named("asked")


def test_what_a_row_is_about_is_in_the_table_of_things() -> None:
    known = {*acts.THINGS, *acts.NAMES, acts.SAID, acts.BY_NUMBER}
    assert {what: of for what, of in acts.ACTS.items() if of not in known} == {}
