"""What people, drivers and telephones do on a night, each one deed a transaction: asked for by plain values, and answered so.

A deed is asked for by its name and its values, so that whoever takes over after a crash can ask for the same again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from desk.books import cashier, credit_accounts
from desk.books.credit import CASH, Payment
from desk.call import calls
from desk.customer import erasure, merging
from desk.dispatching import dispatch, searching
from desk.driver import driver_access, vehicle_proof
from desk.driver.car_pictures import Picture
from desk.driver_page import driver_trips
from desk.events import CallSeen
from desk.importing import reading, staging
from desk.importing.staging import File
from desk.keeping import kept_files
from desk.message import campaigns, incoming_texts
from desk.message.audiences import Pick
from desk.message.campaigns import Letter
from desk.ordering import drafts, orders, place_links
from desk.ordering.orders import PlaceText, TakeOrder
from desk.texts.text_came import TextCame
from desk.work import Desk, Work
from models import CustomerPhone, Import, NextOrder
from tests.site import GANGNAM, Site

PAGE = "https://desk.example/driver"
LINES = 250
"""Of a file of customers: three batches."""
Told = dict[str, Any]
Deed = Callable[..., Awaitable[Told]]


async def order(work: Work, site: Site, key: str, number: str, booked: bool, firm: int | None, place: int) -> Told:
    """A new order, for now or booked, in cash or on account; no two begin at one place, or they would be a crowd."""
    form = TakeOrder(
        PlaceText(f"강남역 {place}", GANGNAM[0] + place % 97 / 2000, GANGNAM[1] + place % 89 / 2000),
        destination=PlaceText("판교역"),
        number=number,
        customer_name=f"손님 {number[3:]}",
        fare=20_000,
        note=f"once:{key}",
        wanted="+40" if booked else None,
        payment=CASH if firm is None else Payment("account", firm),
    )
    return {"order_id": (await orders.take(work, site.operator_id, form)).id}


async def search(work: Work, site: Site, order_id: int) -> Told:
    await searching.start(work, site.operator_id, order_id, "확인함")
    return {}


async def give(work: Work, site: Site, order_id: int, driver_id: int) -> Told:
    """Now, or as his next one."""
    got = await dispatch.assign(work, site.operator_id, order_id, driver_id)
    return {"next": isinstance(got, NextOrder)}


async def release(work: Work, site: Site, order_id: int) -> Told:
    await dispatch.release(work, site.operator_id, order_id, "기사 사정")
    return {}


async def cancel(work: Work, site: Site, order_id: int) -> Told:
    await orders.cancel(work, site.operator_id, order_id, "손님 취소")
    return {}


async def complete(work: Work, site: Site, order_id: int) -> Told:
    await orders.complete(work, site.operator_id, order_id)
    return {}


async def step(work: Work, site: Site, order_id: int, driver_id: int, to: str) -> Told:
    """The driver goes on; to "no_show" after he has called twice."""
    await driver_trips.step(work, driver_id, order_id, to, 2)
    return {}


async def accept(work: Work, site: Site, driver_id: int, offer_id: int) -> Told:
    await driver_trips.accept(work, driver_id, offer_id)
    return {}


async def text_in(work: Work, site: Site, sender: str, words: str) -> Told:
    """A text comes in, twice over two links."""
    octets = words.encode("utf-16-be")
    identity = hashlib.sha256(f"{sender} {words}".encode()).hexdigest()[:40]
    for link in ("a", "b"):
        came = TextCame(identity, link, sender, "15880001", octets, "ucs2")
        text = await incoming_texts.take(work, "smpp", came)
        assert text is not None
    return {"text_id": text.id, "identity": identity}


async def campaign(work: Work, site: Site, words: str) -> Told:
    """A notice to all drivers."""
    sent = await campaigns.send(work, site.operator_id, Letter(Pick(drivers=site.drivers), words))
    return {"campaign_id": sent.id}


async def firm_pays(work: Work, site: Site, firm: int, amount: int, reference: str) -> Told:
    return {
        "entry_id": (await credit_accounts.take_payment(work, site.operator_id, firm, amount, reference)).id,
        "booked": f"payment:{reference}",
    }


async def driver_pays(work: Work, site: Site, driver_id: int, amount: int, reference: str) -> Told:
    entry = await cashier.take_in(work, site.operator_id, driver_id, amount, reference)
    return {"entry_id": entry.id, "booked": f"top_up:{reference}"}


async def pay_out(work: Work, site: Site, driver_id: int, amount: int) -> Told:
    """One asks and another one approves."""
    asked = await cashier.ask(work, site.operator_id, driver_id, amount)
    entry = await cashier.approve(work, site.colleague_id, asked.id)
    return {"entry_id": entry.id, "booked": f"withdrawal:ask {asked.id}"}


async def close_month(work: Work, site: Site, year: int, month: int) -> Told:
    return {"period_id": (await cashier.close_month(work, site.operator_id, year, month)).id}


async def merge(work: Work, site: Site, one: int, other: int) -> Told:
    return {"merge_id": await merging.merge(work, site.operator_id, one, other, one)}


async def unmerge(work: Work, site: Site, merge_id: int) -> Told:
    return {"back": await merging.undo(work, site.operator_id, merge_id)}


async def erase(work: Work, site: Site, customer_id: int) -> Told:
    """The answer tells nobody's number but the history's, which stands outside of the desk."""
    await erasure.erase(work, site.operator_id, customer_id, "본인 요청")
    return {"customer_id": customer_id}


async def numbers_of(desk: Desk, customer_id: int) -> list[str]:
    async with desk.look() as session:
        return list(await session.scalars(select(CustomerPhone.number).where(CustomerPhone.customer_id == customer_id)))


async def ring(work: Work, site: Site, reference: str) -> Told:
    """A call, for whose form there will be a draft."""
    seen = CallSeen(work.now, "pbx", reference, "15880001", "01055590001", None, linkedid=reference)
    return {"call_id": (await calls.open_call(work, seen)).id}


async def draft(work: Work, site: Site, call_id: int, version: int) -> Told:
    await drafts.keep(work, site.operator_id, site.office_id, call_id, {"version": version})
    return {}


async def driver_link(work: Work, site: Site, driver_id: int) -> Told:
    message = await driver_access.send_link(work, site.operator_id, driver_id, PAGE)
    return {"token": message.text.partition("#")[2].split()[0]}


async def driver_in(work: Work, site: Site, token: str, key: str) -> Told:
    return {"driver_id": (await driver_access.sign_in(work, token, key)).driver_id}


async def place_link(work: Work, site: Site, order_id: int) -> Told:
    message = await place_links.send(work, site.operator_id, order_id, "https://desk.example/here")
    return {"token": message.text.partition("#")[2].split()[0]}


async def here(work: Work, site: Site, token: str, key: str) -> Told:
    """The caller's telephone says where it is."""
    shown = await place_links.show(work, token, GANGNAM[0], GANGNAM[1], 12.0, key)
    return {"shown": shown.order_id}


async def take_in(work: Work, site: Site, import_id: int) -> Told:
    await staging.start(work, site.office_id, import_id, site.operator_id)
    return {}


async def take_back(work: Work, site: Site, import_id: int) -> Told:
    await staging.undo(work, site.office_id, import_id, site.operator_id)
    return {}


DEEDS: dict[str, Deed] = {
    each.__name__: each
    for each in (
        order, search, give, release, cancel, complete, step, accept, text_in, campaign, firm_pays, driver_pays, pay_out,
        close_month, merge, unmerge, erase, ring, draft, driver_link, driver_in, place_link, here, take_in, take_back,
    )
}  # fmt: skip


async def photo(desk: Desk, folder: Path, driver_id: int, order_id: int, side: str, look: int) -> Told:
    """A photo of the car: a file and its row."""
    raw = b"\xff\xd8\xff" + f"{order_id} {side} {look}".encode() * 4000
    digest = hashlib.sha256(raw).hexdigest()
    picture = Picture(raw, 640, 480, digest, digest)

    async def keep(path: str) -> bool:
        return await desk.do(
            lambda work: vehicle_proof.add_photo(work, driver_id, order_id, "before", side, picture, path, PAGE)
        )

    await kept_files.with_row(folder, raw, keep)
    return {"sent": digest}


async def file(desk: Desk, site: Site, name: str, first: int) -> Told:
    """A file of customers is laid beside the desk's rows."""
    lines = ["이름,전화", *(f"명부 {name},0103{first + n:07}" for n in range(LINES))]
    raw = "\n".join(lines).encode()
    table = reading.read(raw)
    return {
        "import_id": await staging.stage(desk, site.office_id, site.operator_id, "customers", File.of(name, raw), table)
    }


async def stands(desk: Desk, import_id: int) -> str:
    """What a file has come to."""
    async with desk.look() as session:
        return (await session.get_one(Import, import_id)).state
