"""What our two manager users may do at the real Asterisk: the reader nothing but ask, the actor nothing beyond calls."""

from __future__ import annotations

import pytest

from tests.ami.wire import Wire
from tests.pbx_fixture import RealAsterisk

pytestmark = pytest.mark.pbx

DANGEROUS = {
    "Command": {"Command": "core show version"},
    "GetConfig": {"Filename": "manager.conf"},
    "UpdateConfig": {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
    "CreateConfig": {"Filename": "x.conf"},
    "ListCategories": {"Filename": "manager.conf"},
    "DBDel": {"Family": "x", "Key": "y"},
    "ModuleLoad": {"Module": "app_system.so", "LoadType": "load"},
    "Reload": {},
    "DBPut": {"Family": "x", "Key": "y", "Val": "z"},
    "DialplanExtensionAdd": {"Context": "x", "Extension": "1", "Priority": "1", "Application": "System"},
    "Setvar": {"Variable": "SHELL(id)", "Value": "x"},
    "UserEvent": {"UserEvent": "CallboardArrived"},
    "Filter": {"Operation": "Add", "Filter": "x"},
    "PJSIPShowAuths": {},
}
FOR_ACTORS = {
    "Originate": {"Channel": "Local/x@y", "Application": "Wait"},
    "Hangup": {"Channel": "x"},
    "Redirect": {"Channel": "x"},
}
"""The reader may not even do these. (What the actor may dial, `ami.actions` restricts: Originate itself has no list of contexts.)"""
ALLOWED_TO_ACTOR = {"Setvar"}
"""Goes with the right `call`, and Redirect needs that one; nothing that a caller can reach sends it (typed actions only)."""


@pytest.mark.parametrize("user", ["reader", "actor"])
async def test_a_manager_user_of_ours_is_refused_what_it_has_no_need_of(asterisk: RealAsterisk, user: str) -> None:
    """Seen failing with `write = all` in manager.conf."""
    wire = await Wire.open(asterisk.ami_port, f"callboard-{user}", asterisk.secrets[f"ami_{user}"])
    try:
        wanted = {**DANGEROUS, **(FOR_ACTORS if user == "reader" else {})}
        for number, (action, fields) in enumerate(wanted.items()):
            if user == "actor" and action in ALLOWED_TO_ACTOR:
                continue
            mark = f"try-{number}"
            await wire.act(Action=action, ActionID=mark, **fields)
            await wire.until(rb"ActionID: " + mark.encode() + rb"\r\n[^\r]*\r\n")
            told = bytes(wire.heard).rpartition(f"ActionID: {mark}\r\n".encode())
            assert told[0].endswith(b"Response: Error\r\n"), (action, told[0][-60:])
            assert b"Permission denied" in told[2] or b"Invalid/unknown command" in told[2], (action, told[2][:80])
    finally:
        await wire.close()


async def test_the_manager_and_the_agi_port_are_on_this_machine_only(asterisk: RealAsterisk) -> None:
    """The sample configuration of Asterisk listens on every address; ours must not. Seen failing with bindaddr 0.0.0.0."""
    listening = asterisk.cli("manager show settings")
    assert "127.0.0.1" in listening
    assert "0.0.0.0" not in listening
