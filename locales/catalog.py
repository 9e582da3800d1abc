"""Everything said, shown or sent, by language: `locales/<tag>/<table>.toml`, looked up as "table.key.more".

    Catalog.load("ko").text("sms.assigned.customer", driver_name="박기사", ...)

A text is a string, a table of plural forms (`one`, `other`; the value `count` chooses) or a table with `text` (and, for
prompts, `audio`). `{name}` is replaced by a value as it stands, never by markup of the value's own; `{name|을/를}` adds the
Korean particle that fits. What a language lacks is taken from English.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locales.josa import particle

FALLBACK = "en"
PLURAL_FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})
"""CLDR's names. No other text may be called so."""
_HERE = Path(__file__).parent
_PLACE = re.compile(r"\{(?P<name>[a-z_][a-z0-9_]*)(?:\|(?P<consonant>[^/{}]+)/(?P<vowel>[^/{}]+))?\}")


class NoSuchText(LookupError):
    """No language, not even English, has a text under that key."""


class MissingValue(LookupError):
    """A text has a placeholder for which no value was given."""


class MixedForms(ValueError):
    """A table has plural forms and other texts beside them, so that nobody can say which it is."""


class Catalog:
    """The texts of one language. Made by `load`."""

    def __init__(self, tag: str, tables: Mapping[str, Any], fallback: Catalog | None) -> None:
        self.tag = tag
        self._tables = tables
        self._fallback = fallback

    @staticmethod
    def load(tag: str) -> Catalog:
        """The texts of `tag` ("ko", "ko-KR"); English when that language is not there."""
        language = tag.replace("_", "-").split("-")[0].lower()
        return _load(language if language in tags() else FALLBACK)

    def text(self, key: str, /, **values: object) -> str:
        """The text under `key` with its values. Raises NoSuchText and MissingValue."""
        return _filled(key, self._template(key, values), values)

    def audio(self, key: str) -> str | None:
        """The sound file of a prompt, where it names one."""
        entry = self._entry(key)
        audio = entry.get("audio") if isinstance(entry, Mapping) else None
        return str(audio) if audio is not None else None

    def keys(self) -> list[str]:
        """The keys that this language has itself, sorted."""
        return sorted(_flat("", self._tables))

    def templates(self, key: str) -> dict[str, str]:
        """The templates under `key` in this language, by plural form ("other" when there is but one)."""
        entry = _find(self._tables, key)
        if isinstance(entry, str):
            return {"other": entry}
        if isinstance(entry, Mapping) and "text" in entry:
            return {"other": str(entry["text"])}
        return {form: str(text) for form, text in entry.items()} if isinstance(entry, Mapping) else {}

    def _template(self, key: str, values: Mapping[str, object]) -> str:
        entry = self._entry(key)
        if isinstance(entry, str):
            return entry
        if "text" in entry:
            return str(entry["text"])
        count = values.get("count")
        if not isinstance(count, int):
            raise MissingValue(f"text {key!r} has plural forms and needs a whole number as `count`")
        return str(entry.get(plural_form(self.tag, count), entry["other"]))

    def _entry(self, key: str) -> Any:
        entry = _find(self._tables, key)
        if entry is not None and _is_text(entry):
            return entry
        if self._fallback is None:
            raise NoSuchText(f"there is no text {key!r}")
        return self._fallback._entry(key)


def tags() -> list[str]:
    """The languages that there are."""
    return sorted(folder.name for folder in _HERE.iterdir() if any(folder.glob("*.toml")))


def placeholders(template: str) -> set[str]:
    """The names of the values that `template` needs."""
    return {match["name"] for match in _PLACE.finditer(template)}


def plural_form(tag: str, count: int) -> str:
    """Which plural form `count` takes (CLDR's name for it): Korean has one form, English two."""
    return "one" if tag == "en" and count == 1 else "other"


@functools.cache
def _load(tag: str) -> Catalog:
    tables = {file.stem: tomllib.loads(file.read_text("utf-8")) for file in sorted((_HERE / tag).glob("*.toml"))}
    for name, table in tables.items():
        refuse_mixed(f"locales/{tag}/{name}.toml", table)
    return Catalog(tag, tables, None if tag == FALLBACK else _load(FALLBACK))


def refuse_mixed(file: str, table: Mapping[str, Any], path: str = "") -> None:
    """Raise MixedForms for a table with a key like `other` that is none of plural forms: all its other texts would be lost."""
    forms, rest = sorted(PLURAL_FORMS & table.keys()), sorted(table.keys() - PLURAL_FORMS)
    if forms and rest:
        raise MixedForms(
            f"{file}: the table [{path}] has the plural form `{forms[0]}` and the key `{rest[0]}` beside it. "
            f"Give `{forms[0]}` another name, or keep plural forms ({', '.join(sorted(PLURAL_FORMS))}) in a table of their own."
        )
    if forms and "other" not in forms:
        raise MixedForms(f"{file}: the plural forms [{path}] lack `other`. Add it: every language has it.")
    for key, entry in table.items():
        if isinstance(entry, Mapping):
            refuse_mixed(file, entry, f"{path}.{key}".lstrip("."))


def _find(tables: Any, key: str) -> Any:
    for step in key.split("."):
        if not isinstance(tables, Mapping):
            return None
        tables = tables.get(step)
    return tables


def _is_text(entry: Any) -> bool:
    return isinstance(entry, str) or (
        isinstance(entry, Mapping) and (isinstance(entry.get("text"), str) or isinstance(entry.get("other"), str))
    )


def _flat(prefix: str, tables: Any) -> list[str]:
    if _is_text(tables):
        return [prefix]
    if not isinstance(tables, Mapping):
        return []
    return [key for name, entry in tables.items() for key in _flat(f"{prefix}.{name}" if prefix else name, entry)]


def _filled(key: str, template: str, values: Mapping[str, object]) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in values:
            raise MissingValue(f"text {key!r} needs a value for {{{name}}}")
        value = str(values[name])
        return value + particle(value, match["consonant"], match["vowel"]) if match["vowel"] else value

    return _PLACE.sub(fill, template)
