"""What must not stand in an Asterisk that strangers call: each finding is a sentence with file and line.

Runs over our own rendering (in a test and in `check`) and over a site's own files, includes and all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dialplan.reading import AsteriskFile, Entry, read

# What our contexts need, and what a site's own may sensibly use. Whatever can start a program, read a file or run text as
# dialplan is missing: System, TrySystem, ExternalIVR, EAGI, Exec, ExecIf, TryExec, MixMonitor (its third argument), DISA, ...
APPLICATIONS = frozenset(
    {
        "agi",
        "answer",
        "background",
        "busy",
        "congestion",
        "dial",
        "gosub",
        "gosubif",
        "goto",
        "gotoif",
        "gotoiftime",
        "hangup",
        "noop",
        "playback",
        "playtones",
        "progress",
        "queue",
        "return",
        "ringing",
        "senddtmf",
        "set",
        "stopplaytones",
        "userevent",
        "verbose",
        "wait",
        "waitexten",
    }
)
# Functions that run programs, read files or evaluate text as dialplan (live_dangerously and worse).
FUNCTIONS = re.compile(
    r"\b(SHELL|EVAL|EVAL_EXTEN|FILE|FILE_FORMAT|FILE_COUNT_LINE|ENV|STAT|CURL|CURLOPT|DB_DELETE|REALTIME\w*|ODBC\w*|SORCERY"
    r"|AST_CONFIG|CONFIG|LOCAL_PEEK|EXPORT|IMPORT|STACK_PEEK|GLOBAL|SYSINFO|LDAP\w*)\(",
    re.IGNORECASE,
)
_CALLER = re.compile(
    r"\$\{(CALLERID|CALLERPRES|CONNECTEDLINE|REDIRECTING|PJSIP_HEADER)\((?!num-pres)(?!name-pres)", re.IGNORECASE
)
# The caller's text may be put into a plain variable, whole or filtered; nowhere else may it be expanded.
_INTO_VARIABLE = re.compile(r"Set\((__)?[A-Z_]+=[^\[]*\)$")
_RIGHTS = frozenset({"system", "command", "config", "all", "user", "dialplan", "cdr", "agi", "aoc"})


def findings(folder: Path) -> list[str]:
    """Everything wrong with the configuration in `folder`; nothing found is an empty list."""
    found: list[str] = []
    for name, check in (
        ("extensions.conf", _extensions),
        ("manager.conf", _manager),
        ("asterisk.conf", _asterisk),
        ("modules.conf", _modules),
    ):
        if (folder / name).is_file():
            found += check(read(folder / name))
    for path in sorted(folder.glob("*.conf")):
        found += [_said(entry, "#exec runs a program") for entry in read(path).executed]
    return found


def _extensions(file: AsteriskFile) -> Iterator[str]:
    pattern = ""
    for entry in file.entries:
        if entry.key not in ("exten", "same"):
            continue
        parts = entry.value.split(",", 2 if entry.key == "exten" else 1)
        if entry.key == "exten":
            pattern = parts[0]
        step = parts[-1].strip()
        yield from _step(entry, step)
        if pattern.startswith("_") and pattern[-1:] in ".!":
            for use in re.finditer(r"\$\{EXTEN[:}]", step):
                if not re.search(r"FILTER\([^,]*,$", step[: use.start()]):
                    yield _said(
                        entry, f"the open pattern {pattern} lets any text into ${{EXTEN}}: use FILTER(0-9,${{EXTEN}})"
                    )


def _step(entry: Entry, step: str) -> Iterator[str]:
    application = step.split("(", 1)[0].strip().lower()
    if application not in APPLICATIONS:
        yield _said(entry, f"the application {step.split('(', 1)[0]!r} is not among those that are allowed")
    for function in FUNCTIONS.finditer(step):
        yield _said(entry, f"the function {function[1]} runs programs, reads files or evaluates text")
    if _CALLER.search(step) and ("$[" in step or not _INTO_VARIABLE.match(step)):
        yield _said(entry, "a caller's text is used before it is filtered: put it into a variable first")
    if application == "agi" and not re.match(r"AGI\((agi://127\.0\.0\.1:\d+/|/)[^$]*(,.*)?\)$", step, re.IGNORECASE):
        yield _said(entry, "AGI must go to a fixed address on 127.0.0.1 or to a fixed script")
    if application == "dial" and re.search(r"\$\{", step) and "FILTER(" not in step:
        yield _said(entry, "Dial must go to a fixed place or to filtered digits")


def _manager(file: AsteriskFile) -> Iterator[str]:
    for entry in file.entries:
        value = entry.value.strip()
        if entry.key == "bindaddr" and value not in ("127.0.0.1", "::1"):
            yield _said(entry, "the manager interface must listen on the loopback address only")
        elif entry.key == "webenabled" and value != "no":
            yield _said(entry, "the manager interface must not be reachable by HTTP")
        elif entry.key == "write" and (excess := _RIGHTS & {right.strip() for right in value.split(",")}):
            yield _said(entry, f"a manager user must not have the right to {', '.join(sorted(excess))}")
        elif entry.key == "secret" and len(value) < 32:
            yield _said(entry, "a manager user's secret must have at least 32 characters")
        elif entry.key == "permit" and value != "127.0.0.1/255.255.255.255":
            yield _said(entry, "manager users must be permitted from 127.0.0.1 only")


def _asterisk(file: AsteriskFile) -> Iterator[str]:
    for entry in file.entries:
        if entry.key in ("live_dangerously", "execincludes") and entry.value != "no":
            yield _said(entry, f"{entry.key} must be no")


def _modules(file: AsteriskFile) -> Iterator[str]:
    for entry in file.entries:
        if entry.key == "autoload" and entry.value != "no":
            yield _said(entry, "modules must be named one by one")
        elif entry.key in ("load", "require", "preload") and re.match(
            r"(func_shell|app_system|app_exec|func_evalexten|app_externalivr)", entry.value
        ):
            yield _said(entry, f"{entry.value} can start programs")


def _said(entry: Entry, sentence: str) -> str:
    return f"{entry.path.name}:{entry.number}: {sentence}"
