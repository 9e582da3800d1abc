"""What each command_status of SMPP 3.4 (section 5.1.3) means for a text, as a table. Pure.

Not in the table: a vendor's own code (0x400 and above, or reserved). It is taken as passing, three tries in all.
"""

from __future__ import annotations

from sms.outcome import Refused

OK = 0x00
INVALID_COMMAND = 0x03
BIND_FAILED = 0x0D
BAD_PASSWORD = 0x0E
BAD_SYSTEM_ID = 0x0F
BAD_SYSTEM_TYPE = 0x53
TRY_LATER = 0x64
REJECTED = 0x66

FEW_TRIES = 3

_PERMANENT = {
    0x01: "the network says that the text's length is wrong",
    0x02: "the network says that our command's length is wrong",
    0x03: "the network does not know our command",
    0x06: "the network refuses the priority",
    0x07: "the network refuses the receipt flag",
    0x0A: "the sender's number is not registered with the network",
    0x0B: "the receiver's number is not valid",
    0x0C: "the network does not know that message id",
    0x15: "the network refuses the service type",
    0x33: "the network refuses the number of receivers",
    0x40: "the network refuses the receiver flag",
    0x42: "the network refuses to replace a text",
    0x43: "the network refuses the message class",
    0x44: "the network refuses the distribution list",
    0x48: "the kind of the sender's number (source_ton) is wrong",
    0x49: "the plan of the sender's number (source_npi) is wrong",
    0x50: "the kind of the receiver's number (dest_ton) is wrong",
    0x51: "the plan of the receiver's number (dest_npi) is wrong",
    0x53: "the system type is wrong",
    0x54: "the network refuses the replace flag",
    0x55: "the network refuses the number of texts",
    0x61: "the network refuses the delivery time",
    0x62: "the network refuses the validity period",
    0x63: "the network does not know that canned text",
    0x65: "the network refuses the text for good",
    0x66: "the network rejected the text",
    0xC0: "the network refuses the optional parameters",
    0xC1: "the network does not allow an optional parameter",
    0xC2: "the length of a parameter is wrong",
    0xC3: "the network misses an optional parameter",
    0xC4: "the value of an optional parameter is wrong",
    0xFE: "the network could not deliver the text",
}
_PASSING = {
    0x04: "the network lost our session",
    0x05: "the network thinks that we are bound already",
    0x08: "the network has a fault of its own",
    0x64: "the network asks to try later",
}
_FEW = {0x45: "the network could not take the text", 0xFF: "the network failed without a reason"}
_THROTTLED = {0x14: "the network's queue is full", 0x58: "the network asks us to slow down"}

_LOGIN = {
    BIND_FAILED: "the SMSC refused the log-in (bind failed)",
    BAD_PASSWORD: "the SMSC refused the log-in: wrong password",
    BAD_SYSTEM_ID: "the SMSC refused the log-in: it does not know this system_id",
    BAD_SYSTEM_TYPE: "the SMSC refused the log-in: wrong system_type",
}


def refusal(status: int) -> Refused:
    """What a submit that was answered with `status` (not 0) comes to."""
    code = f" (0x{status:02X})"
    if sentence := _PERMANENT.get(status):
        return Refused(sentence + code, permanent=True)
    if sentence := _THROTTLED.get(status):
        return Refused(sentence + code, permanent=False, throttled=True)
    if sentence := _PASSING.get(status):
        return Refused(sentence + code, permanent=False)
    return Refused(
        _FEW.get(status, "the network refused with a code of its own") + code, permanent=False, tries=FEW_TRIES
    )


def login_refusal(status: int) -> str:
    """Why a bind was refused, in words."""
    return _LOGIN.get(status, "the SMSC refused the session") + f" (0x{status:02X})"


def is_bad_login(status: int) -> bool:
    """Whether trying again soon could lock the account."""
    return status in _LOGIN
