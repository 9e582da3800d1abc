"""What can go wrong between us and the PBX. Each error has a stable `code`; `str()` is a sentence without secrets."""

from __future__ import annotations

from desk.errors import DeskError


class AmiError(DeskError):
    """The root of everything that the AMI side refuses or loses."""

    code = "ami_error"


class UnsafeAction(AmiError):
    """A field could be read by Asterisk as something else (CR, LF, NUL, too long, not ours); nothing was sent."""

    code = "unsafe_action"


class NotConnected(AmiError):
    """There is no link to the PBX at the moment; nothing was sent."""

    code = "pbx_not_connected"


class ActionRefused(AmiError):
    """Asterisk answered with an error; `details["answer"]` has its words."""

    code = "pbx_refused"


class ActionTimeout(AmiError):
    """Asterisk did not answer in time; the action may or may not have been carried out."""

    code = "pbx_timeout"


class OutcomeUnknown(AmiError):
    """A call was asked for and the answer was lost. It is never asked for again; `details["channel_id"]` resolves it."""

    code = "outcome_unknown"


class LinkLost(AmiError):
    """The link to the PBX is down; `code` tells why, and an action in flight may or may not have been carried out."""

    code = "pbx_link_cut"


class PbxAbsent(LinkLost):
    """Nobody listens on the manager's port."""

    code = "pbx_absent"


class LoginRefused(LinkLost):
    """Asterisk does not accept the user, the secret, or the address that we come from."""

    code = "pbx_login_refused"


class LinkSilent(LinkLost):
    """The connection is open and nothing comes: a half-open link, a frozen Asterisk, or no answer to the log-in."""

    code = "pbx_silent"


class PbxRestarting(LinkLost):
    """Asterisk said that it shuts down or restarts."""

    code = "pbx_restarting"
