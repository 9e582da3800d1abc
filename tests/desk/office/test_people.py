"""Signing in, staying signed in, and being shut out."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from desk.errors import Conflict, Invalid, NotFound
from desk.events import Event, RightsChanged, SessionEnded
from desk.office import people, record
from desk.office.passwords import new_password, new_token, password_hash, token_hash
from desk.office.people import Prove, SignedIn, WrongLogin
from desk.office.record import Asked
from desk.work import Desk, Work
from models import AuditEntry, Office, Operator, WebSession
from tests.desk.conftest import Clock
from tests.site import Site, make_site

PASSWORD = "korrekt-horse-배터리"
IDLE, ABSOLUTE = timedelta(hours=1), timedelta(hours=10)


@pytest.fixture
async def kim(desk: Desk, site: Site, clock: Clock) -> int:
    """An operator with a password and a token."""
    async with desk.work() as work:
        added = await people.add_operator(
            work, site.office_id, "kim", name="김 상담", password=PASSWORD, token="t" * 43, extension="1010"
        )
        return added.id


async def who(desk: Desk, token: str) -> int | None:
    async with desk.look() as session:
        found = await people.by_session(session, token, desk.clock(), IDLE, ABSOLUTE)
    return found[1].id if found else None


async def sign_in(desk: Desk, password: str = PASSWORD, login: str = "kim") -> SignedIn:
    return await people.sign_in(desk, login, password, "192.0.2.7")


async def audited(desk: Desk) -> list[tuple[str, int | None]]:
    async with desk.look() as session:
        entries = await session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(entry.what, entry.operator_id) for entry in entries]


async def test_the_right_password_opens_a_session(desk: Desk, kim: int) -> None:
    signed_in = await sign_in(desk)
    assert await who(desk, signed_in.token) == kim
    assert signed_in.operator.id == kim
    assert await audited(desk) == [("operator.added", None), ("sign_in", kim)]


async def test_each_sign_in_has_its_own_token(desk: Desk, kim: int) -> None:
    assert (await sign_in(desk)).token != (await sign_in(desk)).token


async def test_anything_else_is_refused_alike_and_is_on_record(desk: Desk, kim: int) -> None:
    """Seen failing with words of its own for a name that does not exist, and without the row of the record."""
    wrong = (
        ("kim", "wrong-password-1"),
        ("kim", ""),
        ("kim", "x" * 100_000),
        ("kim", PASSWORD + "\x00"),
        ("kim", "\ud800"),
        ("nobody", PASSWORD),
        ("", ""),
        ("' OR 1=1 --", PASSWORD),
        ("\x00\ud800", PASSWORD),
    )
    for count, (login, password) in enumerate(wrong, 1):
        with pytest.raises(WrongLogin, match="no such log-in, or a wrong password"):
            await sign_in(desk, password, login)
        assert (await audited(desk))[1:] == [("sign_in.refused", None)] * count


async def test_a_refused_log_in_is_told_to_the_office_whose_person_was_meant(desk: Desk, kim: int) -> None:
    """Seen failing with only the deeds of people listed, and with every office told of all."""

    async def refusals(office_id: int) -> list[str]:
        async with desk.look() as session:
            office = await session.get_one(Office, office_id)
            found = await record.page(session, office, Asked(what="sign_in.refused"))
        return [row.subject for row, who in found.rows if who is None]

    async with desk.look() as session:
        ours = (await session.get_one(Operator, kim)).office_id
    for login in ("kim", "nobody"):
        with pytest.raises(WrongLogin):
            await sign_in(desk, "wrong-password-1", login)
    assert await refusals(ours) == ["nobody", "kim"]
    theirs = (await make_site(desk, did="15889999")).office_id
    assert await refusals(ours) == ["kim"]
    assert await refusals(theirs) == []


async def test_who_has_only_a_token_has_no_password(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        await people.add_operator(work, site.office_id, "api", token="t" * 43)
    with pytest.raises(WrongLogin):
        await sign_in(desk, "", "api")


async def test_the_database_holds_neither_passwords_nor_tokens(desk: Desk, kim: int) -> None:
    """Seen failing with tokens kept as they are, and with the password in the detail of the record."""
    signed_in = await sign_in(desk)
    async with desk.look() as session:
        operator = (await session.scalars(select(Operator).where(Operator.id == kim))).one()
        opened = (await session.scalars(select(WebSession))).one()
        details = list(await session.scalars(select(AuditEntry.detail)))
    kept = f"{vars(operator)} {vars(opened)} {details}"
    assert PASSWORD not in kept
    assert "t" * 43 not in kept
    assert signed_in.token not in kept
    assert operator.password_hash is not None
    assert operator.password_hash.startswith("$argon2id$")
    assert opened.token_hash == token_hash(signed_in.token)


async def test_a_session_ends_when_it_is_not_used(desk: Desk, kim: int, clock: Clock) -> None:
    signed_in = await sign_in(desk)
    clock.forward(minutes=59)
    assert await who(desk, signed_in.token) == kim
    async with desk.work() as work:
        await people.touch(work, signed_in.session.id)
    clock.forward(minutes=59)
    assert await who(desk, signed_in.token) == kim
    clock.forward(minutes=1)
    assert await who(desk, signed_in.token) is None


async def test_a_session_ends_at_last_however_much_it_is_used(desk: Desk, kim: int, clock: Clock) -> None:
    signed_in = await sign_in(desk)
    for _ in range(20):
        clock.forward(minutes=30)
        async with desk.work() as work:
            await people.touch(work, signed_in.session.id)
    assert await who(desk, signed_in.token) is None
    async with desk.look() as session:
        ids = [signed_in.session.id]
        assert await people.still_open(session, ids, clock.now, IDLE, ABSOLUTE) == {}
        assert set(await people.still_open(session, ids, clock.now, IDLE, 2 * ABSOLUTE)) == set(ids)


async def test_a_touch_within_a_minute_writes_nothing(desk: Desk, kim: int, clock: Clock) -> None:
    signed_in = await sign_in(desk)
    clock.forward(seconds=30)
    async with desk.work() as work:
        await people.touch(work, signed_in.session.id)
    async with desk.look() as session:
        kept = (await session.scalars(select(WebSession.last_seen_at))).one()
    assert kept == signed_in.session.last_seen_at


async def test_signing_out_ends_this_session_only_and_is_told_once(desk: Desk, kim: int, told: list[Event]) -> None:
    first, second = await sign_in(desk), await sign_in(desk)
    for _ in range(2):
        async with desk.work() as work:
            await people.sign_out(work, first.session.id)
    assert told == [SessionEnded(desk.clock(), first.session.id)]
    assert await who(desk, first.token) is None
    assert await who(desk, second.token) == kim


async def test_a_new_password_ends_every_session(desk: Desk, kim: int, told: list[Event]) -> None:
    """Seen failing with the sessions left open in `set_password`."""
    signed_in = [await sign_in(desk), await sign_in(desk)]
    async with desk.work() as work:
        await people.set_password(work, kim, password_hash("another-password-1"), by=kim)
    assert len(told) == 2
    assert [await who(desk, one.token) for one in signed_in] == [None, None]
    with pytest.raises(WrongLogin):
        await sign_in(desk)
    assert await who(desk, (await sign_in(desk, "another-password-1")).token) == kim
    assert ("operator.password", kim) in await audited(desk)


@pytest.mark.parametrize("deed", ["another password", "disabled"])
async def test_who_signs_in_while_he_is_shut_out_has_no_session_left(desk: Desk, kim: int, deed: str) -> None:
    """He has shown the right password, and the session is about to be a row. Seen failing on PostgreSQL with his row not held:
    the session stayed open, by the old password or until he was enabled again."""
    shutting: list[asyncio.Task[None]] = []

    async def shut(work: Work) -> None:
        if deed == "disabled":
            await people.disable(work, kim)
        else:
            await people.set_password(work, kim, "x")

    async def prove(_work: Work, _operator_id: int) -> str:
        shutting.append(asyncio.create_task(desk.do(shut)))
        await asyncio.wait(shutting, timeout=0.5)  # it waits for its turn, and has it after the sign-in
        return "totp"

    async def second(_operator_id: int) -> Prove:
        return prove

    signed_in = await people.sign_in(desk, "kim", PASSWORD, "", second)
    await shutting[0]
    if deed == "disabled":
        async with desk.work() as work:
            await people.enable(work, kim)
    assert await who(desk, signed_in.token) is None


async def test_who_is_disabled_is_out_at_once_by_every_door(desk: Desk, kim: int, told: list[Event]) -> None:
    """Seen failing with `disabled_at` not asked for at the log-in, for a session, a token, and in `still_active`; and
    with sessions not ended."""
    signed_in = await sign_in(desk)
    async with desk.look() as session:
        operator = await people.by_token(session, "t" * 43)
        assert operator is not None
        assert operator.id == kim
        assert set(await people.still_active(session, [kim])) == {kim}
    async with desk.work() as work:
        await people.disable(work, kim)
    assert told == [SessionEnded(desk.clock(), signed_in.session.id), RightsChanged(desk.clock(), kim)]
    assert await who(desk, signed_in.token) is None
    with pytest.raises(WrongLogin):
        await sign_in(desk)
    async with desk.look() as session:
        assert await people.by_token(session, "t" * 43) is None
        assert await people.still_active(session, [kim]) == {}
    async with desk.work() as work:  # a session that was not ended, as one that was opened in the same moment
        await work.session.execute(update(WebSession).values(ended_at=None))
    assert await who(desk, signed_in.token) is None


async def test_a_wrong_token_is_nobody(desk: Desk, kim: int) -> None:
    async with desk.look() as session:
        for token in ("", "t" * 42, token_hash("t" * 43), "\ud800", "x" * 100_000):
            assert await people.by_token(session, token) is None
            assert await people.by_session(session, token, desk.clock(), IDLE, ABSOLUTE) is None


async def test_a_log_in_and_an_extension_belong_to_one_person(desk: Desk, site: Site, kim: int) -> None:
    for login, extension in (("kim", None), ("lee", "1010")):
        with pytest.raises(Conflict):
            async with desk.work() as work:
                await people.add_operator(work, site.office_id, login, password=PASSWORD, extension=extension)


@pytest.mark.parametrize(
    "wrong", [{"password": "short"}, {"password": "x" * 257}, {"role": "god"}, {"login": " \u200b"}]
)
async def test_a_person_without_a_good_password_role_or_name_is_refused(
    desk: Desk, site: Site, wrong: dict[str, str]
) -> None:
    """Seen failing without each of the four; a role that is none is refused by the database as well, in its own words."""
    given = {"login": "lee", "password": PASSWORD} | wrong
    async with desk.work() as work:
        with pytest.raises(Invalid):
            await people.add_operator(work, site.office_id, **given)  # type: ignore[arg-type]


async def test_nobody_can_be_disabled_who_is_not_there(desk: Desk) -> None:
    async with desk.work() as work:
        with pytest.raises(NotFound):
            await people.disable(work, 4711)


def test_what_we_draw_is_long_and_never_the_same() -> None:
    assert len({new_password() for _ in range(100)}) == 100
    assert len({new_token() for _ in range(100)}) == 100
    assert min(len(new_token()) for _ in range(10)) >= 43
    assert password_hash(PASSWORD) != password_hash(PASSWORD)
