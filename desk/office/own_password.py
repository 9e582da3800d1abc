"""One's own password, changed by whoever knows the old one."""

from __future__ import annotations

from desk.errors import DeskError, Invalid
from desk.office import passwords, people
from desk.work import Desk, Work
from models import Operator


class WrongPassword(DeskError):
    """The old password is not that."""

    code = "wrong_password"


def check(old: str, new: str) -> None:
    """What is wrong with the new one by itself. Raises Invalid."""
    passwords.check(new)
    if new == old:
        raise Invalid("the new password is the old one", field="same")


async def change(desk: Desk, operator_id: int, session_id: int | None, old: str, new: str) -> None:
    """The new one from now on; his sessions end but for this one. Refusals are on record, too. Raises Invalid, WrongPassword."""
    check(old, new)
    async with desk.look() as session:
        was = (await session.get_one(Operator, operator_id)).password_hash
    # Outside of any transaction: both take long, and nobody shall wait for them.
    kept = await passwords.hashed(new) if await passwords.matches(old, was) else None

    async def act(work: Work) -> bool:
        now = await work.session.get_one(
            Operator, operator_id, with_for_update={"key_share": True}, populate_existing=True
        )
        # Read again: he may have been given another one in the meantime, or have been shut out.
        if kept is None or now.password_hash != was or now.disabled_at is not None:
            people.audit(work, operator_id, "password.refused", now.login)
            return False
        await people.set_password(work, operator_id, kept, operator_id, session_id)
        return True

    if not await desk.do(act):
        raise WrongPassword("that is not the old password")
