"""A driver is forgotten: his name, numbers, account, papers, ways and words go from every table and from the disk; sums stay.

    erased = await erasure.erase(work, operator_id, driver_id, reason)
    ...after the commit, what still lies on the disk:  await erasure.files_to_remove(session);  await erasure.removed(work, id)

His row stays as nobody's, with a name that says so, so that each trip and each figure of the books still belongs to somebody. It
cannot be undone. What stays: the books' own reasons and the record (both written once, with ids and not names), and backups that
were made before (docs/drivers.md says what to do with those).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.customer import others_words, person_rows
from desk.customer.others_words import Mentions
from desk.driver.driver_access import house_language
from desk.driver.drivers import not_erased, of_office
from desk.driver_data import driver_rows, unsettled
from desk.driver_data.driver_rows import Numbers
from desk.errors import Conflict, Invalid
from desk.keeping import hiding
from desk.keeping.row_images import by_key, key_of, table_of
from desk.office.people import audit, operator_of
from desk.text import plain
from desk.work import Work
from locales.catalog import Catalog
from models import (
    Account,
    AdConsent,
    Call,
    CarCover,
    CarPhoto,
    ConsentNotice,
    Driver,
    DriverErasure,
    Entry,
    ImportKey,
    IncomingPart,
    IncomingText,
    Message,
    Order,
    Posting,
    Recording,
)

DOCUMENTS, PHOTOS, RECORDINGS = "documents", "cars", "recordings"
"""The folders of what goes from the disk; the first two are those of desk/keeping/kept_files.py."""
LATELY = timedelta(days=1)
"""Orders that consoles may still show."""
_GOES: Final = (
    "appeal",
    "weighing",
    "driver_grade",
    "driver_block",
    "paper_alarm",
    "driver_document",
    "driver_way",
    "driver_link",
    "driver_session",
    "driver_request",
    "campaign_left_out",
    "driver_phone",
    "driver_skill",
    "driver_group",
)
"""Tables whose rows of his go, in an order in which nothing names what is gone."""
_KEPT_ANSWERS: Final = {"idempotency_key": ("answer",), "driver_request": ("answer",)}
_LINES_OF_FILES: Final = {"import_row": ("cells", "given", "findings", "before", "after")}
_EMPTY: Final[Mapping[str, Any]] = dict.fromkeys(
    (
        "language", "free_since", "lat", "lon", "located_at", "heard_at", "done_lat", "done_lon", "done_at", "licence_number",
        "licence_until", "insurance_number", "insurance_until", "base_area", "works_days", "works_from", "works_until", "grade",
        "note", "bank", "bank_account", "bank_holder",
    )
)  # fmt: skip


class DriverUnsettled(Conflict):
    """Something is open between him and the office. `details["because"]` names it, by commas (desk/driver_data/unsettled.py)."""

    code = "driver_unsettled"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: rows by table, and in how many reasons of the books he may still be mentioned."""

    id: int
    counts: Mapping[str, int]
    in_books: int


async def erase(work: Work, operator_id: int, driver_id: int, reason: str) -> Erased:
    """Forget this driver. Raises what `check` does."""
    driver, numbers, why = await _asked(work, operator_id, driver_id, reason)
    return await _forget(work, operator_id, driver, numbers, why)


async def check(work: Work, operator_id: int, driver_id: int, reason: str) -> None:
    """Whether he could be erased now. Raises Invalid without a reason, NotFound, DriverErased, and DriverUnsettled."""
    await _asked(work, operator_id, driver_id, reason)


async def named(session: AsyncSession, office_id: int, driver_id: int) -> Mentions:
    """What other people wrote elsewhere that names him; an erasure leaves it. Raises NotFound."""
    driver = await of_office(session, office_id, driver_id)
    if driver.erased_at is not None:
        return Mentions()
    numbers = await driver_rows.numbers_of(session, driver)
    changes: dict[str, set[int]] = defaultdict(set, driver={driver_id})
    async for table, rows in driver_rows.around(session, driver_id):
        changes[table.name].update(row["id"] for row in rows if "id" in row)
    for name, where in (
        ("message", driver_rows.texts_to(driver, numbers)),
        ("incoming_text", driver_rows.texts_from(driver, numbers)),
        ("call", driver_rows.calls_from(driver, numbers)),
    ):
        changes[name].update(await session.scalars(select(table_of(name).c.id).where(where)))
    return await others_words.naming(session, office_id, numbers.own, _said_of(driver), changes)


async def _asked(work: Work, operator_id: int, driver_id: int, reason: str) -> tuple[Driver, Numbers, str]:
    """He, held; his numbers, and the reason."""
    why = plain(reason, 200)
    if not why:
        raise Invalid("say why", field="reason")
    operator = await operator_of(work, operator_id)
    driver = await of_office(work.session, operator.office_id, driver_id)
    # Held against everybody, also against rows that would point at him from now on.
    await work.session.refresh(driver, with_for_update=True)
    work.has_waited()
    not_erased(driver)
    if driver.name in why:
        raise Invalid("the reason stays: it must not name him", field="erase_reason")
    numbers = await driver_rows.numbers_of(work.session, driver)
    because = await unsettled.of_driver(work, driver, numbers)
    if because:
        raise DriverUnsettled("something of his is still open", because=",".join(because))
    return driver, numbers, why


async def files_to_remove(session: AsyncSession) -> list[tuple[int, list[str]]]:
    """What still lies on the disk of drivers who were erased: (erasure, files as "folder/name")."""
    query = select(DriverErasure.id, DriverErasure.files).where(DriverErasure.files_gone_at.is_(None))
    return [(row.id, list(row.files)) for row in await session.execute(query.order_by(DriverErasure.id))]


async def removed(work: Work, erasure_id: int) -> None:
    """The files of an erasure are gone."""
    gone = update(DriverErasure).where(DriverErasure.id == erasure_id)
    await work.session.execute(gone.values(files=[], files_gone_at=work.now))


async def _forget(work: Work, operator_id: int, driver: Driver, numbers: Numbers, why: str) -> Erased:
    session, driver_id, office_id = work.session, driver.id, driver.office_id
    name = Catalog.load(await house_language(session, office_id)).text("drivers.erased", number=driver_id)
    rows = await driver_rows.of_driver(session, driver, numbers)
    files = _files(rows)
    said = _said_of(driver)
    pattern = person_rows.spelled(numbers.own, said)
    lately = select(Order.id).where(Order.id.in_(driver_rows.orders_of(driver_id)), Order.closed_at > work.now - LATELY)
    shown = (await session.scalars(lately)).all()
    in_books = await _in_books(session, driver, numbers)
    await session.flush()
    await hiding.overwrite_what_goes(session, secure=True)
    counts = await _hide_in_words(session, driver_id, pattern)
    mentions = await _hide_in_answers(session, driver, numbers, said, pattern)
    counts = {table: counts.get(table, 0) + mentions.get(table, 0) for table in {*counts, *mentions}}
    counts |= {f"{table} (text)": count for table, count in (await _empty_texts(session, driver, numbers)).items()}
    for table, count in (await _take_away(session, driver_id)).items():
        counts[table] = counts.get(table, 0) + count
    await _become_nobody(work, driver_id, name)
    session.expunge_all()
    counts = {table: count for table, count in sorted(counts.items()) if count}
    row = DriverErasure(
        office_id=office_id,
        driver_id=driver_id,
        at=work.now,
        operator_id=operator_id,
        reason=why,
        counts=counts,
        files=files,
        files_gone_at=None if files else work.now,
    )
    session.add(row)
    audit(work, operator_id, "driver.erased", str(driver_id), {"rows": counts, "files": len(files)})
    await session.flush()
    await hiding.overwrite_what_goes(session, secure=False)
    work.tell(events.PapersTold(work.now, office_id))
    for order_id in shown:
        work.tell(events.OrderChanged(work.now, order_id, operator_id))
    return Erased(row.id, counts, in_books)


def _said_of(driver: Driver) -> list[str]:
    """Words by which he is found in texts."""
    words = [driver.name, driver.bank_holder, driver.bank_account, driver.licence_number, driver.insurance_number]
    said = [word for word in words if word and len(word) > 1]
    if driver.bank_account:
        said.append(driver.bank_account.replace("-", ""))
    return said


def _files(rows: driver_rows.Rows) -> list[str]:
    """What goes from the disk. A document that was taken away lies there no more, or is swept."""
    folders = {"driver_document": DOCUMENTS, "car_photo": PHOTOS, "recording": RECORDINGS}
    return [f"{folder}/{row['path']}" for table, folder in folders.items() for row in rows[table] if row["path"]]


async def _hide_in_words(session: AsyncSession, driver_id: int, pattern: re.Pattern[str] | None) -> dict[str, int]:
    """What others wrote around his trips, without him."""
    counts: dict[str, int] = {}
    async for table, rows in driver_rows.around(session, driver_id):
        for row in rows:
            changes = hiding.hidden(table, row, pattern)
            if changes:
                await session.execute(update(table).where(*by_key(table, key_of(table, row))).values(**changes))
                counts[table.name] = counts.get(table.name, 0) + 1
    return counts


async def _hide_in_answers(
    session: AsyncSession, driver: Driver, numbers: Numbers, said: Sequence[str], pattern: re.Pattern[str] | None
) -> dict[str, int]:
    """Kept answers and files name people without a foreign key: those that have him, his number, or his account."""
    counts: dict[str, int] = {}
    imported, imports = table_of("import_row"), table_of("import")
    of_drivers = select(imports.c.id).where(imports.c.kind == "drivers")
    mine = (imported.c.subject_id == driver.id, imported.c.import_id.in_(of_drivers))
    blank: dict[str, Any] = {"cells": None, "given": None, "findings": None, "before": {}, "after": {}}
    done = await session.execute(update(imported).where(*mine).values(**blank).returning(imported.c.line))
    counts["import_row"] = len(done.all())
    await session.execute(delete(ImportKey).where(ImportKey.key.in_(numbers.own)))
    escaped = [json.dumps(word)[1:-1] for word in said]  # as JSON is written down
    brief = f'"number": "{driver.number}", "name": '
    for name, columns in {**_KEPT_ANSWERS, **_LINES_OF_FILES}.items():
        table = table_of(name)
        texts = [cast(table.c[column], String) for column in columns]
        where = [*(each.contains(word, autoescape=True) for each in texts for word in (brief, *said, *escaped)),
                 *person_rows.mentions(texts, numbers.own)]  # fmt: skip
        for row in (await session.execute(select(table).where(or_(*where)))).mappings().all():
            changes = hiding.hidden(table, row, pattern)
            if changes:
                await session.execute(update(table).where(*by_key(table, key_of(table, row))).values(**changes))
                counts[name] = counts.get(name, 0) + 1
    return counts


async def _empty_texts(session: AsyncSession, driver: Driver, numbers: Numbers) -> dict[str, int]:
    """Texts to him and from him, and his calls."""
    ours = IncomingText.id.in_(select(IncomingText.id).where(driver_rows.texts_from(driver, numbers)))
    his = select(IncomingText.id).where(driver_rows.texts_from(driver, numbers))
    to_him = select(Message.id).where(driver_rows.texts_to(driver, numbers))
    calls = select(Call.id).where(driver_rows.calls_from(driver, numbers))
    nobody = {"number": None, "presentation": "unavailable", "caller_name": None, "choice_text": None}
    did = {
        "recording": delete(Recording).where(Recording.call_id.in_(calls)).returning(Recording.id),
        "message": update(Message)
        .where(Message.id.in_(to_him))
        .values(text="", detail=None, recipient="")
        .returning(Message.id),
        "ad_consent": delete(AdConsent)
        .where(AdConsent.office_id == driver.office_id, AdConsent.number.in_(numbers.own))
        .returning(AdConsent.id),
        "consent_notice": delete(ConsentNotice)
        .where(ConsentNotice.office_id == driver.office_id, ConsentNotice.number.in_(numbers.own))
        .returning(ConsentNotice.id),
        "consent": update(AdConsent).where(AdConsent.text_id.in_(his)).values(text_id=None).returning(AdConsent.id),
        "incoming_part": delete(IncomingPart).where(IncomingPart.text_id.in_(his)).returning(IncomingPart.id),
        "incoming_text": delete(IncomingText).where(ours).returning(IncomingText.id),
        "call": update(Call).where(driver_rows.calls_from(driver, numbers)).values(nobody).returning(Call.id),
    }
    options = {"synchronize_session": False}
    return {name: len((await session.execute(each, execution_options=options)).all()) for name, each in did.items()}


async def _take_away(session: AsyncSession, driver_id: int) -> dict[str, int]:
    """His own rows; of photos of cars and of what covered them the fact stays that there were some."""
    counts = {}
    for name in _GOES:
        table = table_of(name)
        gone = await session.execute(delete(table).where(table.c.driver_id == driver_id).returning(*table.primary_key))
        counts[name] = len(gone.all())
    covers = update(CarCover).where(CarCover.driver_id == driver_id)
    await session.execute(covers.values(insurance_number=None, insurance_until=None))
    return counts


async def _become_nobody(work: Work, driver_id: int, name: str) -> None:
    photos = update(CarPhoto).where(CarPhoto.driver_id == driver_id, CarPhoto.path.is_not(None))
    await work.session.execute(photos.values(path=None, erased_at=work.now))
    nobody = {
        "number": f"-{driver_id}",  # no driver is registered with a hyphen, and the office may give his number to another
        "name": name,
        "phone": "",
        "state": "off",
        "by_text": False,
        "erased_at": work.now,
        "disabled_at": func.coalesce(Driver.disabled_at, work.now),
        "payee_version": Driver.payee_version + 1,
    }
    await work.session.execute(update(Driver).where(Driver.id == driver_id).values({**_EMPTY, **nobody}))


async def _in_books(session: AsyncSession, driver: Driver, numbers: Numbers) -> int:
    """How many reasons in the books of his trips or of his account may mention him."""
    on_account = exists().where(
        Posting.entry_id == Entry.id,
        Posting.account_id == Account.id,
        Account.kind == "driver",
        Account.owner_id == driver.id,
    )
    where: list[ColumnElement[bool]] = [Entry.evidence.contains(driver.name, autoescape=True)]
    where += person_rows.mentions([Entry.evidence], numbers.own)
    about_him = or_(on_account, Entry.order_id.in_(driver_rows.orders_of(driver.id)))
    return int(await session.scalar(select(func.count(Entry.id)).where(and_(about_him, or_(*where)))) or 0)
