"""All that is kept about a driver, on his page: given as a page, a workbook and JSON; refused in words; erased, files too."""

from __future__ import annotations

import html
import io
import re
import zipfile

import pytest
from sqlalchemy import select

from desk.books import cashier
from desk.driver import shifts
from models import AuditEntry, CarPhoto, Customer, Driver, DriverDocument, Message
from tests.web.conftest import House, Visitor
from tests.web.test_driver_records import fill_in, put


async def leaves(house: House) -> int:
    """The first driver is off duty, and nothing is on its way to him."""
    driver_id = house.site.drivers[0]
    async with house.desk.work() as work:
        await shifts.end(work, driver_id)
        for message in await work.session.scalars(select(Message)):
            message.state = "delivered"
    return driver_id


def sections(page: str) -> list[str]:
    return re.findall(r'<h2 id="part-\d+">(.*?) <span', page)


@pytest.mark.parametrize(("locale", "title"), [("ko", "근무"), ("en", "Shifts")])
async def test_what_is_kept_is_given_as_a_page_a_workbook_and_json_and_each_time_is_on_record(
    house: House, locale: str, title: str
) -> None:
    boss, driver_id = await house.signed_in("boss"), house.site.drivers[0]
    await fill_in(
        boss, f"/drivers/{driver_id}/account", bank="004", bank_account="110-123-456789", bank_holder="<b>기사</b>"
    )
    path = f"/drivers/{driver_id}/data?lang={locale}"
    shown = (await boss.ask("POST", path, data={"form": "page"})).raw.decode()
    assert title in sections(shown)
    assert "110-123-456789" in shown
    assert "<b>기사</b>" not in shown
    assert re.findall(r"drivers\.data_\w+\.\w+", shown) == []
    book = await boss.ask("POST", path, data={"form": "xlsx"})
    with zipfile.ZipFile(io.BytesIO(book.raw)) as parts:
        assert b"110-123-456789" in parts.read("xl/sharedStrings.xml")
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name)
    told = await boss.ask("POST", path, data={"form": "json"})
    assert told.body["driver"][0]["bank_account"] == "110-123-456789"
    assert (await boss.ask("POST", path, data={"form": "exe"})).status == 422
    async with house.desk.look() as session:
        given = await session.scalars(select(AuditEntry.subject).where(AuditEntry.what == "driver.data_given"))
        assert list(given) == [str(driver_id)] * 3


@pytest.mark.parametrize(
    ("locale", "duty", "money"),
    [("ko", "먼저 퇴근시키세요", "0원이 되도록"), ("en", "Take him off duty", "until it is zero")],
)
async def test_who_cannot_be_erased_yet_is_named_with_everything_that_is_open_and_what_to_do(
    house: House, locale: str, duty: str, money: str
) -> None:
    boss, driver_id = await house.signed_in("boss"), house.site.drivers[0]
    async with house.desk.work() as work:
        await cashier.take_in(work, house.site.operator_id, driver_id, 5_000, "영수증 1")
    page = f"/drivers/{driver_id}?lang={locale}"
    key = re.search(r'name="key" value="([^"]+)"', (await boss.ask("GET", page)).raw.decode())
    assert key
    refused = await boss.ask(
        "POST", f"/drivers/{driver_id}/forget?lang={locale}", data={"key": key[1], "reason": "본인 요청"}
    )
    told = html.unescape(refused.raw.decode())
    assert refused.status == 409
    assert duty in told
    assert money in told
    assert 'value="본인 요청"' in told
    answer = await boss.api("POST", f"/drivers/{driver_id}/erase", {"reason": "x"})
    assert (answer.status, answer.code) == (409, "driver_unsettled")
    assert answer.body["details"]["because"] == "shift,balance"


async def test_a_driver_is_erased_on_his_page_with_his_files_and_his_log_in_and_it_stands_there(house: House) -> None:
    boss, driver_id = await house.signed_in("boss"), house.site.drivers[0]
    files = house.recordings.parent / "files"
    assert (await put(boss, driver_id, b"%PDF-1.7\n%%EOF\n")).status == 303
    phone = await house.driver(driver_id)
    order_id = (await house.order())["id"]
    (files / "cars").mkdir(parents=True, exist_ok=True)
    async with house.desk.work() as work:
        row = {"order_id": order_id, "stage": "before", "size": 1, "width": 1, "height": 1, "received_at": work.now}
        for of, side in ((driver_id, "front"), (house.site.drivers[1], "rear")):
            path = f"{of:040x}"
            (files / "cars" / path).write_bytes(b"1")
            work.session.add(
                CarPhoto(driver_id=of, side=side, sent_sha256="5" * 63 + str(of), sha256="6" * 64, path=path, **row)
            )
    await leaves(house)
    assert (await phone.api("GET", "/driver/me")).status == 200
    home = f"/drivers/{driver_id}"
    page = (await boss.ask("GET", home)).raw.decode()
    assert all(f'data-key="{key}"' in page for key in "plwj")
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    for _ in range(2):  # sent twice, it is done once
        gone = await boss.ask("POST", f"{home}/forget", data={"key": key[1], "reason": "본인 요청"})
        assert (gone.status, gone.headers["Location"]) == (303, f"{home}?done=erased")
    assert list((files / "documents").iterdir()) == []
    assert [path.name for path in (files / "cars").iterdir()] == [f"{house.site.drivers[1]:040x}"]
    async with house.desk.look() as session:
        assert (await session.scalars(select(DriverDocument))).all() == []
        assert (await session.get_one(Driver, driver_id)).name == f"지워진 기사 #{driver_id}"
    assert (await phone.api("GET", "/driver/me")).status == 401
    shown = (await boss.ask("GET", f"{home}?lang=en")).raw.decode()
    assert "were erased on" in shown
    assert "<form" not in shown.partition("<main")[2]
    again = await boss.api("POST", f"{home}/erase", {"reason": "x"})
    assert (again.status, again.code) == (409, "driver_erased")
    listed = (await boss.ask("GET", "/drivers?gone=yes")).raw.decode()
    assert f"지워진 기사 #{driver_id}" in listed
    assert await boss_sees_nobody(boss, driver_id)


async def boss_sees_nobody(boss: Visitor, driver_id: int) -> bool:
    """He stands in no list of drivers from which one chooses."""
    return driver_id not in [one["id"] for one in (await boss.api("GET", "/drivers")).body["items"]]


@pytest.mark.parametrize(("locale", "words"), [("ko", "다른 글에도"), ("en", "He is named elsewhere")])
async def test_what_names_him_elsewhere_is_read_before_he_is_erased(house: House, locale: str, words: str) -> None:
    """Seen failing with the erasure done at once, and with what was not looked at taken for read."""
    boss, driver_id = await house.signed_in("boss"), await leaves(house)
    customer_id = (await house.order(customer_name="김철수"))["customer"]["id"]
    async with house.desk.work() as work:
        him = await work.session.get_one(Driver, driver_id)
        him.name = "남궁별난"
        (await work.session.get_one(Customer, customer_id)).note = "<b>남궁별난</b> 기사님만"
    home = f"/drivers/{driver_id}"
    told = await boss.api("GET", f"{home}/mentions")
    assert told.body["items"] == [
        {
            "what": "customer",
            "id": customer_id,
            "page": f"/customers/{customer_id}",
            "words": "<b>남궁별난</b> 기사님만",
        }
    ]

    async def erase(**fields: str) -> tuple[int, str]:
        page = (await boss.ask("GET", f"{home}?lang={locale}")).raw.decode()
        key = re.search(r'name="key" value="([^"]+)"', page)
        assert key
        answer = await boss.ask("POST", f"{home}/forget?lang={locale}", data={"key": key[1], **fields})
        return answer.status, answer.raw.decode()

    status, page = await erase(reason="남궁별난 요청")
    assert (status, words in page) == (422, False)
    status, page = await erase(reason="본인 요청")
    assert (status, words in page) == (200, True)
    assert f'href="/customers/{customer_id}"' in page
    assert "&lt;b&gt;남궁별난&lt;/b&gt; 기사님만" in page
    mark = re.search(r'name="named" value="([^"]+)"', page)
    assert mark
    async with house.desk.work() as work:
        (await work.session.get_one(Customer, customer_id)).note = "남궁별난 기사님과 다툼"
    status, page = await erase(reason="본인 요청", named=mark[1])
    assert (status, "다툼" in page) == (409, True)
    mark = re.search(r'name="named" value="([^"]+)"', page)
    assert mark
    assert (await erase(reason="본인 요청", named=mark[1]))[0] == 303
    async with house.desk.look() as session:
        assert (await session.get_one(Driver, driver_id)).erased_at is not None
        assert (await session.get_one(Customer, customer_id)).note == "남궁별난 기사님과 다툼"
