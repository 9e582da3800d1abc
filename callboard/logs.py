"""The log: one JSON line an event in STATE/log, phone numbers masked, nothing that a terminal would obey.

At level debug numbers are shown whole: turn it on for a fault, and off again.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import sys
from collections.abc import MutableMapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import structlog

from desk.numbers import masked

BYTES_A_FILE = 20_000_000
FILES_KEPT = 5
# Digits that stand alone, as numbers do; ids of calls have a letter, a dot or a dash beside theirs.
_NUMBER = re.compile(r"(?<![\w.:-])\+?\d{9,15}(?![\w.:-])|(?<![\w.-])0\d{1,2}-\d{3,4}-\d{4}(?![\w-])")


class _OwnersOnly(logging.handlers.RotatingFileHandler):
    """Every file that it begins is readable by its owner only."""

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding=self.encoding, opener=lambda path, how: os.open(path, how, 0o600))

    def handleError(self, record: logging.LogRecord) -> None:
        """A disk that takes no line costs that line; the panel and /healthz say that it is full (callboard/disk_watch.py)."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def set_up_logs(folder: Path, level: str, name: str = "callboard.log") -> None:
    """Send every log line of ours and of the libraries to the file `name` in `folder`, rotated by size."""
    handler = _OwnersOnly(folder / name, maxBytes=BYTES_A_FILE, backupCount=FILES_KEPT, encoding="utf-8")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        *([] if level == "debug" else [mask_numbers]),
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=True),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # These say every statement and every task at their lower levels, with its values.
    for talkative in ("sqlalchemy", "aiosqlite", "asyncio", "panoramisk"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def mask_numbers(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide the middle of every phone number in any value of the line."""
    for key, value in event.items():
        event[key] = _hide(value)
    return event


def _hide(value: Any) -> Any:
    if isinstance(value, str):
        return _NUMBER.sub(lambda found: masked(found.group()), value)
    if isinstance(value, dict):
        return {key: _hide(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hide(inner) for inner in value]
    return value
