"""Signing in and out: the cookie, its end, and how often a wrong password may be tried."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

from sqlalchemy import select

from models import WebSession
from tests.web.conftest import PASSWORD, House
from web.access.auth import cookie_name
from web.access.throttle import Pace, Throttle
from web.settings import Settings

WRONG = {"user": "op", "password": "not the password"}
RIGHT = {"user": "op", "password": PASSWORD}


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    """Seen failing without `httponly`, without `samesite`, and with a token of 128 bits."""
    answer = await house.anonymous().api("POST", "/session", RIGHT)
    cookie = SimpleCookie(answer.headers["Set-Cookie"])[cookie_name(house.settings)]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert len(cookie.value) >= 43  # 256 bits


def test_by_tls_the_cookie_is_bound_to_the_host() -> None:
    """Seen failing with one name for the cookie, whether there is TLS or not."""
    assert cookie_name(Settings(public_url="https://desk.example")) == "__Host-callboard"
    assert cookie_name(Settings(port=8081)) == "callboard-8081"


async def test_only_a_hash_of_the_cookie_is_kept(house: House) -> None:
    """Seen failing with `token_hash` giving the token itself."""
    answer = await house.anonymous().api("POST", "/session", RIGHT)
    token = SimpleCookie(answer.headers["Set-Cookie"])[cookie_name(house.settings)].value
    async with house.desk.look() as session:
        kept = (await session.scalars(select(WebSession))).one()
    assert token not in kept.token_hash


async def test_a_session_says_who_is_signed_in(house: House) -> None:
    answer = await (await house.signed_in("boss")).api("GET", "/session")
    assert (answer.body["login"], answer.body["role"], answer.body["extension"]) == ("boss", "admin", "1002")


async def test_a_session_is_dead_on_the_server_after_signing_out(house: House) -> None:
    """Seen failing with the cookie taken back and the session left open."""
    visitor = await house.signed_in()
    [cookie] = list(visitor.http.cookie_jar)
    stolen = {"Cookie": f"{cookie.key}={cookie.value}"}
    assert (await visitor.api("DELETE", "/session")).status == 204
    assert (await visitor.api("GET", "/session")).status == 401
    assert (await house.anonymous().api("GET", "/session", headers=stolen)).status == 401


async def test_signing_in_again_gives_another_session_and_ends_the_old_one(house: House) -> None:
    """Seen failing without `close_session` after a log-in."""
    visitor = await house.signed_in()
    [first] = list(visitor.http.cookie_jar)
    old = {"Cookie": f"{first.key}={first.value}"}
    await visitor.api("POST", "/session", RIGHT)
    [second] = list(visitor.http.cookie_jar)
    assert second.value != first.value
    assert (await house.anonymous().api("GET", "/session", headers=old)).status == 401


async def test_a_cookie_that_an_attacker_chose_never_becomes_a_session(house: House) -> None:
    """Seen failing with the new session kept under the token of the request's own cookie."""
    visitor = house.anonymous()
    visitor.http.cookie_jar.update_cookies({cookie_name(house.settings): "chosen"})
    await visitor.api("POST", "/session", RIGHT)
    chosen = {"Cookie": f"{cookie_name(house.settings)}=chosen"}
    assert (await house.anonymous().api("GET", "/session", headers=chosen)).status == 401


async def test_an_unused_session_ends_after_twelve_hours(house: House) -> None:
    """Seen failing with `last_seen_at` not looked at."""
    visitor = await house.signed_in()
    real = house.desk.clock
    house.desk.clock = lambda: real() + timedelta(hours=11, minutes=59)
    assert (await visitor.api("GET", "/session")).status == 200
    house.desk.clock = lambda: real() + timedelta(hours=24)
    assert (await visitor.api("GET", "/session")).status == 401


async def test_a_session_in_use_ends_after_seven_days(house: House) -> None:
    """Seen failing with `created_at` not looked at."""
    visitor = await house.signed_in()
    real = house.desk.clock
    for hours in range(11, 7 * 24, 11):
        house.desk.clock = lambda hours=hours: real() + timedelta(hours=hours)
        assert (await visitor.api("GET", "/session")).status == 200
    house.desk.clock = lambda: real() + timedelta(days=7)
    assert (await visitor.api("GET", "/session")).status == 401


async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(house: House) -> None:
    """Seen failing with a refusal of its own for a name that does not exist."""
    unknown = await house.anonymous().api("POST", "/session", {"user": "nobody", "password": "x"})
    wrong = await house.anonymous().api("POST", "/session", WRONG)
    assert (unknown.status, unknown.body) == (wrong.status, wrong.body)
    assert unknown.code == "wrong_login"


async def test_who_guesses_has_to_wait_and_the_right_password_waits_too(house: House) -> None:
    """Seen failing with wrong passwords not counted, and with the wait not kept."""
    visitor = house.anonymous()
    for _ in range(house.settings.login_failures_per_account):
        assert (await visitor.api("POST", "/session", WRONG)).status == 401
    answer = await visitor.api("POST", "/session", RIGHT)
    assert (answer.status, answer.code) == (429, "too_many_attempts")
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    # Another account from the same address is not shut out by it.
    assert (await house.anonymous().api("POST", "/session", {**RIGHT, "user": "boss"})).status == 201


async def test_a_name_with_a_blank_more_has_no_guesses_of_its_own(house: House) -> None:
    """Seen failing with names counted as they were typed."""
    visitor = house.anonymous()
    for count in range(house.settings.login_failures_per_account):
        assert (await visitor.api("POST", "/session", {**WRONG, "user": f"op{' ' * count}"})).status == 401
    assert (await visitor.api("POST", "/session", RIGHT)).status == 429


async def test_many_guesses_at_once_do_not_slip_through(house: House) -> None:
    visitor = house.anonymous()
    answers = await asyncio.gather(*(visitor.api("POST", "/session", WRONG) for _ in range(20)))
    assert sum(answer.status == 401 for answer in answers) == house.settings.login_failures_per_account


class Clock:
    now = datetime(2026, 11, 22, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_an_attacker_elsewhere_locks_nobody_out() -> None:
    """Seen failing with failures counted by account, whatever the address."""
    throttle = Throttle(per_account=3, per_address=10, window_s=60, clock=Clock())
    for _ in range(9):
        throttle.failed("op", "203.0.113.5")
    assert throttle.wait_s("op", "203.0.113.5") > 0
    assert throttle.wait_s("op", "192.0.2.1") == 0


def test_trying_many_accounts_from_one_address_is_limited_too() -> None:
    throttle = Throttle(per_account=3, per_address=10, window_s=60, clock=Clock())
    for n in range(10):
        throttle.failed(f"op{n}", "203.0.113.5")
    assert throttle.wait_s("op99", "203.0.113.5") > 0


def test_wrong_passwords_are_forgotten_after_the_window_and_after_a_right_one() -> None:
    clock = Clock()
    throttle = Throttle(per_account=1, per_address=1, window_s=60, clock=clock)
    throttle.failed("op", "a")
    assert throttle.wait_s("op", "a") == 60
    clock.now += timedelta(seconds=60)
    assert throttle.wait_s("op", "a") == 0
    throttle.failed("op", "a")
    throttle.succeeded("op", "a")
    assert throttle.wait_s("op", "a") == 0


def test_the_throttles_memory_is_bounded() -> None:
    throttle = Throttle(per_account=3, per_address=10, window_s=60, clock=Clock())
    for n in range(30_000):
        throttle.failed(f"op{n}", f"10.0.{n // 256}.{n % 256}")
    assert len(throttle._failures) <= 10_000


def test_what_is_costly_goes_at_a_pace() -> None:
    """Seen failing with the time since the last one not looked at."""
    pace = Pace(1.0)
    assert pace.wait_s(10.0) == 0
    assert pace.wait_s(10.5) == 1
    assert pace.wait_s(11.0) == 0
