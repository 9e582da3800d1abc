"""Campaigns as the desk looks at them: the last ones with how far they are, one with its texts, all its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.message import campaigns
from desk.message.audiences import Person
from desk.message.standing_views import rules_of_campaigns
from desk.message.text_senders import names_of
from desk.views import Json, moment
from models import Campaign, CampaignLeftOut, Customer, Driver, Message, Operator

LAST = 30
A_PAGE = 100
WAITING = ("queued", "sending")


@dataclass(frozen=True, slots=True)
class CampaignView:
    """One campaign: who sent it, how many of its texts stand in which state, and the run and name of the rule that wrote it."""

    one: Campaign
    by: str
    counts: dict[str, int]
    standing: tuple[int, str] | None = None

    @property
    def total(self) -> int:
        """How many texts it has."""
        return sum(self.counts.values())

    @property
    def waiting(self) -> int:
        """How many have not left."""
        return sum(self.counts.get(state, 0) for state in WAITING)

    def as_json(self) -> Json:
        one = self.one
        return {
            "id": one.id,
            "kind": one.kind,
            "template": one.template,
            "language": one.language,
            "picked": one.picked,
            "left_out": one.left_out,
            "created_at": moment(one.created_at),
            "by": self.by,
            "standing_run_id": self.standing[0] if self.standing else None,
            "send_at": moment(one.send_at),
            "cancelled_at": moment(one.cancelled_at),
            "states": self.counts,
            "total": self.total,
            "waiting": self.waiting,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one text, and whose number it was sent to as far as that is known."""

    id: int
    name: str
    recipient: str
    text: str
    state: str
    detail: str | None

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "number": self.recipient,
            "text": self.text,
            "state": self.state,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Somebody who was picked and not written to; `why` is one of campaigns.LEFT_OUT."""

    id: int
    person: Person
    why: str


async def latest(session: AsyncSession, office_id: int) -> list[CampaignView]:
    """The last campaigns of an office, the newest first."""
    query = select(Campaign, Operator.name).join(Operator, Operator.id == Campaign.created_by)
    found = (
        await session.execute(query.where(Campaign.office_id == office_id).order_by(Campaign.id.desc()).limit(LAST))
    ).all()
    counts = await campaigns.progress(session, [one.id for one, _ in found])
    rules = await rules_of_campaigns(session, [one.id for one, _ in found])
    return [CampaignView(one, by, counts[one.id], rules.get(one.id)) for one, by in found]


async def one(session: AsyncSession, office_id: int, campaign_id: int) -> CampaignView:
    """One campaign. Raises NotFound, also for another office's."""
    found = await campaigns.one_of(session, office_id, campaign_id)
    by = await session.get(Operator, found.created_by)
    counts = await campaigns.progress(session, [found.id])
    rules = await rules_of_campaigns(session, [found.id])
    return CampaignView(found, by.name if by else "", counts[found.id], rules.get(found.id))


async def results(
    session: AsyncSession, office_id: int, campaign_id: int, after_id: int = 0, limit: int = A_PAGE
) -> Sequence[Result]:
    """The campaign's texts in the order in which they were written."""
    query = (
        select(Message)
        .where(Message.campaign_id == campaign_id, Message.office_id == office_id, Message.id > after_id)
        .order_by(Message.id)
        .limit(limit)
    )
    rows = (await session.scalars(query)).all()
    names = await names_of(session, office_id, [row.recipient for row in rows])
    return [
        Result(row.id, names.get(row.recipient, ""), row.recipient, row.text, row.state, row.detail) for row in rows
    ]


async def left_out(
    session: AsyncSession, office_id: int, campaign_id: int, after_id: int = 0, limit: int = A_PAGE
) -> list[LeftOut]:
    """Who was picked and not written to, in the order in which they were."""
    query = (
        select(CampaignLeftOut, Customer.name, Driver.name, Driver.number)
        .outerjoin(Customer, Customer.id == CampaignLeftOut.customer_id)
        .outerjoin(Driver, Driver.id == CampaignLeftOut.driver_id)
        .where(
            CampaignLeftOut.campaign_id == campaign_id,
            CampaignLeftOut.office_id == office_id,
            CampaignLeftOut.id > after_id,
        )
        .order_by(CampaignLeftOut.id)
        .limit(limit)
    )
    return [
        LeftOut(row.id, _person(row, customer, driver, number), row.why)
        for row, customer, driver, number in await session.execute(query)
    ]


def _person(row: CampaignLeftOut, customer: str | None, driver: str | None, number: str | None) -> Person:
    if row.driver_id is not None:
        return Person("driver", row.driver_id, driver or "", row.number, number or "")
    audience = "other" if row.customer_id is None else "customer"
    return Person(audience, row.customer_id or 0, customer or "", row.number, row.number or "")
