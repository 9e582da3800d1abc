"""What a crash has left behind is cleaned away at the next start."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callboard.housekeeping import Housekeeping
from desk.work import Desk
from models import Customer, Erasure
from tests.site import make_site


async def test_recordings_of_the_forgotten_that_a_crash_has_left_go_at_the_next_start(
    desk: Desk, tmp_path: Path
) -> None:
    """Seen failing without the errand."""
    site = await make_site(desk, drivers=0)
    async with desk.work() as work:
        nobody = Customer(office_id=site.office_id, name="", created_at=work.now)
        work.session.add(nobody)
        await work.session.flush()
        left = Erasure(
            office_id=site.office_id,
            customer_id=nobody.id,
            at=work.now,
            reason="본인 요청",
            counts={},
            files=["r1.wav"],
        )
        work.session.add(left)
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for name in ("r1.wav", "somebody-elses.wav"):
        (recordings / name).write_bytes(b"RIFF")
    cleaning = asyncio.create_task(Housekeeping(desk, tmp_path / "files", recordings).run())
    try:
        async with asyncio.timeout(20):
            while True:
                async with desk.look() as session:
                    if (await session.get_one(Erasure, left.id)).files_gone_at is not None:
                        break
                await asyncio.sleep(0.02)
    finally:
        cleaning.cancel()
    assert [each.name for each in recordings.iterdir()] == ["somebody-elses.wav"]
