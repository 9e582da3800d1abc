"""One person is forgotten: his name, numbers, places and words go from every table and from the disk; trips and sums stay.

    erased = await erasure.erase(work, operator_id, customer_id, reason)
    ...after the commit, what still lies on the disk:  await erasure.files_to_remove(session);  await erasure.removed(work, id)

His row stays as nobody's, so that each order and each figure of the books still belongs to somebody. It cannot be undone. What
stays: the books' own reasons and the record (both written once, with ids and not names), backups that were made before, and the
recorder's tape where one runs (docs/customers.md says what to do with those).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, String, cast, delete, false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.customer import others_words, person_rows
from desk.customer.customer_deeds import held, not_forgotten
from desk.customer.others_words import Mentions
from desk.errors import Conflict, Invalid, NotFound
from desk.keeping import customer_words, hiding
from desk.keeping.row_images import by_key, key_of, table_of
from desk.office.people import audit
from desk.text import plain
from desk.work import Work
from models import Customer, CustomerMerge, Entry, Erasure, ImportKey, MergedRow

NOWHERE: Final = "-"
_OPEN_TEXTS = ("queued", "sending")
_GOES: Final = (
    "task_try",
    "task",
    "call_draft",
    "segment_member",
    "credit_rider",
    "recording",
    "place_link",
    "car_link",
    "car_photo",
    "car_reading",
    "car_skip",
    "car_cover",
    "driver_way",
    "ad_consent",
    "consent_notice",
    "campaign_left_out",
    "standing_recipient",
    "standing_left_out",
    "incoming_part",
    "incoming_text",
    "way_point",
    "place",
    "customer_phone",
    "former_number",
)
"""Tables whose rows go, in an order in which nothing names what is gone."""
_TEXT_OF: Final = {"incoming_text": "id", "incoming_part": "text_id"}
_NO_PIN = {"lat": None, "lon": None}
_ORIGIN = {f"origin_{name}": None for name in (*_NO_PIN, "accuracy_m")} | {"origin_text": NOWHERE, "origin_area": ""}
_DESTINATION = {f"destination_{name}": None for name in (*_NO_PIN, "text", "source", "area")}
_BECOMES: Final[Mapping[str, Mapping[str, Any]]] = {
    "customer": {"name": "", "grade": None, "note": None, "language": None, "blocked_reason": None},
    "call": {
        "number": None,
        "presentation": "unavailable",
        "caller_name": None,
        "choice_text": None,
        "choice_place_id": None,
    },
    "order": {"number": None, "note": None, "cost_centre": None, "details": {}, **_ORIGIN, **_DESTINATION},
    "order_step": {"reason": None},
    "order_change": {"before": None, "after": None},
    "assignment": {"reason": None},
    "customer_deed": {"words": None},
}
"""What the columns of a reached row become."""
# Kept answers and files name people without a foreign key; they are looked through for his numbers and his name.
_LOOKED_THROUGH: Final = {
    "idempotency_key": ("answer",),
    "driver_request": ("answer",),
    "import_row": ("cells", "given", "findings", "before", "after"),
}


class StillLive(Conflict):
    """Something of his is under way. `details["because"]` is "order", "call" or "message"."""

    code = "customer_live"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: rows by table, and in how many reasons of the books he may still be mentioned."""

    id: int
    counts: Mapping[str, int]
    in_books: int


async def erase(work: Work, operator_id: int, customer_id: int, reason: str) -> Erased:
    """Forget this customer. Raises what `check` does."""
    customer, why = await _asked(work, operator_id, customer_id, reason)
    numbers = await person_rows.numbers_of(work.session, customer.id)
    spans = await person_rows.spans_of(work.session, customer)
    reached = await person_rows.of_customer(work.session, customer, spans)
    _check_nothing_is_live(reached)
    names = [customer.name] if customer.name else []
    words = [*names, *_places(reached)]
    await hiding.overwrite_what_goes(work.session, secure=True)
    counts, files = await _forget_rows(work, customer.id, reached, [span.number for span in spans], names)
    for table, columns in _LOOKED_THROUGH.items():
        counts[table] = counts.get(table, 0) + await _forget_mentions(work, customer_id, table, columns, numbers, words)
    await work.session.execute(delete(ImportKey).where(ImportKey.key.in_(numbers)))
    await _forget_merges(work, customer.id)
    work.session.expunge_all()
    connection = await work.session.connection()
    await connection.run_sync(lambda sync: customer_words.write(sync, [customer_id]))
    counts = {table: count for table, count in sorted(counts.items()) if count}
    row = Erasure(
        office_id=customer.office_id,
        customer_id=customer_id,
        at=work.now,
        operator_id=operator_id,
        reason=why,
        counts=counts,
        files=files,
        files_gone_at=None if files else work.now,
    )
    work.session.add(row)
    audit(work, operator_id, "customer.erased", f"customer {customer_id}", {"rows": counts, "files": len(files)})
    await work.session.flush()
    await hiding.overwrite_what_goes(work.session, secure=False)
    for order in reached.get("order", ()):
        work.tell(events.OrderChanged(work.now, order["id"], operator_id))
    return Erased(row.id, counts, await _in_books(work.session, reached, numbers, names))


async def check(work: Work, operator_id: int, customer_id: int, reason: str) -> None:
    """Whether he could be erased now. Raises Invalid without a reason, NotFound, Forgotten, and StillLive."""
    customer, _ = await _asked(work, operator_id, customer_id, reason)
    spans = await person_rows.spans_of(work.session, customer)
    _check_nothing_is_live(await person_rows.of_customer(work.session, customer, spans))


async def named(session: AsyncSession, office_id: int, customer_id: int) -> Mentions:
    """What other people wrote elsewhere that names him; an erasure leaves it. Raises NotFound."""
    customer = await session.get(Customer, customer_id)
    if customer is None or customer.office_id != office_id:
        raise NotFound(f"there is no customer {customer_id}", customer_id=customer_id)
    spans = await person_rows.spans_of(session, customer)
    reached = await person_rows.of_customer(session, customer, spans)
    numbers = [span.number for span in spans]
    changes = {
        name: {row["id"] for row in rows if "id" in row and (name != "incoming_text" or row["sender"] in numbers)}
        for name, rows in reached.items()
    }
    names = [customer.name] if customer.name else []
    return await others_words.naming(session, office_id, numbers, names, changes)


async def files_to_remove(session: AsyncSession) -> list[tuple[int, list[str]]]:
    """Recordings of forgotten people that still lie on the disk: (erasure, file names)."""
    query = select(Erasure.id, Erasure.files).where(Erasure.files_gone_at.is_(None)).order_by(Erasure.id)
    return [(row.id, list(row.files)) for row in await session.execute(query)]


async def removed(work: Work, erasure_id: int) -> None:
    """The files of an erasure are gone."""
    await work.session.execute(update(Erasure).where(Erasure.id == erasure_id).values(files=[], files_gone_at=work.now))


async def _asked(work: Work, operator_id: int, customer_id: int, reason: str) -> tuple[Customer, str]:
    """He, held, and the reason."""
    why = plain(reason, 200)
    if not why:
        raise Invalid("say why", field="reason")
    customer, _ = await held(work, operator_id, customer_id)
    await not_forgotten(work, customer)
    if customer.name and customer.name in why:
        raise Invalid("the reason stays: it must not name him", field="reason")
    await work.session.flush()
    return customer, why


def _check_nothing_is_live(reached: person_rows.Rows) -> None:
    if any(order["closed_at"] is None for order in reached.get("order", ())):
        raise StillLive("an order of his is not closed", because="order")
    if any(call["state"] != "ended" for call in reached.get("call", ())):
        raise StillLive("he is on the telephone", because="call")
    if any(message["state"] in _OPEN_TEXTS for message in reached.get("message", ())):
        raise StillLive("a text to him is on its way", because="message")


async def _forget_rows(
    work: Work, customer_id: int, reached: person_rows.Rows, numbers: list[str], names: list[str]
) -> tuple[dict[str, int], list[str]]:
    """Of each table how many rows; and the recordings' files."""
    counts: dict[str, int] = {}
    files = [row["path"] for row in reached.get("recording", ())]
    pattern = person_rows.spelled(numbers, names)
    for name, rows in reached.items():
        if name in _GOES or name == "customer_words":
            continue
        table = table_of(name)
        for row in rows:
            changes = {**hiding.hidden(table, row, pattern), **_becomes(name, row, numbers)}
            changes = {column: value for column, value in changes.items() if row[column] != value}
            if changes:
                await work.session.execute(update(table).where(*by_key(table, key_of(table, row))).values(**changes))
                counts[name] = counts.get(name, 0) + 1
    his_texts = {row["id"] for row in reached.get("incoming_text", ()) if row["sender"] in numbers}
    for name in _GOES:
        table = table_of(name)
        for row in reached.get(name, ()):
            if name in _TEXT_OF and row[_TEXT_OF[name]] not in his_texts:
                continue  # a driver's answer to an offer of his order
            await work.session.execute(delete(table).where(*by_key(table, key_of(table, row))))
            counts[name] = counts.get(name, 0) + 1
    imported = table_of("import_row")
    mine = (imported.c.subject_id == customer_id, imported.c.import_id.in_(_imports_of_customers()))
    blank: dict[str, Any] = {"cells": None, "given": None, "findings": None, "before": {}, "after": {}}
    done = await work.session.execute(update(imported).where(*mine).values(**blank).returning(imported.c.line))
    counts["import_row"] = len(done.all())
    return counts, files


def _places(reached: person_rows.Rows) -> list[str]:
    """How his places read, the longest first: one may stand in another."""
    texts = {row["text"] for name in ("place", "way_point") for row in reached.get(name, ())}
    texts |= {text for row in reached.get("place", ()) for text in row["former"].splitlines()}
    texts |= {row[end] for row in reached.get("order", ()) for end in ("origin_text", "destination_text") if row[end]}
    return sorted(texts, key=len, reverse=True)


def _imports_of_customers() -> Any:
    imports = table_of("import")
    return select(imports.c.id).where(imports.c.kind == "customers")


def _becomes(name: str, row: RowMapping, numbers: list[str]) -> dict[str, Any]:
    if name != "message":
        return dict(_BECOMES.get(name, {}))
    to_him = row["audience"] == "customer" or row["recipient"] in numbers
    return {"text": "", "detail": None, **({"recipient": ""} if to_him else {})}


async def _forget_mentions(
    work: Work, customer_id: int, name: str, columns: tuple[str, ...], numbers: list[str], words: list[str]
) -> int:
    """In what has his number, or the brief of his orders; his name or a place alone may be many people's."""
    table = table_of(name)
    texts = [cast(table.c[column], String) for column in columns]
    brief = f'"customer": {{"id": {customer_id},'
    where = or_(*(each.contains(brief, autoescape=True) for each in texts), *person_rows.mentions(texts, numbers))
    pattern = person_rows.spelled(numbers, words)
    if pattern is None:
        return 0
    count = 0
    for row in (await work.session.execute(select(table).where(where))).mappings().all():
        changes = hiding.hidden(table, row, pattern)
        if changes:
            await work.session.execute(update(table).where(*by_key(table, key_of(table, row))).values(**changes))
            count += 1
    return count


async def _forget_merges(work: Work, customer_id: int) -> None:
    """A merge that he was part of is undone no more: what it would be undone with is about him."""
    about = or_(CustomerMerge.kept_id == customer_id, CustomerMerge.gone_id == customer_id)
    mine = select(CustomerMerge.id).where(about)
    await work.session.execute(delete(MergedRow).where(MergedRow.merge_id.in_(mine)))
    await work.session.execute(update(CustomerMerge).where(about).values(forgotten_at=work.now))


async def _in_books(session: AsyncSession, reached: person_rows.Rows, numbers: list[str], names: list[str]) -> int:
    orders = [row["id"] for row in reached.get("order", ())]
    named = [Entry.evidence.contains(name, autoescape=True) for name in names]
    where = or_(false(), *named, *person_rows.mentions([Entry.evidence], numbers))
    return int(await session.scalar(select(func.count()).where(Entry.order_id.in_(orders), where)) or 0)
