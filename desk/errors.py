"""The root of everything that the desk refuses. Each error has a stable `code` and `details` without secrets.

The panel maps the code to a status and a translated sentence; the IVR maps any of them to "connect to an operator".
"""

from __future__ import annotations

from collections.abc import Mapping


class DeskError(Exception):
    """Something that the desk refuses or cannot find. `str()` is an English sentence for the log."""

    code = "desk_error"

    def __init__(self, sentence: str, **details: str | int | None) -> None:
        super().__init__(sentence)
        self.details: Mapping[str, str | int | None] = details


class NotFound(DeskError):
    """Nothing with that id exists here (or the asker may not know that it does)."""

    code = "not_found"


class Invalid(DeskError):
    """A value cannot be used. `details["field"]` names it."""

    code = "invalid"


class Conflict(DeskError):
    """Somebody else was first, or the row has changed since it was read."""

    code = "conflict"


class OrderTaken(Conflict):
    """The order already has a driver. `details` tell which driver and who assigned him."""

    code = "order_already_assigned"


class DriverTaken(Conflict):
    """The driver already has an order. `details` tell which."""

    code = "driver_already_assigned"


class DriverNotFree(Conflict):
    """The driver is off shift or not allowed to work."""

    code = "driver_not_free"


class WrongState(Conflict):
    """The trade's table has no such step from the present state."""

    code = "wrong_state"


class NoSuchPlugin(DeskError):
    """Configuration names a plug-in that does not exist. `details["known"]` lists those that do."""

    code = "no_such_plugin"
