"""One vocabulary of errors for both kinds of AGI: pyst2's own classes, so that a flow need not know what carries it."""

from __future__ import annotations

from asterisk.agi import AGIAppError, AGIError, AGIHangup, AGIInvalidCommand, AGIUsageError

__all__ = ["AGIAppError", "AGIError", "AGIHangup", "AGIInvalidCommand", "AGIUsageError", "Refused"]


class Refused(AGIError):  # type: ignore[misc]
    """The connection may not start a conversation. `str()` is a sentence for the log, without the token."""
