"""Every fixed case of the corpus, by family and entry. `python -m tests.hostile.cases` prints how many there are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeVar

from tests.hostile.corpus import (
    agi,
    ami,
    asterisk,
    breaks,
    downloads,
    entrances,
    everywhere,
    http,
    keys,
    markup,
    numbers,
    serial,
    shell,
    sip,
    socket,
    sql,
    tables,
    terminal,
    texts,
    unicode,
    uploads,
)

T = TypeVar("T")
FULL = os.environ.get("CALLBOARD_FAULTS", "fast") == "full"

SIP_NAME, SIP_USER, SIP_IDENTITY, SIP_MESSAGE = "SIP display name", "SIP user", "SIP identity headers", "SIP messages"
HTTP_BYTES, HTTP_FORMS, HTTP_SOCKETS = "bytes at the HTTP port", "changes from elsewhere", "handshakes from elsewhere"
WS_FRAMES, WS_TEXTS = "WebSocket frames", "WebSocket texts"
DOWNLOAD_TOKENS, DOWNLOAD_FILES, DOWNLOAD_RANGES = "recording tokens", "recording files", "ranges"
SEARCHES, QUERIES, NUMBER_FORMS, NUMBER_SEARCHES = (
    "searches",
    "query parameters",
    "numbers in forms",
    "searches by number",
)
AMI_JUNK, AMI_SPLITS, AMI_ACTIONS = "AMI stream", "AMI stream in two reads", "fields of AMI actions"
AGI_HEADERS, AGI_BLOCKS, AGI_REPLIES, AGI_ARGUMENTS = "AGI headers", "AGI header blocks", "AGI replies", "AGI commands"
SERIAL_NOISE, SERIAL_SPLITS = "serial port", "serial port in two reads"
KEYS = "SIP INFO and RTP events"
TEXTS_IN = "texts over SMPP"
FORMS, BROWSER = "forms and searches", "Chromium"
PICTURES, FILE_NAMES = "photos", "names of uploaded files"
FIELDS, PAGES, BODIES = "fields of every JSON request", "forms of every page", "bodies of every JSON request"
ANY_QUERY = "queries of every page and list"
TABLES, FORMULAS = "tables: customers, drivers, places, fares", "cells in and out again"
LINKS, PREVIEWS, COOKIES, FILE_IDS = "tokens of links", "looks at a link", "cookies", "ids of photos and documents"


def _from_elsewhere(*, with_sites: bool) -> tuple[dict[str, str], ...]:
    """Headers of a request that another site's page caused. A page cannot leave out or alter what browsers say of it."""
    origins = [{"Origin": origin} for origin in http.ORIGINS]
    both = [{"Origin": origin, "Sec-Fetch-Site": site} for origin in http.ORIGINS[:8] for site in http.SITES]
    sites = [{"Sec-Fetch-Site": site} for site in http.SITES]
    ours = [{"Origin": "%OURS%", "Sec-Fetch-Site": site} for site in http.SITES]
    return (*origins, *both, *ours, *(sites if with_sites else ()), {}, {"Referer": "%OURS%/"})


CASES: dict[str, dict[str, Sequence[Any]]] = {
    "F1": {SIP_NAME: markup.PAYLOADS, FORMS: markup.PAYLOADS, BROWSER: markup.PAYLOADS},
    "F2": {
        FORMS: sql.TEXTS,
        SEARCHES: tuple(
            (path, text) for path in ("/customers?q=", "/drivers?q=", "/calls?number=") for text in sql.TEXTS
        ),
        QUERIES: tuple(
            (path, name, sql.COLUMN_VALUES[(at + n) % len(sql.COLUMN_VALUES)])
            for n, path in enumerate(("/calls", "/orders", "/customers", "/drivers", "/messages"))
            for at, name in enumerate(sql.COLUMN_PARAMETERS)
        ),
        FIELDS: everywhere.fields_of("F2"),
        PAGES: everywhere.forms_of("F2"),
        ANY_QUERY: everywhere.QUERIES,
    },
    "F3": {
        FORMS: (*shell.COMMANDS, *shell.PATHS),
        SIP_NAME: (*shell.COMMANDS, *(path for path in shell.PATHS if len(path) < 200)),
        FILE_NAMES: shell.PATHS,
        FIELDS: everywhere.fields_of("F3"),
        PAGES: everywhere.forms_of("F3"),
    },
    "F4": {
        SIP_NAME: asterisk.NAMES,
        SIP_USER: asterisk.USERS,
        AMI_ACTIONS: tuple(
            (field, text)
            for field in ("digits", "context", "to_exten", "number", "name")
            for text in asterisk.ACTION_FIELDS[::2]
        ),
    },
    "F5": {
        FORMS: breaks.TEXTS,
        SIP_NAME: breaks.TEXTS,
        SIP_USER: breaks.SPELT,
        "SIP From header": breaks.FOLDED,
        AMI_ACTIONS: tuple(
            (field, text)
            for field in ("digits", "to_exten", "name", "number", "variables")
            for text in (*breaks.TEXTS[::5], *breaks.TEXTS[1:5])
        ),
    },
    "F6": {AMI_JUNK: ami.JUNK, AMI_SPLITS: ami.SPLITS},
    "F7": {
        AGI_HEADERS: agi.HEADERS,
        AGI_BLOCKS: agi.BLOCKS,
        AGI_REPLIES: tuple((reply, at) for reply in agi.REPLIES for at in agi.AT_COMMANDS),
    },
    "F8": {
        AGI_ARGUMENTS: tuple(
            (verb, text) for verb in ("SET VARIABLE|CB_X", "EXEC|NoOp", "STREAM FILE") for text in agi.ARGUMENTS
        )
    },
    "F9": {
        SIP_USER: numbers.USERS,
        NUMBER_FORMS: (*numbers.SPELT, *((text, None) for text in (*numbers.WITHHELD, *numbers.NOTHING))),
        NUMBER_SEARCHES: (
            *((text, True) for text, number in numbers.SPELT if number == "+821055501234"),
            *((text, False) for text in (*numbers.WITHHELD, *numbers.NOTHING) if text),
        ),
        FIELDS: everywhere.fields_of("F9"),
        PAGES: everywhere.forms_of("F9"),
    },
    "F10": {SIP_IDENTITY: sip.IDENTITIES},
    "F11": {KEYS: keys.CASES},
    "F12": {
        FORMS: (*unicode.TEXTS, *unicode.WOVEN),
        SIP_NAME: (*unicode.TEXTS, *unicode.BYTES),
        FIELDS: everywhere.fields_of("F12"),
        PAGES: everywhere.forms_of("F12"),
    },
    "F13": {SIP_NAME: terminal.TEXTS, FORMS: terminal.TEXTS},
    "F14": {TABLES: tables.FILES, FORMULAS: tables.FORMULAS},
    "F15": {SERIAL_NOISE: serial.NOISE, SERIAL_SPLITS: serial.SPLITS},
    "F16": {TEXTS_IN: texts.CASES},
    "F18": {HTTP_BYTES: http.RAW, PICTURES: uploads.PICTURES, BODIES: everywhere.MALFORMED},
    "F19": {HTTP_FORMS: _from_elsewhere(with_sites=True), HTTP_SOCKETS: _from_elsewhere(with_sites=False)},
    "F20": {
        WS_FRAMES: socket.FRAMES,
        WS_TEXTS: (*socket.TEXTS, *((data, frozenset({1003})) for data in socket.BINARY)),
    },
    "F21": {COOKIES: entrances.COOKIES},
    "F22": {LINKS: entrances.LINKS, PREVIEWS: entrances.PREVIEWS},
    "F23": {
        DOWNLOAD_TOKENS: downloads.TOKENS,
        DOWNLOAD_FILES: downloads.FILES,
        DOWNLOAD_RANGES: downloads.RANGES,
        FILE_IDS: entrances.FILES,
    },
    "F24": {SIP_MESSAGE: sip.MESSAGES},
}


def slice_of(cases: Sequence[T], everyday: int) -> list[T]:
    """All cases in a full run; else `everyday` of them, evenly spread and always the same."""
    if FULL or len(cases) <= everyday:
        return list(cases)
    return [cases[at * len(cases) // everyday] for at in range(everyday)]


GROWING = (FIELDS, PAGES, BODIES, ANY_QUERY)
"""Made from the tables of routes and models: there are as many as those have."""


def fixed() -> dict[str, dict[str, int]]:
    """How many cases each entry has, by family; without those that grow with the panel."""
    return {
        family: {entry: len(cases) for entry, cases in entries.items() if entry not in GROWING}
        for family, entries in CASES.items()
    }


def table() -> str:
    """Family, entries and counts, as docs/security.md has them; what grows with the panel is named without its count."""
    lines, counts = [], fixed()
    for family, entries in CASES.items():
        told = ", ".join(f"{entry} {counts[family].get(entry, '')}".rstrip() for entry in entries)
        lines.append(f"| {family} | {sum(counts[family].values())} | {told} |")
    lines.append(f"| | {sum(sum(each.values()) for each in counts.values())} | |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
