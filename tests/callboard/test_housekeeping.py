"""What a crash has left behind is cleaned away at the next start."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from callboard.housekeeping import Housekeeping
from desk.keeping import kept_files
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.settings import Settings
from desk.work import Desk
from models import Appeal, CarPhoto, Customer, DriverErasure, DriverWay, Erasure, Search, Weighing
from tests.site import make_site
from web import forgotten


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
    cleaning = asyncio.create_task(Housekeeping(desk, tmp_path / "files", recordings, Settings()).run())
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


async def test_files_of_an_erased_driver_that_a_crash_has_left_go_each_from_its_folder(
    desk: Desk, tmp_path: Path
) -> None:
    site = await make_site(desk, drivers=1)
    names = [f"documents/{'1' * 40}", f"cars/{'2' * 40}", "recordings/r1.wav", "documents/../../escaped"]
    async with desk.work() as work:
        left = DriverErasure(
            office_id=site.office_id, driver_id=site.drivers[0], at=work.now, reason="본인 요청", counts={}, files=names
        )
        work.session.add(left)
    files, recordings = tmp_path / "files", tmp_path / "recordings"
    (tmp_path / "escaped").write_bytes(b"1")
    for path in (files / names[0], files / names[1], recordings / "r1.wav", files / "documents" / ("3" * 40)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1")
    await forgotten.remove(desk, recordings, files)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file() and ".db" not in path.name) == [
        "3" * 40, "escaped",
    ]  # fmt: skip
    async with desk.look() as session:
        kept = await session.get_one(DriverErasure, left.id)
        assert (kept.files, kept.files_gone_at is not None) == ([], True)


async def test_photos_and_ways_go_after_the_days_that_are_configured(desk: Desk, tmp_path: Path) -> None:
    """Seen failing without the errand; a day younger is kept, the rows with their digests stay."""
    site = await make_site(desk)
    cars = tmp_path / "files" / "cars"
    names = [kept_files.write(cars, b"a photo") for _ in range(2)]
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("시청역")))
        for name, days in zip(names, (31, 29), strict=True):
            at = work.now - timedelta(days=days)
            digest = name.ljust(64, "0")
            work.session.add_all(
                [
                    CarPhoto(
                        order_id=order.id, driver_id=site.drivers[0], stage="before", side="front",
                        sent_sha256=digest, sha256=digest, path=name, size=7, width=1, height=1, received_at=at,
                    ),
                    DriverWay(order_id=order.id, driver_id=site.drivers[0], at=at, lat=37.5, lon=127.0),
                ]
            )  # fmt: skip
            order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("시청역")))
    keep = Settings(photo_days=30, way_days=30)
    cleaning = asyncio.create_task(Housekeeping(desk, tmp_path / "files", tmp_path, keep).run())
    try:
        async with asyncio.timeout(20):
            while (cars / names[0]).exists() or len(await _ways(desk)) == 2:
                await asyncio.sleep(0.02)
    finally:
        cleaning.cancel()
    async with desk.look() as session:
        photos = (await session.scalars(select(CarPhoto).order_by(CarPhoto.id))).all()
    assert [photo.path for photo in photos] == [None, names[1]]
    assert (cars / names[1]).exists()


async def _ways(desk: Desk) -> list[int]:
    async with desk.look() as session:
        return list(await session.scalars(select(DriverWay.id)))


async def test_reasons_go_after_the_days_that_are_configured_but_for_those_appealed_against(
    desk: Desk, tmp_path: Path
) -> None:
    """Seen failing without the errand, and with the appealed one deleted, which the database refuses."""
    site = await make_site(desk)
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("시청역")))
        search = Search(order_id=order.id, state="unassigned", ring=1, started_at=work.now, due_at=work.now)
        work.session.add(search)
        await work.session.flush()
        rows = [
            Weighing(
                search_id=search.id, driver_id=site.drivers[0], at=work.now - timedelta(days=days), ring=1, asked=False,
                reason_key="weighing.too_far", reason_args={},
            )
            for days in (40, 31, 29)
        ]  # fmt: skip
        work.session.add_all(rows)
        await work.session.flush()
        work.session.add(
            Appeal(
                office_id=site.office_id, driver_id=site.drivers[0], weighing_id=rows[0].id, reason="가까이 있었습니다",
                at=work.now, due_at=work.now, state="open",
            )
        )  # fmt: skip
        ids = [row.id for row in rows]
    cleaning = asyncio.create_task(Housekeeping(desk, tmp_path / "files", tmp_path, Settings(reason_days=30)).run())
    try:
        async with asyncio.timeout(20):
            while await _reasons(desk) != [ids[0], ids[2]]:
                assert not cleaning.done()
                await asyncio.sleep(0.02)
    finally:
        cleaning.cancel()


async def _reasons(desk: Desk) -> list[int]:
    async with desk.look() as session:
        return list(await session.scalars(select(Weighing.id).order_by(Weighing.id)))
