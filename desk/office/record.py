"""The record of who did what, to be read: page by page, newest first, by whom, of what kind, about what, on which days.

It goes by the index of moments and never counts. No index has the rows of one person or kind: where these are asked for, one look
goes through so many rows at most, finds what it finds, and says from where to look on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Invalid
from desk.office import acts
from models import AuditEntry, Driver, Office, Operator

LOOKED_THROUGH: Final = 50_000
"""Rows of one look."""
AT_A_TIME: Final = 500
"""Rows of one look where all are wanted: some milliseconds, after which others have their turn."""
ASKED_ABOUT: Final = ("order", "customer", "driver", "call", "login")
"""What one asks about: a driver by his number, a person of the office by his log-in, the others by their id."""
NOBODY: Final = "nobody"
"""In place of an operator: the program itself, a command, who could not sign in, somebody by a link."""
_OF_PEOPLE, _OF_OFFICES = ([what for what, of in acts.ACTS.items() if of == thing] for thing in ("login", "office"))

Row = tuple[AuditEntry, Operator | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows: from `since` to before `until`; of one operator (or NOBODY); of a kind ("customer.opened") or all kinds of a
    matter ("customer"); about one thing (`about` is one of ASKED_ABOUT, `which` says which one)."""

    since: datetime | None = None
    until: datetime | None = None
    who: int | str | None = None
    what: str | None = None
    about: str | None = None
    which: str = ""

    @property
    def needs_search(self) -> bool:
        """Whether rows are passed over that lie in those days."""
        return self.who is not None or bool(self.what) or bool(self.about)


EVERYTHING: Final = Asked()


@dataclass(frozen=True, slots=True)
class Found:
    """Rows, newest first. `next` continues them (null: that was all), where `back_to` is known from that moment on."""

    rows: Sequence[Row]
    next: int | None
    back_to: datetime | None = None


async def page(
    session: AsyncSession,
    office: Office | None,
    asked: Asked = EVERYTHING,
    limit: int = 50,
    after: int | None = None,
    most: int = LOOKED_THROUGH,
) -> Found:
    """What the people of an office did (null: of every office); `after` is `next` of the page before. Raises Invalid.

    What was nobody's deed (a refused log-in, a command, a rule that ran) is told to the only office. Where there are several,
    each is told of what befell its own people's log-ins and its own settings, and of nothing else.
    """
    query = select(AuditEntry, Operator).outerjoin(Operator, Operator.id == AuditEntry.operator_id)
    span = [*_days(asked), *await _older(session, after)]
    met = await _ours(session, office) + await _meets(session, office, asked)
    edge = await _edge(session, span, most) if met else None
    within = span if edge is None else [*span, _from(*edge)]
    ordered = query.where(*within, *met).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    found: list[Row] = [(row, who) for row, who in await session.execute(ordered.limit(limit + 1))]
    if len(found) > limit:
        return Found(found[:limit], found[limit - 1][0].id)
    return Found(found, None) if edge is None else Found(found, edge[1], edge[0])


async def every(
    session: AsyncSession, office: Office | None, asked: Asked = EVERYTHING
) -> AsyncIterator[Sequence[Row]]:
    """All of them, some at a time. Raises Invalid."""
    after: int | None = None
    while True:
        found = await page(session, office, asked, AT_A_TIME, after)
        yield found.rows
        if (after := found.next) is None:
            return


async def people(session: AsyncSession, office_id: int) -> Sequence[Operator]:
    """Who of the office may stand in the record, also who signs in no more; by name."""
    query = select(Operator).where(Operator.office_id == office_id).order_by(Operator.name, Operator.id)
    return (await session.scalars(query)).all()


async def drivers_of(session: AsyncSession, office_id: int, rows: Sequence[Row]) -> dict[int, str]:
    """The numbers that the drivers are called by whom these rows are about, by id."""
    named = (acts.about(row.what, row.subject) for row, _ in rows)
    ids = {each.id for each in named if each.thing == "driver" and each.id is not None}
    query = select(Driver.id, Driver.number).where(Driver.office_id == office_id, Driver.id.in_(ids))
    return dict((await session.execute(query)).all()) if ids else {}


def _days(asked: Asked) -> list[ColumnElement[bool]]:
    found = [] if asked.since is None else [AuditEntry.at >= asked.since]
    return found if asked.until is None else [*found, AuditEntry.at < asked.until]


async def _older(session: AsyncSession, after: int | None) -> list[ColumnElement[bool]]:
    at = None if after is None else await session.scalar(select(AuditEntry.at).where(AuditEntry.id == after))
    return [] if at is None else [AuditEntry.at <= at, or_(AuditEntry.at < at, AuditEntry.id < after)]


def _from(at: datetime, row_id: int) -> ColumnElement[bool]:
    return and_(AuditEntry.at >= at, or_(AuditEntry.at > at, AuditEntry.id >= row_id))


async def _edge(session: AsyncSession, span: Collection[ColumnElement[bool]], most: int) -> tuple[datetime, int] | None:
    """The last row of the `most` newest; None where there are no more than these."""
    query = select(AuditEntry.at, AuditEntry.id).where(*span).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    last = (await session.execute(query.offset(most - 1).limit(2))).all()
    return None if len(last) < 2 else (last[0].at, last[0].id)


async def _ours(session: AsyncSession, office: Office | None) -> list[ColumnElement[bool]]:
    if office is None or await session.scalar(select(func.count()).select_from(Office)) == 1:
        return []
    own = select(Operator).where(Operator.office_id == office.id)
    logins = own.with_only_columns(Operator.login)
    meant = or_(
        and_(AuditEntry.what.in_(_OF_PEOPLE), AuditEntry.subject.in_(logins)),
        and_(AuditEntry.what.in_(_OF_OFFICES), AuditEntry.subject == str(office.id)),
    )
    theirs = AuditEntry.operator_id.in_(own.with_only_columns(Operator.id))
    return [or_(theirs, and_(AuditEntry.operator_id.is_(None), meant))]


async def _meets(session: AsyncSession, office: Office | None, asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.who is not None:
        nobody = asked.who == NOBODY
        found.append(AuditEntry.operator_id.is_(None) if nobody else AuditEntry.operator_id == asked.who)
    if asked.what:
        all_of_it = AuditEntry.what.startswith(f"{asked.what}.", autoescape=True)
        found.append(or_(AuditEntry.what == asked.what, all_of_it))
    if asked.about:
        found.append(await _about(session, office, asked.about, asked.which.strip()))
    return found


async def _about(session: AsyncSession, office: Office | None, thing: str, which: str) -> ColumnElement[bool]:
    if thing not in ASKED_ABOUT:
        raise Invalid(f"one asks about one of {', '.join(ASKED_ABOUT)}", field="about")
    if not which:
        raise Invalid("say which one: its number, or a log-in", field="which")
    if thing == "login":
        return await _about_person(session, office, which)
    if thing == "driver":
        return await _about_driver(session, office, which)
    if not (which.isascii() and which.isdigit() and len(which) < 19):
        raise Invalid("that is no number", field="which")
    return _of_row(thing, int(which))


async def _about_person(session: AsyncSession, office: Office | None, login: str) -> ColumnElement[bool]:
    """By his log-in; the rows of his pauses have his id."""
    query = select(Operator.id).where(Operator.login == login)
    ids = await session.scalars(query if office is None else query.where(Operator.office_id == office.id))
    named = and_(AuditEntry.subject == login, AuditEntry.what.in_(_OF_PEOPLE))
    return or_(named, *(_of_row("operator", each) for each in ids))


async def _about_driver(session: AsyncSession, office: Office | None, number: str) -> ColumnElement[bool]:
    """By the number that he is called by. Rows of his duty name that, others his id."""
    query = select(Driver.id).where(Driver.number == number)
    ids = await session.scalars(query if office is None else query.where(Driver.office_id == office.id))
    named = and_(AuditEntry.subject == f"driver {number}", AuditEntry.what.in_(_kinds(acts.BY_NUMBER)))
    return or_(named, *(_of_row("driver", each) for each in ids))


def _of_row(thing: str, row_id: int) -> ColumnElement[bool]:
    bare = and_(AuditEntry.subject == str(row_id), AuditEntry.what.in_(_kinds(thing)))
    words = [f"{thing} {row_id}", *(f"{thing} {row_id} {side}" for side in ("customer", "driver") if thing == "order")]
    others = {what for what, of in acts.ACTS.items() if of in acts.NAMES or of == acts.BY_NUMBER}
    return or_(bare, and_(AuditEntry.subject.in_(words), AuditEntry.what.not_in(others)))


def _kinds(thing: str) -> list[str]:
    return [what for what, of in acts.ACTS.items() if of == thing]
