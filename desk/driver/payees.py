"""To which bank account a driver is paid: kept with his record, whole only for those who pay out, and every change on record.

A change counts up the driver's `payee_version`. A batch keeps the version that it was approved with, so that an account that was
changed afterwards is told from the one that was meant.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from desk.driver.drivers import not_erased, of_office
from desk.errors import Invalid
from desk.keeping import as_seen
from desk.office import people
from desk.office.people import audit
from desk.rules import banks
from desk.text import NAME_LIMIT, plain
from desk.work import Work
from models import Driver, Office

OPENED = "payee.opened"
CHANGED = "payee.changed"


@dataclass(frozen=True, slots=True)
class Payee:
    """A bank (its Korean digits, or a name), the account with its hyphens, and whose it is. All empty: none is known."""

    bank: str = ""
    account: str = ""
    holder: str = ""

    def __bool__(self) -> bool:
        return bool(self.account)

    def masked(self, language: str) -> str:
        """For those who do not pay out: the bank and the last digits; empty where none is known."""
        return f"{banks.name(self.bank, language)} {banks.masked(self.account)}" if self else ""


def of(driver: Driver) -> Payee:
    """The account that he is paid to."""
    return Payee(driver.bank or "", driver.bank_account or "", driver.bank_holder or "")


async def told(session: AsyncSession, office_id: int, driver_id: int) -> tuple[Driver, Payee]:
    """The driver, and the account that he is paid to. Raises NotFound."""
    driver = await of_office(session, office_id, driver_id)
    return driver, of(driver)


async def change(work: Work, operator_id: int, driver_id: int, given: Payee, seen: str | None = None) -> Payee:
    """Another account, or none where all is empty. Raises Invalid (with the field), NotFound, Outdated."""
    operator = await people.operator_of(work, operator_id)
    office = await work.session.get_one(Office, operator.office_id)
    driver = await of_office(work.session, office.id, driver_id)
    await work.session.refresh(driver, with_for_update=True)
    not_erased(driver)
    before, wanted = of(driver), understood(given, office.country)
    as_seen.check(seen, before, wanted)
    if before == wanted:
        return before
    driver.bank, driver.bank_account, driver.bank_holder = (
        wanted.bank or None,
        wanted.account or None,
        wanted.holder or None,
    )
    driver.payee_version += 1
    await work.session.flush()
    audit(work, operator_id, CHANGED, str(driver.id), _changes(before, wanted))
    return wanted


def understood(given: Payee, country: str) -> Payee:
    """As it is stored. Raises Invalid with the field."""
    holder = plain(given.holder, NAME_LIMIT)
    if not plain(given.bank) and not plain(given.account) and not holder:
        return Payee()
    try:
        bank = banks.bank(given.bank, country)
    except ValueError as error:
        raise Invalid("that is no bank that is known", field="bank") from error
    try:
        account = banks.account(given.account)
    except ValueError as error:
        raise Invalid("an account has 6 to 20 digits, with hyphens between them", field="bank_account") from error
    if not holder:
        raise Invalid("an account has a holder", field="bank_holder")
    return Payee(bank, account, holder)


def _changes(before: Payee, after: Payee) -> dict[str, object]:
    """What the record repeats: never a whole number, nor a name."""
    return {
        "before": [before.bank, banks.masked(before.account)] if before else None,
        "after": [after.bank, banks.masked(after.account)] if after else None,
        "holder": "changed" if before.holder != after.holder else "same",
    }
