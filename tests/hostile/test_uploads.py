"""F18 and F3 through the uploads: what is kept is drawn by us under a name of ours, and what cannot be read leaves nothing."""

from __future__ import annotations

import io

from PIL import Image

from desk.dispatching import dispatch
from desk.driver.driver_documents import understood
from tests.faults.conftest import Figure
from tests.hostile.cases import CASES, FILE_NAMES, PICTURES
from tests.hostile.corpus.uploads import HIDDEN
from tests.hostile.ticks import ticking
from tests.web.conftest import House


async def test_whatever_is_sent_as_a_photo_is_a_jpeg_of_ours_or_is_refused(house: House, figure: Figure) -> None:
    """Seen failing with the sender's bytes kept, without the limit of pixels, and with the decoder's errors let through."""
    order = await house.order()
    async with house.desk.work() as work:
        await dispatch.assign(work, house.site.operator_id, order["id"], house.site.drivers[0])
    driver, wrong = await house.driver(), []
    path = f"/api/v1/driver/orders/{order['id']}/photos/before/front"
    async with ticking() as ticks:
        for at, raw in enumerate(CASES["F18"][PICTURES]):
            answer = await driver.ask("POST", path, data=raw, headers={"Content-Type": "image/jpeg"})
            if answer.status not in (200, 409, 413, 422):
                wrong.append((at, raw[:20], answer.status))
    assert wrong == []
    folder = house.recordings.parent / "files" / "cars"
    kept = [file.read_bytes() for file in folder.iterdir()]
    assert kept
    assert all(Image.open(io.BytesIO(raw)).format == "JPEG" and HIDDEN not in raw for raw in kept)
    assert all(file.name.isalnum() and len(file.name) == 40 for file in folder.iterdir())
    figure("F18", "event loop held up, photos", ticks.longest_s, "s", promise=0.1)


def test_a_files_name_is_words_and_never_a_path() -> None:
    """Seen failing with the name kept as it came."""
    for given in CASES["F3"][FILE_NAMES]:
        name = understood(given, b"%PDF-1.7\n%%EOF").name
        assert name.isprintable()
        assert 0 < len(name) <= 80
        assert "/" not in name
        assert "\\" not in name
