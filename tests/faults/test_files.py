"""C4, D1 for files that rows name: photos of cars, drivers' documents. A full disk, and ends that nobody knows."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.dispatching import dispatch
from desk.driver import vehicle_proof
from desk.driver.car_pictures import Picture
from desk.errors import NotFound
from desk.keeping import kept_files
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import CarPhoto
from tests.faults.volume import volume
from tests.site import Site, make_site

PICTURE = Picture(b"\xff\xd8\xff" * 1000, 640, 480, "a" * 64, "b" * 64)


def test_a_file_that_finds_no_room_leaves_nothing_behind_and_the_next_one_is_kept(tmp_path: Path) -> None:
    """Seen failing without the part of a file taken away: it keeps the last bytes of the disk."""
    with volume(tmp_path / "disk", 1) as disk:
        folder = disk.folder / "cars"
        folder.mkdir()
        disk.fill()
        with (disk.folder / "ballast").open("r+b") as ballast:
            ballast.truncate((disk.folder / "ballast").stat().st_size - 20_000)
        with pytest.raises(OSError) as refused:  # noqa: PT011 -- its number is looked at
            kept_files.write(folder, b"x" * 100_000)
        assert refused.value.errno == errno.ENOSPC
        assert list(folder.iterdir()) == []
        disk.free()
        assert kept_files.read(folder, kept_files.write(folder, b"x" * 100_000)) == b"x" * 100_000


@pytest.fixture
async def driven(desk: Desk) -> tuple[Site, int]:
    """An order that a driver has."""
    site = await make_site(desk)
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("강남역")))
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])
        return site, order.id


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_row_is_never_without_its_file_when_its_end_was_not_heard(
    desk: Desk, driven: tuple[Site, int], tmp_path: Path
) -> None:
    """A connection that goes, a server that ends after the commit. Seen failing with the file taken away after any error."""
    site, order_id = driven
    committed = asyncio.Event()

    async def keep(path: str) -> bool:
        await desk.do(
            lambda work: vehicle_proof.add_photo(work, site.drivers[0], order_id, "before", "front", PICTURE, path, "x")
        )
        committed.set()
        await asyncio.Event().wait()  # the answer never comes
        return True

    keeping = asyncio.create_task(kept_files.with_row(tmp_path / "cars", PICTURE.raw, keep))
    await committed.wait()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    async with desk.look() as session:
        name = await session.scalar(select(CarPhoto.path))
    assert name is not None
    assert kept_files.read(tmp_path / "cars", name) == PICTURE.raw


async def test_a_file_whose_row_is_refused_or_was_there_goes_at_once(tmp_path: Path) -> None:
    """Seen failing without the two `drop` of desk/keeping/kept_files.py."""

    async def refused(path: str) -> bool:
        raise NotFound("there is no order 1")

    async def known(path: str) -> bool:
        return False

    with pytest.raises(NotFound):
        await kept_files.with_row(tmp_path / "cars", b"x", refused)
    assert not await kept_files.with_row(tmp_path / "cars", b"x", known)
    assert list((tmp_path / "cars").iterdir()) == []
