"""Calls as they are shown: one card, the board of the moment, and the list that can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.customer import customers
from desk.errors import NotFound
from desk.views import CallView, ChoiceView, CustomerView, OperatorView, Page
from models import Call, CallWrapUp, Line, Office, Operator, Recording
from models.call import OPEN_STATES

Told = Row[*tuple[Any, ...]]
"""A row of `_CALLS`."""
RECENT = 20
LONGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls: `number` in any written form, `state` of a call or "open"; `cursor` is the `next` of the page before."""

    office_id: int | None = None
    number: str | None = None
    state: str | None = None
    limit: int = 50
    cursor: int | None = None


async def card(session: AsyncSession, call_id: int, office_id: int | None = None) -> CallView:
    """One call with all that its card shows. Raises NotFound, with `office_id` also for another office's call."""
    call = await _one(session, call_id)
    if office_id not in (None, call.office_id):
        raise NotFound("there is no such call", call_id=call_id)
    cards = await customers.cards(session, [] if call.customer_id is None else [call.customer_id])
    customer = cards.get(call.customer_id)
    if customer is not None:
        customer = await customers.treated(session, customer)
    return _view(call, customer, await _recording(session, call))


async def brief(session: AsyncSession, call_id: int) -> CallView:
    """One call without its customer's card, in one look-up: what a pop must not wait for is left out. Raises NotFound."""
    call = await _one(session, call_id)
    return _view(call, None, await _recording(session, call))


async def calls_list(session: AsyncSession, filters: CallFilter) -> Page[CallView]:
    """One page of calls, newest first."""
    query = select(Call.id).order_by(Call.id.desc())
    if filters.office_id is not None:
        query = query.where(Call.office_id == filters.office_id)
    if filters.number is not None:
        number = numbers.normalise(filters.number, await office_country(session, filters.office_id)).e164
        if number is None:
            return Page((), None)
        query = query.where(Call.number == number)
    if filters.state is not None:
        query = query.where(Call.state.in_(OPEN_STATES if filters.state == "open" else (filters.state,)))
    if filters.cursor is not None:
        query = query.where(Call.id < filters.cursor)
    limit = max(1, min(filters.limit, LONGEST_PAGE))
    views = await _views(session, query.limit(limit + 1))
    return Page(tuple(views[:limit]), views[limit - 1].id if len(views) > limit else None)


async def board(session: AsyncSession, office_id: int | None = None, recent: int = RECENT) -> tuple[CallView, ...]:
    """Every open call and the `recent` last ones, newest first: what a console shows when it opens."""
    query = select(Call.id)
    if office_id is not None:
        query = query.where(Call.office_id == office_id)
    # Two look-ups by index: in one statement the old calls would be read, too, and there are millions of them.
    last = await session.scalars(query.order_by(Call.id.desc()).limit(recent))
    still_open = await session.scalars(query.where(Call.state.in_(OPEN_STATES)))
    wanted = {*last, *still_open}
    return tuple(await _views(session, select(Call.id).where(Call.id.in_(wanted))))


async def waiting(session: AsyncSession, office_id: int) -> list[tuple[int, str]]:
    """Id and Linkedid of calls on the PBX that nobody has answered: the most urgent first, then who has waited longest."""
    query = select(Call.id, Call.linkedid).where(
        Call.office_id == office_id,
        Call.direction == "in",
        Call.state.in_(("arrived", "ringing")),
        Call.linkedid.is_not(None),
    )
    found = await session.execute(query.order_by(Call.priority.desc(), Call.arrived_at, Call.id))
    return [(call_id, linkedid or "") for call_id, linkedid in found]


async def office_country(session: AsyncSession, office_id: int | None = None) -> str:
    """The country of the office (of the only one, where none is named). Raises NotFound."""
    query = select(Office.country).order_by(Office.id).limit(1)
    country = await session.scalar(query if office_id is None else query.where(Office.id == office_id))
    if country is None:
        raise NotFound("there is no such office", office_id=office_id)
    return country


async def _views(session: AsyncSession, wanted: Select[int]) -> list[CallView]:
    """The calls whose ids `wanted` selects, newest first, in a fixed number of look-ups."""
    ids = list(await session.scalars(wanted))
    calls = (await session.execute(_CALLS.where(_call.c.id.in_(ids)).order_by(_call.c.id.desc()))).all()
    cards = await customers.cards(session, [call.customer_id for call in calls if call.customer_id is not None])
    recordings = await _recordings(session, [call.id for call in calls if call.choice_kind == "recording"])
    return [_view(call, cards.get(call.customer_id), recordings.get(call.id)) for call in calls]


# Of the tables, and built once: a call is told often, and objects that can be changed cost four times as much.
_call, _line, _operator, _said = Call.__table__, Line.__table__, Operator.__table__, CallWrapUp.__table__
_CALLS = (
    select(_call, _line.c.did, _operator.c.name.label("operator_name"), _operator.c.extension, _said.c.code)
    .join(_line, _line.c.id == _call.c.line_id)
    .outerjoin(_operator, _operator.c.id == _call.c.operator_id)
    .outerjoin(_said, _said.c.call_id == _call.c.id)
)
_ONE = _CALLS.where(_call.c.id == bindparam("call_id"))


async def _one(session: AsyncSession, call_id: int) -> Told:
    call = (await session.execute(_ONE, {"call_id": call_id})).one_or_none()
    if call is None:
        raise NotFound("there is no such call", call_id=call_id)
    return call


async def _recording(session: AsyncSession, call: Told) -> str | None:
    return (await _recordings(session, [call.id])).get(call.id) if call.choice_kind == "recording" else None


async def _recordings(session: AsyncSession, call_ids: Sequence[int]) -> dict[int, str]:
    if not call_ids:
        return {}
    found = await session.execute(
        select(Recording.call_id, Recording.token).where(Recording.call_id.in_(call_ids)).order_by(Recording.id)
    )
    return {row.call_id: row.token for row in found}


def _view(call: Told, customer: CustomerView | None, recording: str | None) -> CallView:
    choice = None
    if call.choice_kind is not None:
        choice = ChoiceView(call.choice_kind, call.choice_place_id, call.choice_text, recording)
    return CallView(
        id=call.id,
        office_id=call.office_id,
        linkedid=call.linkedid,
        source=call.source,
        line=call.did,
        number=call.number,
        presentation=call.presentation,
        name=call.caller_name,
        state=call.state,
        disposition=call.disposition,
        arrived_at=call.arrived_at,
        ringing_at=call.ringing_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        operator=OperatorView(call.operator_id, call.operator_name, call.extension) if call.operator_name else None,
        customer=customer,
        choice=choice,
        recovered=call.recovered,
        priority=call.priority,
        heard=call.heard,
        direction=call.direction,
        wrap_up=call.code,
    )
