"""What callers said is had by an opaque token only, from under one folder only, in ranges if wanted; and it is on record."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from models import AuditEntry, Call, Line, Office, Recording
from tests.web.conftest import House

TOKEN = "tok" * 10
SOUND = b"RIFF" + bytes(range(256)) * 8


async def _keep(house: House, path: str) -> int:
    call_id = await house.ring()
    async with house.desk.work() as work:
        recording = Recording(call_id=call_id, token=TOKEN, path=path, kind="place", created_at=work.now)
        work.session.add(recording)
        await work.session.flush()
        return recording.id


async def test_a_recording_is_heard_whole_and_in_parts(house: House) -> None:
    (house.recordings / "r4nd0m12.wav").write_bytes(SOUND)
    await _keep(house, "r4nd0m12.wav")
    visitor = await house.signed_in()
    whole = await visitor.api("GET", f"/recordings/{TOKEN}")
    assert (whole.status, whole.raw) == (200, SOUND)
    assert whole.headers["Content-Type"] == "audio/wav"
    assert "r4nd0m12" not in whole.headers["Content-Disposition"]
    part = await visitor.api("GET", f"/recordings/{TOKEN}", headers={"Range": "bytes=4-13"})
    assert (part.status, part.raw) == (206, SOUND[4:14])
    beyond = await visitor.api("GET", f"/recordings/{TOKEN}", headers={"Range": "bytes=999999-"})
    assert beyond.status == 416


async def test_who_heard_it_is_on_record(house: House) -> None:
    """Seen failing without the row of desk/call/recordings.py."""
    (house.recordings / "r4nd0m12.wav").write_bytes(SOUND)
    recording_id = await _keep(house, "r4nd0m12.wav")
    await (await house.signed_in()).api("GET", f"/recordings/{TOKEN}")
    async with house.desk.look() as session:
        [entry] = (await session.scalars(select(AuditEntry).where(AuditEntry.what == "recording.played"))).all()
    assert (entry.operator_id, entry.subject) == (house.site.operator_id, f"recording {recording_id}")


@pytest.mark.parametrize(
    "path", ["../secret.wav", "/etc/passwd", "link.wav", "folder", "gone.wav", "a/../../secret.wav", ""]
)
async def test_nothing_outside_of_the_folder_is_ever_read(house: House, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.wav").write_bytes(b"secret")
    (house.recordings / "link.wav").symlink_to(tmp_path / "secret.wav")
    (house.recordings / "folder").mkdir()
    await _keep(house, path)
    answer = await house.program().api("GET", f"/recordings/{TOKEN}")
    assert (answer.status, answer.code) == (404, "not_found")
    assert b"secret" not in answer.raw


@pytest.mark.parametrize("token", ["x" * 15, "x" * 65, "..%2f..%2fetc%2fpasswd", "%00" * 20, "x" * 30])
async def test_an_unknown_token_is_nothing(house: House, token: str) -> None:
    (house.recordings / "r4nd0m12.wav").write_bytes(SOUND)
    await _keep(house, "r4nd0m12.wav")
    assert (await house.program().api("GET", f"/recordings/{token}")).status == 404


async def test_another_firms_recording_is_nothing(house: House) -> None:
    (house.recordings / "r4nd0m12.wav").write_bytes(SOUND)
    async with house.desk.work() as work:
        office = Office(
            name="other", country="KR", currency="KRW", timezone="Asia/Seoul", trade="proxy", sms_sender="15889999"
        )
        work.session.add(office)
        await work.session.flush()
        line = Line(office_id=office.id, did="15889999", name="other", language="ko", flow="welcome")
        work.session.add(line)
        await work.session.flush()
        call = Call(
            office_id=office.id,
            line_id=line.id,
            source="pbx",
            presentation="withheld",
            state="ended",
            arrived_at=work.now,
        )
        work.session.add(call)
        await work.session.flush()
        work.session.add(
            Recording(call_id=call.id, token=TOKEN, path="r4nd0m12.wav", kind="place", created_at=work.now)
        )
    assert (await house.program().api("GET", f"/recordings/{TOKEN}")).status == 404


async def test_an_empty_recording_is_an_empty_sound(house: House) -> None:
    (house.recordings / "r4nd0m12.wav").write_bytes(b"")
    await _keep(house, "r4nd0m12.wav")
    answer = await house.program().api("GET", f"/recordings/{TOKEN}")
    assert (answer.status, answer.raw) == (200, b"")
