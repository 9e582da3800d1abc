"""Which fee rule a driver's trips go by: that of his group, else of his grade, else the office's own, else the trade's.

A rule holds from a moment on, which is never past, and rows are only added. An order goes by the rule that held for its driver
when he got it: what he was told then is what is booked, whatever is decided meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.driver.driver_records import GRADES
from desk.errors import Invalid, NotFound
from desk.office import people
from desk.office.people import audit
from desk.rules.fees import FeeRule
from desk.text import plain
from desk.views import Json
from desk.work import Work
from models import Assignment, Driver, DriverGroup, FeeRuleRow, Office, Operator, Order

EVERYBODY, GRADE, GROUP, TRADE = "all", "grade", "group", "trade"
SORTS = (EVERYBODY, GRADE, GROUP)
MOST = 10_000_000
"""No amount in a rule is larger, in whole minor units."""
AHEAD = timedelta(days=366)
LONGEST_CLASS = 40
KEPT_ROWS = 200
_WITH_MAKER = select(FeeRuleRow, Operator.name).outerjoin(Operator, Operator.id == FeeRuleRow.made_by)
Class = tuple[str, str]
"""(sort, name): ("grade", "A"); the name is empty for everybody."""


@dataclass(frozen=True, slots=True)
class Held:
    """A rule and whose it is. `rule_id` is null for the trade's own (`sort` "trade")."""

    rule: FeeRule
    sort: str = TRADE
    class_name: str = ""
    rule_id: int | None = None

    def as_json(self) -> Json:
        """What a person is told of it: hundredths of a percent, and whole minor units."""
        rule = self.rule
        return {
            "sort": self.sort,
            "class_name": self.class_name,
            "basis_points": rule.basis_points,
            "fixed": rule.fixed,
            "unit": rule.unit,
            "least": rule.least,
            "most": rule.most,
        }


@dataclass(frozen=True, slots=True)
class FeeForm:
    """A rule as somebody wants it for a class; `rule` null: the class has none of its own. `holds_from` null: from now on."""

    sort: str
    class_name: str
    rule: FeeRule | None
    holds_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A row of the history with who made it; `held` null: from then on the class goes by the next rule."""

    id: int
    sort: str
    class_name: str
    held: Held | None
    holds_from: datetime
    made_at: datetime
    made_by: str | None


async def for_driver(session: AsyncSession, driver: Driver, trade: str, currency: str, at: datetime) -> Held | None:
    """The rule for an order that the driver gets at `at`; None where no fee is taken."""
    rules = await holding(session, driver.office_id, trade, currency, at)
    if any(sort == GROUP for sort, _ in rules):
        groups = set(await session.scalars(select(DriverGroup.name).where(DriverGroup.driver_id == driver.id)))
        mine = [held for (sort, name), held in rules.items() if sort == GROUP and name in groups]
        if mine:  # of several groups the rule that was made last
            return max(mine, key=lambda held: held.rule_id or 0)
    found = rules.get((GRADE, driver.grade or "")) or rules.get((EVERYBODY, ""))
    return found or of_trade(trade, currency)


def of_trade(trade: str, currency: str) -> Held | None:
    """The trade's own rule, for who has no other."""
    rule = trades.load(trade).fees.get(currency)
    return None if rule is None else Held(rule)


async def of_order(session: AsyncSession, order: Order, driver_id: int) -> Held | None:
    """The rule by which the order goes that the driver has or had."""
    query = (
        select(FeeRuleRow)
        .join(Assignment, Assignment.fee_rule_id == FeeRuleRow.id)
        .where(Assignment.order_id == order.id, Assignment.driver_id == driver_id)
        .order_by(Assignment.id.desc())
        .limit(1)
    )
    row = (await session.scalars(query)).one_or_none()
    return of_trade(order.trade, order.currency) if row is None else _held(row)


async def holding(session: AsyncSession, office_id: int, trade: str, currency: str, at: datetime) -> dict[Class, Held]:
    """What holds at `at`, by class."""
    rows = await _newest(session, office_id, trade, currency, at)
    return {of: _held(row) for of, row in rows.items() if not row.ended}


async def rows_holding(
    session: AsyncSession, office_id: int, trade: str, currency: str, at: datetime
) -> dict[Class, int]:
    """The ids of the rows by which it goes at `at`, by class: also of one that says that there is no rule any more."""
    return {of: row.id for of, row in (await _newest(session, office_id, trade, currency, at)).items()}


async def put(work: Work, operator_id: int, form: FeeForm) -> FeeRuleRow:
    """From a moment on the class goes by this rule. On record. Raises Invalid with the field."""
    operator = await people.operator_of(work, operator_id)
    office = await work.session.get_one(Office, operator.office_id)
    checked = check(form, work.now)
    rule = checked.rule or FeeRule()
    row = FeeRuleRow(
        office_id=office.id, trade=office.trade, currency=office.currency, sort=checked.sort,
        class_name=checked.class_name, ended=checked.rule is None, basis_points=rule.basis_points, fixed=rule.fixed,
        unit=rule.unit, least=rule.least, most=rule.most, holds_from=checked.holds_from or work.now,
        made_at=work.now, made_by=operator.id,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    told = {"sort": row.sort, "class": row.class_name, "from": row.holds_from.isoformat()}
    audit(
        work, operator.id, "fee.rule", str(row.id), told | (_held(row).as_json() if checked.rule else {"ended": True})
    )
    return row


async def take_back(work: Work, operator_id: int, rule_id: int) -> FeeRuleRow:
    """A rule that does not hold yet never will: what held before it goes on. Raises NotFound, Invalid."""
    operator = await people.operator_of(work, operator_id)
    row = await work.session.get(FeeRuleRow, rule_id)
    if row is None or row.office_id != operator.office_id:
        raise NotFound(f"there is no fee rule {rule_id}", rule_id=rule_id)
    if row.holds_from <= work.now:
        raise Invalid("a rule that holds is not taken back; make another one", field="holds_from")
    before = await holding(
        work.session, row.office_id, row.trade, row.currency, row.holds_from - timedelta(microseconds=1)
    )
    held = before.get((row.sort, row.class_name))
    form = FeeForm(row.sort, row.class_name, held.rule if held else None, row.holds_from)
    return await put(work, operator_id, form)


def check(form: FeeForm, now: datetime) -> FeeForm:
    """The form as it is kept. Raises Invalid with the field."""
    name = plain(form.class_name, LONGEST_CLASS + 1)
    if form.sort not in SORTS:
        raise Invalid("a rule is for everybody, a grade or a group", field="sort")
    if form.sort == EVERYBODY:
        name = ""
    elif form.sort == GRADE and name not in GRADES:
        raise Invalid("that is no grade", field="grade")
    elif not 0 < len(name) <= LONGEST_CLASS:
        raise Invalid("a group has a name", field="group")
    if form.holds_from is not None and not now <= form.holds_from <= now + AHEAD:
        raise Invalid("a rule holds from now on or later, at most a year ahead", field="holds_from")
    rule = form.rule
    if rule is not None and max(rule.fixed, rule.unit, rule.least, rule.most or 0) > MOST:
        raise Invalid("that amount is too large", field="fixed")
    return FeeForm(form.sort, name, rule, form.holds_from)


async def versions(session: AsyncSession, office: Office) -> Sequence[Version]:
    """Every rule that the office made for its trade, that which holds last on top."""
    query = (
        _WITH_MAKER.where(FeeRuleRow.office_id == office.id, FeeRuleRow.trade == office.trade)
        .order_by(FeeRuleRow.holds_from.desc(), FeeRuleRow.id.desc())
        .limit(KEPT_ROWS)
    )
    return [_version(row, name) for row, name in await session.execute(query)]


async def version(session: AsyncSession, rule_id: int) -> Version:
    """One row of the history."""
    row, name = (await session.execute(_WITH_MAKER.where(FeeRuleRow.id == rule_id))).one()
    return _version(row, name)


async def drivers_of(session: AsyncSession, office_id: int, sort: str, name: str) -> int:
    """How many drivers of the office are of a class."""
    query = select(func.count()).where(Driver.office_id == office_id, Driver.disabled_at.is_(None))
    if sort == GRADE:
        query = query.where(Driver.grade == name)
    elif sort == GROUP:
        mine = select(DriverGroup.driver_id).where(DriverGroup.name == name)
        query = query.where(Driver.id.in_(mine))
    return int(await session.scalar(query.select_from(Driver)) or 0)


async def groups(session: AsyncSession, office_id: int) -> list[str]:
    """The groups that drivers of the office are in."""
    query = select(DriverGroup.name).join(Driver, Driver.id == DriverGroup.driver_id)
    return list(
        (await session.scalars(query.where(Driver.office_id == office_id).distinct().order_by(DriverGroup.name))).all()
    )


async def _newest(
    session: AsyncSession, office_id: int, trade: str, currency: str, at: datetime
) -> dict[Class, FeeRuleRow]:
    query = (
        select(FeeRuleRow)
        .where(
            FeeRuleRow.office_id == office_id,
            FeeRuleRow.trade == trade,
            FeeRuleRow.currency == currency,
            FeeRuleRow.holds_from <= at,
        )
        .order_by(FeeRuleRow.holds_from, FeeRuleRow.id)
    )
    return {(row.sort, row.class_name): row for row in await session.scalars(query)}


def _version(row: FeeRuleRow, made_by: str | None) -> Version:
    held = None if row.ended else _held(row)
    return Version(row.id, row.sort, row.class_name, held, row.holds_from, row.made_at, made_by)


def _held(row: FeeRuleRow) -> Held:
    rule = FeeRule(row.basis_points, row.fixed, row.unit, row.least, row.most)
    return Held(rule, row.sort, row.class_name, row.id)
