"""What the dialplan tells of a caller, whatever the caller claims to be; and that nothing a caller says is evaluated."""

from __future__ import annotations

import pytest

from tests.dialplan.ami_wire import wire
from tests.dialplan.test_always_through import ivr, said
from tests.pbx_fixture import DID, RealAsterisk


async def test_a_call_is_told_of_with_its_line_and_number(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader:
        asterisk.sipp([("01055501234", "홍길동")])
        assert await reader.arrival() == (DID, "01055501234", "allowed", "홍길동")
        told = await reader.event("UserEvent")
        assert told["Linkedid"] == told["Uniqueid"]
        assert told["Linkedid"].startswith(asterisk.process.site.system_name + "-")


async def test_a_number_that_is_not_a_line_is_refused(asterisk: RealAsterisk) -> None:
    """Seen failing with a pattern for every number in the dialplan."""
    async with wire(asterisk, "reader") as reader:
        callers = asterisk.sipp([("01055501234", "first caller")], did="15880002", expect=404)
        assert await callers.finished() == 0
        assert not [m for m in reader.seen if m.get("Event") == "UserEvent"]


@pytest.mark.parametrize(
    ("caller", "headers"),
    [
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', ""),
        ("<sip:Anonymous@127.0.0.1>", ""),
        (
            '"Anonymous" <sip:anonymous@anonymous.invalid>',
            "Privacy: id\nP-Asserted-Identity: <sip:01055501234@127.0.0.1>\n",
        ),
        ("<sip:restricted@127.0.0.1>", ""),
    ],
)
async def test_a_withheld_number_is_told_as_withheld_and_never_shown(
    caller: str, headers: str, asterisk: RealAsterisk
) -> None:
    async with wire(asterisk, "reader") as reader:
        asterisk.sipp([("x", "x")], caller=caller, headers=headers)
        line, number, presentation, _ = await reader.arrival()
        assert (line, number, presentation) == (DID, "", "withheld")
        await reader.event("QueueCallerJoin")


async def test_a_trunk_s_asserted_identity_is_the_number(asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader:
        asterisk.sipp([("15990000", "shop")], headers='P-Asserted-Identity: "real" <sip:01055501234@127.0.0.1>\n')
        assert (await reader.arrival())[1:] == ("01055501234", "allowed", "real")


@pytest.mark.parametrize("user", ["unknown", "O", "%00", "%20", "%22%27", "~~"])
async def test_garbage_for_a_number_is_told_as_unavailable(user: str, asterisk: RealAsterisk) -> None:
    async with wire(asterisk, "reader") as reader:
        asterisk.sipp([(user, "somebody")])
        assert (await reader.arrival())[1:3] == ("", "unavailable")
        await reader.event("QueueCallerJoin")


HOSTILE = [
    "${SHELL(touch {witness})}",
    "${EVAL(${SHELL(touch {witness})})}",
    "$[1+1] ${FILE(/etc/passwd,0,10)}",
    "&PJSIP/op1001&Local/1002@callboard-operator",
    "a,b,c,Set(IVR_DONE=1),|^()",
    "it's ) : ( ] [ } { ; `touch {witness}` $(touch {witness})",
    "a):0:5",
    "<b>bold</b>'; DROP TABLE call; --",
    "x" * 1000,
    "홍길동" * 100,
    "\udcc8\udcab\udcb1\udce6\udcb5\udcbf",  # 홍길동 in CP949
    "\udcff\udcfe broken",
    "\x1b[31mred\x07",
]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_is_carried_and_not_evaluated(name: str, asterisk: RealAsterisk) -> None:
    witness = asterisk.state / "asterisk" / "log" / "witness"
    name = name.replace("{witness}", str(witness))
    async with wire(asterisk, "reader") as reader, ivr(asterisk, "serves") as server:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        callers = asterisk.sipp(
            [("01055501234", quoted.replace(";", "%3B"))], caller='"[field1]" <sip:[field0]@127.0.0.1>', hold_ms=3000
        )
        taken = await said(server, "took")
        told = await reader.event("UserEvent")
        line, number, presentation, heard = await reader.arrival()
        assert (line, number, presentation) == (DID, "01055501234", "allowed")
        joined = await reader.event("QueueCallerJoin")
        assert await callers.finished() == 0
        assert not witness.exists()
        assert " welcome" in taken
        assert "01055501234" in taken
        assert set(told["Name"]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%-_.~!*'()"), (
            told["Name"]
        )
        plain = name.encode(errors="surrogateescape").decode(errors="replace").replace(";", "%3B")
        if "\ufffd" not in plain and plain.isprintable():
            # The SIP channel keeps 79 bytes of a name; a colon becomes a blank.
            heard = heard.rstrip("\ufffd")
            assert plain.replace(":", " ").startswith(heard)
            assert len(heard.encode()) >= min(len(plain.encode()), 77)
        assert "\x1b" not in taken
        assert joined["Queue"] == f"callboard-{DID}"
        dialled = {m["Channel"].split("-0")[0] for m in reader.seen if m.get("Event") == "Newchannel"}
        assert dialled <= {"PJSIP/callboard-trunk", "Local/1001@callboard-operator", "Local/1002@callboard-operator"}


@pytest.mark.parametrize(
    "user",
    [
        "010%0d%0aEvent%3a%20Hangup%0d%0aUniqueid%3a%201.1",
        "010%0d%0a%0d%0aEvent%3a%20UserEvent%0d%0aUserEvent%3a%20CallboardArrived%0d%0aLine%3a%20666%0d%0a%0d%0a",
        "010%29%3a1%3a2,$%7BSHELL(touch%20{witness})%7D",
        "010%24%7BSHELL(touch%20{witness})%7D",
        "0" * 500,
        "0105550%26PJSIP/op1001",
    ],
)
async def test_a_hostile_number_is_filtered(user: str, asterisk: RealAsterisk) -> None:
    witness = asterisk.state / "asterisk" / "log" / "witness"
    async with wire(asterisk, "reader") as reader, ivr(asterisk, "serves") as server:
        asterisk.sipp([(user.replace("{witness}", str(witness)), "somebody")])
        taken = await said(server, "took")
        told = await reader.event("UserEvent", UserEvent="CallboardArrived", Presentation="allowed")
        assert set(told["Number"]) <= set("0123456789+*#")
        assert len(told["Number"]) <= 32
        assert told["Number"] in taken
        await reader.event("QueueCallerJoin")
        assert not witness.exists()
        forged = [
            m
            for m in reader.seen
            if "Event" in m and m["Event"] != "FullyBooted" and m.get("SystemName") != told["SystemName"]
        ]
        assert not forged, "text of the caller became an event"
