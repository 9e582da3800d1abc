"""The demo site: filled into an empty database at the first start, its log-ins written where only the owner reads them."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from callboard.instance import Instance, Progress, sip_secret
from callboard.state import read_private, write_private
from desk.demo import site as demo
from desk.work import Desk
from models import Office

CUSTOMERS = 20_000
DRIVERS = 300


async def fill_rows(desk: Desk, customers: int, drivers: int) -> None:
    """The demo's rows, if there is no office yet."""
    if await _is_empty(desk):
        await demo.fill(desk, customers=customers, drivers=drivers)


async def _is_empty(desk: Desk) -> bool:
    async with desk.look() as session:
        return await session.scalar(select(Office.id).limit(1)) is None


async def fill_demo(instance: Instance, progress: Progress, customers: int = CUSTOMERS, drivers: int = DRIVERS) -> None:
    """Rows and log-ins of the demo; where they are, only the address is brought up to date."""
    if not await _is_empty(instance.desk):
        _readdress(instance)
        return
    with progress.step(f"filling the demo site ({customers:,} customers, {drivers} drivers)"):
        await demo.fill(
            instance.desk,
            customers=customers,
            drivers=drivers,
            trade=instance.settings.site.demo_trade,
            keep=lambda logins: _keep_logins(instance, logins),
        )


def _readdress(instance: Instance) -> None:
    """This start may be on another port than the first one."""
    logins = read_private(instance.state.logins)
    if logins and logins.get("url") != _url(instance):
        write_private(instance.state.logins, {**logins, "url": _url(instance)})


def _keep_logins(instance: Instance, logins: demo.DemoLogins) -> None:
    secrets = instance.state.secrets(*(sip_secret(operator.extension) for operator in logins.operators))
    write_private(
        instance.state.logins,
        {
            "url": _url(instance),
            "api_token": logins.api_token,
            "admin": {"user": logins.admin.user, "password": logins.admin.password},
            "operators": [
                {
                    "user": operator.user,
                    "password": operator.password,
                    "extension": operator.extension,
                    "sip_password": secrets[sip_secret(operator.extension)],
                }
                for operator in logins.operators
            ],
        },
    )


def show_logins(instance: Instance, say: Callable[[str], None]) -> None:
    """The address and who may sign in."""
    say(f"\n  The panel:  {_url(instance)}")
    logins = read_private(instance.state.logins)
    if not logins:
        say("  Add people with:  .venv/bin/python -m callboard user add\n")
        return
    for who in (*logins["operators"], logins["admin"]):
        say(f"  {who['user']:<10}  {who['password']}{'   extension ' + who['extension'] if 'extension' in who else ''}")
    say(f"  (also in {instance.state.logins}; Ctrl-C stops everything)\n")


def _url(instance: Instance) -> str:
    web = instance.settings.web
    return web.public_url or f"http://{web.host}:{web.port}"
