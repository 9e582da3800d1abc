"""What was done to the system, by whom, from when to when, and how it ended: one line of JSON at each begin and each end.

Every operation ends as `ok` (it was acknowledged: it must be there), `fail` (it was refused: it must not be there) or
`unknown` (cut off before an answer: either is right). A line is on the disk before the next one begins, so the history of a
run that is killed can be read as far as it came; an operation without an end is `unknown`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OUTCOMES = ("ok", "fail", "unknown")


@dataclass
class Operation:
    """One thing that somebody did. `start` and `end` are Unix seconds; `details` is what the checker compares."""

    index: int
    who: str
    what: str
    start: float
    end: float | None = None
    outcome: str = "unknown"
    details: dict[str, Any] = field(default_factory=dict)

    def ok(self, **details: Any) -> None:
        """It was acknowledged."""
        self._ended("ok", details)

    def fail(self, why: str, **details: Any) -> None:
        """It was refused."""
        self._ended("fail", {"why": why, **details})

    def unknown(self, why: str, **details: Any) -> None:
        """It was cut off before an answer."""
        self._ended("unknown", {"why": why, **details})

    def _ended(self, outcome: str, details: dict[str, Any]) -> None:
        self.outcome = outcome
        self.end = time.time()
        self.details |= details


class History:
    """Operations in the order in which they began, kept in memory and in a file."""

    def __init__(self, file: Path, *, append: bool = False) -> None:
        """With `append` the file goes on where another process left it; its operations are numbered after those."""
        self._file = file
        self._first = len(self.read(file).operations) if append else 0
        self.operations: list[Operation] = []

    @classmethod
    def read(cls, file: Path) -> History:
        """What a file tells, as far as it came; whoever wrote it may have been killed, also in the middle of a line."""
        history = cls(file)
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if told["word"] == "begin":
                one = Operation(told["operation"], told["who"], told["what"], told["at"], details=told["details"])
                history.operations.append(one)
            else:
                one = next(each for each in reversed(history.operations) if each.index == told["operation"])
                one.outcome, one.end, one.details = told["outcome"], told["at"], told["details"]
        return history

    def unanswered(self) -> list[Operation]:
        """Of each key that nobody was answered to, the last try."""
        last = {one.details["key"]: one for one in self.operations if "key" in one.details}
        return [one for one in last.values() if one.outcome == "unknown"]

    @contextmanager
    def doing(self, who: str, what: str, **details: Any) -> Iterator[Operation]:
        """The block is the operation. Without a word it ends as `ok`; an exception that leaves it makes it `unknown`."""
        operation = Operation(self._first + len(self.operations), who, what, time.time(), details=dict(details))
        self.operations.append(operation)
        self._write("begin", operation)
        try:
            yield operation
        except BaseException as error:
            if operation.end is None:
                operation.unknown(type(error).__name__)
            raise
        else:
            if operation.end is None:
                operation.ok()
        finally:
            self._write("end", operation)

    def of(self, what: str, outcome: str | None = None) -> list[Operation]:
        """Those of one kind, and of one outcome where asked."""
        return [one for one in self.operations if one.what == what and outcome in (None, one.outcome)]

    def _write(self, word: str, operation: Operation) -> None:
        line = {"at": time.time(), "word": word, "operation": operation.index, "who": operation.who}
        line |= {"what": operation.what, "outcome": operation.outcome if word == "end" else None}
        line |= {"details": operation.details}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
