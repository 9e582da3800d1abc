"""F1, F3, F4, F5, F12, F13 through SIP: what callers write into From reaches the rows as plain text and is never obeyed."""

from __future__ import annotations

import unicodedata

import pytest

from desk.text import plain
from tests.faults.conftest import Figure
from tests.hostile.cases import CASES, SIP_NAME
from tests.hostile.oracles import Watched
from tests.hostile.sip_wire import all_at, sip_port
from tests.path.running import until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

AT_A_TIME = 20
NAME_BYTES = 79
"""The SIP channel of Asterisk keeps so much of a name."""


def named(family: str) -> list[bytes]:
    """The family's names as bytes."""
    return [
        case if isinstance(case, bytes) else case.encode("utf-8", "surrogatepass") for case in CASES[family][SIP_NAME]
    ]


def quoted(name: bytes) -> bytes:
    """As RFC 3261 writes a display name (25.1, quoted-string). Asterisk keeps the escapes."""
    return name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def kept(name: bytes) -> str | None:
    """What the row must hold of a display name: what Asterisk keeps, without control characters, a colon as a blank."""
    seen = quoted(name).split(b"\0")[0][:NAME_BYTES].decode("utf-8", "replace")
    printed = "".join(" " if char == ":" else char for char in seen if char >= " " and char != "\x7f")
    return plain(printed) or None


async def call_with_names(site: Watched, prefix: str, names: list[bytes]) -> dict[int, tuple[int, str | None]]:
    """One call a name, the nth from the number `prefix` + n; by n the status and the name in the row ("-" without a row)."""
    names = [name.replace(b"%CANARY%", site.canary.encode()) for name in names]
    async with sip_port(site.sip) as sip:
        answers = await all_at(
            AT_A_TIME,
            [
                lambda at=at, name=name: sip.whole_call(
                    b'"%s" <sip:%s%04d@127.0.0.1>' % (quoted(name), prefix.encode(), at),
                    limit_s=3 if b"\n" in name or b"\r" in name else 20,
                )
                for at, name in enumerate(names)
            ],
        )

    async def all_there() -> bool:
        found = site.rows("select count(*) from call where number like ?", f"+82{prefix[1:]}%")[0][0]
        return bool(found >= sum(answer == 200 for answer in answers))

    await until(all_there, 60, "a row for each call")
    found = {
        int(number[-4:]): name
        for number, name in site.rows("select number, caller_name from call where number like ?", f"+82{prefix[1:]}%")
    }
    assert len(found) == site.rows("select count(*) from call where number like ?", f"+82{prefix[1:]}%")[0][0]
    return {at: (int(str(answer)), found.get(at, "-")) for at, answer in enumerate(answers)}


@pytest.mark.parametrize(
    ("family", "prefix"),
    [
        ("F1", "0105510"),
        ("F3", "0105511"),
        ("F4", "0105512"),
        ("F5", "0105513"),
        ("F12", "0105514"),
        ("F13", "0105515"),
    ],
)
async def test_a_hostile_name_is_one_row_of_plain_text(site: Watched, family: str, prefix: str, figure: Figure) -> None:
    """Seen failing without `optional()` in desk/call/arrival.py (control characters stay) and without FILTER in the dialplan."""
    names = named(family)
    told = await call_with_names(site, prefix, names)
    wrong = []
    for at, name in enumerate(names):
        status, row = told[at]
        name = name.replace(b"%CANARY%", site.canary.encode())
        # A line end in a header makes another header of it: Asterisk drops the message, and that is right, too.
        if status != 200 and (b"\n" in name or b"\r" in name):
            assert row == "-"
            continue
        if status != 200 or row != kept(name):
            wrong.append((name, status, row, kept(name)))
        elif row is not None:
            assert len(row) <= 80
            assert row == unicodedata.normalize("NFC", row)
            assert row.isprintable()
    assert wrong == []
    await site.all_ended()
    figure(family, "event loop held up, SIP names", await site.held_up_s(), "s", promise=0.1)
    await site.unharmed()
