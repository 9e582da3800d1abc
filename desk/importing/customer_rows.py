"""Customers from a file: joined by any of their numbers to whom the desk knows, else new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.importing import ad_words, lines
from desk.importing.ad_words import Entry
from desk.importing.lines import Finding, Understood
from desk.importing.plan import Done, Image, Plan
from desk.importing.references import referred
from desk.importing.table import Cell
from desk.keeping import customer_words
from desk.work import Work, utc_now
from models import AdConsent, Base, Call, CustomerPhone, CustomerWords, Order

FIELDS = ("name", "grade", "note", "language")
SOURCE = "import"
_PARTS = ("customer_phone", "place", "customer_words")
_customer, _phone, _place = (Base.metadata.tables[name] for name in ("customer", "customer_phone", "place"))


def understand(cells: Sequence[Cell], mapping: Sequence[str | None], country: str, trade: str) -> Understood:
    """See Rows."""
    return lines.customer(cells, mapping, country)


async def plan(
    session: AsyncSession,
    office_id: int,
    given: Sequence[tuple[int, dict[str, Any]]],
    *,
    overwrite: bool,
    hold: bool,
) -> list[Plan]:
    """See Rows."""
    numbers = sorted({number for _, told in given for number in told["numbers"]})
    query = select(CustomerPhone.number, CustomerPhone.customer_id).where(
        CustomerPhone.office_id == office_id, CustomerPhone.number.in_(numbers)
    )
    owners = {row.number: row.customer_id for row in await session.execute(query)}
    there = dict(await images(session, sorted(set(owners.values())), hold=hold))
    known = await _consents(session, office_id, numbers)
    return [_planned(line, told, owners, there, known, overwrite=overwrite) for line, told in given]


def _planned(
    line: int,
    told: dict[str, Any],
    owners: Mapping[str, int],
    there: dict[int, Image],
    known: Mapping[str, Entry],
    *,
    overwrite: bool,
) -> Plan:
    ids = sorted({owners[number] for number in told["numbers"] if number in owners} & there.keys())
    if len(ids) > 1:
        names = ", ".join(there[each]["name"] or "-" for each in ids)
        return Plan(line, "refused", findings=[Finding("two_customers", None, names[:80])])
    if not ids:
        after = {name: told[name] for name in FIELDS} | {"name": told["name"] or ""}
        after |= {"numbers": sorted(told["numbers"]), "places": sorted(told["places"])}
        after |= {"ads": ad_words.merged(after["numbers"], known, told.get("ads"), utc_now())}
        return Plan(line, "created", None, None, after)
    before = there[ids[0]]
    after = {name: told[name] if told[name] and (overwrite or not before[name]) else before[name] for name in FIELDS}
    after |= {part: sorted({*before[part], *told[part]}) for part in ("numbers", "places")}
    of_him = {**{entry[0]: entry for entry in before["ads"]}, **known}
    after |= {"ads": ad_words.merged(after["numbers"], of_him, told.get("ads"), utc_now())}
    there[ids[0]] = after
    return Plan(line, "unchanged" if after == before else "updated", ids[0], before, after)


async def do(work: Work, office_id: int, plans: Sequence[Plan]) -> None:
    """See Rows. Written past the session, many at a time; the words by which they are found as well."""
    created = [one for one in plans if one.outcome == "created"]
    if created:
        values = [
            {name: (one.after or {})[name] for name in FIELDS}
            | {"office_id": office_id, "created_at": work.now, "trips": 0, "cancels": 0, "version": 1}
            for one in created
        ]
        query = insert(_customer).returning(_customer.c.id, sort_by_parameter_order=True)
        ids = (await work.session.scalars(query, values)).all()
        for one, customer_id in zip(created, ids, strict=True):
            one.subject_id = customer_id
    updated = [one for one in plans if one.outcome == "updated"]
    for one in updated:
        await _change(work, one.subject_id, one.before or {}, one.after or {})
    await _add_parts(work, office_id, [*created, *updated])
    for one in (*created, *updated):
        await _say_ads(work, office_id, (one.before or {}).get("ads", []), (one.after or {})["ads"])
    await _find(work, [one.subject_id for one in created], [one.subject_id for one in updated])


async def images(session: AsyncSession, ids: Sequence[int], *, hold: bool) -> Mapping[int, Image]:
    """See Rows."""
    query = select(_customer.c.id, *(_customer.c[name] for name in FIELDS)).where(_customer.c.id.in_(ids))
    if hold:
        query = query.order_by(_customer.c.id).with_for_update()
    found: dict[int, Image] = {
        row.id: {name: getattr(row, name) for name in FIELDS} | {"numbers": [], "places": [], "ads": []}
        for row in await session.execute(query)
    }
    for part, column, table in (("numbers", _phone.c.number, _phone), ("places", _place.c.text, _place)):
        told: dict[int, set[str]] = defaultdict(set)
        for customer_id, value in await session.execute(
            select(table.c.customer_id, column).where(table.c.customer_id.in_(ids))
        ):
            told[customer_id].add(value)
        for customer_id, image in found.items():
            image[part] = sorted(told[customer_id])
    his_number = (CustomerPhone.office_id == AdConsent.office_id) & (CustomerPhone.number == AdConsent.number)
    said = select(CustomerPhone.customer_id, AdConsent).join(AdConsent, his_number)
    for customer_id, row in await session.execute(
        said.where(CustomerPhone.customer_id.in_(ids)).order_by(AdConsent.number)
    ):
        found[customer_id]["ads"].append(_entry(row))
    return found


async def _consents(session: AsyncSession, office_id: int, numbers: Sequence[str]) -> dict[str, Entry]:
    query = select(AdConsent).where(AdConsent.office_id == office_id, AdConsent.number.in_(numbers))
    return {row.number: _entry(row) for row in await session.scalars(query)}


def _entry(row: AdConsent) -> Entry:
    moments = (row.agreed_at, row.night_at, row.refused_at)
    return [row.number, *(None if at is None else at.astimezone(UTC).isoformat() for at in moments), row.source]


async def _say_ads(work: Work, office_id: int, now: Sequence[Entry], then: Sequence[Entry]) -> None:
    """Make what is known of advertising what `then` says. A number that it does not have is known no more."""
    stands = {entry[0]: entry for entry in now}
    for number in stands.keys() - {entry[0] for entry in then}:
        await work.session.execute(
            delete(AdConsent).where(AdConsent.office_id == office_id, AdConsent.number == number)
        )
    for entry in then:
        if stands.get(entry[0]) == entry:
            continue
        of_number = select(AdConsent).where(AdConsent.office_id == office_id, AdConsent.number == entry[0])
        row = (await work.session.scalars(of_number.with_for_update())).one_or_none()
        if row is None:
            row = AdConsent(office_id=office_id, number=entry[0], source="")
            work.session.add(row)
        row.agreed_at, row.night_at, row.refused_at = (
            None if at is None else datetime.fromisoformat(at) for at in entry[1:4]
        )
        row.source = entry[4]
    await work.session.flush()


async def used(session: AsyncSession, done: Sequence[Done]) -> set[int]:
    """See Rows. Of whom was there before, what happened since; of whom the file brought, that anything happened."""
    new = [one.subject_id for one in done if one.outcome == "created"]
    found = await referred(session, "customer", new, own=_PARTS) if new else set()
    changed = {one.subject_id: one.at for one in done if one.outcome == "updated"}
    if changed:
        since = min(changed.values())
        for column, at in ((Order.customer_id, Order.taken_at), (Call.customer_id, Call.arrived_at)):
            for customer_id, when in await session.execute(
                select(column, at).where(column.in_(sorted(changed)), at >= since)
            ):
                if customer_id is not None and when >= changed[customer_id]:
                    found.add(customer_id)
    return found


async def take_back(work: Work, office_id: int, done: Sequence[Done]) -> None:
    """See Rows."""
    new = [one.subject_id for one in done if one.outcome == "created"]
    for one in done:
        if one.outcome == "created":
            brought = [entry for entry in one.after.get("ads", []) if entry[4] == ad_words.SOURCE]
            await _say_ads(work, office_id, brought, [])
    if new:
        await work.session.execute(delete(CustomerWords).where(CustomerWords.id.in_(new)))
        for table in (_place, _phone):
            await work.session.execute(delete(table).where(table.c.customer_id.in_(new)))
        await work.session.execute(delete(_customer).where(_customer.c.id.in_(new)))
    updated = [one for one in done if one.outcome == "updated"]
    for one in updated:
        before = one.before or {}
        await _change(work, one.subject_id, one.after, before)
        await _say_ads(work, office_id, one.after.get("ads", []), before.get("ads", []))
        for table, column, part in ((_phone, _phone.c.number, "numbers"), (_place, _place.c.text, "places")):
            gone = sorted(set(one.after[part]) - set(before[part]))
            if gone:
                await work.session.execute(delete(table).where(table.c.customer_id == one.subject_id, column.in_(gone)))
    await _find(work, [], [one.subject_id for one in updated])


async def _change(work: Work, customer_id: int | None, now: Image, then: Image) -> None:
    changed = {name: then[name] for name in FIELDS if then[name] != now[name]}
    # Also where only a number or a place is new: who has the customer open learns that he is another.
    await work.session.execute(
        update(_customer).where(_customer.c.id == customer_id).values(**changed, version=_customer.c.version + 1)
    )


async def _add_parts(work: Work, office_id: int, plans: Sequence[Plan]) -> None:
    phones: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    for one in plans:
        before, after = one.before or {"numbers": [], "places": []}, one.after or {}
        phones += [
            {"office_id": office_id, "customer_id": one.subject_id, "number": number}
            for number in after["numbers"]
            if number not in before["numbers"]
        ]
        new = [text for text in after["places"] if text not in before["places"]]
        for at, text in enumerate(new):
            used_at = work.now - timedelta(microseconds=at)
            places.append(
                {"customer_id": one.subject_id, "text": text, "source": SOURCE, "uses": 0, "last_used_at": used_at}
            )
    if phones:
        await work.session.execute(insert(_phone), phones)
    if places:
        await work.session.execute(insert(_place), places)


async def _find(work: Work, new: Sequence[int | None], changed: Sequence[int | None]) -> None:
    connection = await work.session.connection()
    await connection.run_sync(customer_words.write, sorted(each for each in new if each is not None))
    ids = sorted(each for each in changed if each is not None)
    # They lie far apart: never so many at once that the whole stretch between them would be read.
    for at in range(0, len(ids), customer_words.MANY):
        await connection.run_sync(customer_words.write, ids[at : at + customer_words.MANY])
