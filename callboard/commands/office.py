"""The firm and its numbers: what a site without the demo begins with."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy import select

import agi.flows
from callboard.commands.at_the_desk import do
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption
from callboard.instance import LOCALES
from callboard.prompts import languages
from desk import plugins
from desk.call import wrap_ups
from desk.call.wrap_ups import OfficeCodes
from desk.errors import Invalid, NotFound
from desk.office import offices
from desk.work import Work
from models import Office

app = typer.Typer(help="The firm and the numbers that its callers dial.", no_args_is_help=True)


class FareTexts(StrEnum):
    """When a fare is put in writing."""

    ALWAYS = "always"
    CHANGES = "changes"
    NEVER = "never"


@app.command("add")
def add(
    name: str,
    sms_sender: Annotated[str, typer.Option(help="The number that texts come from, as registered with the network.")],
    country: Annotated[str, typer.Option(help="ISO 3166: how numbers are read.")] = "KR",
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "KRW",
    timezone: Annotated[str, typer.Option(help="Where the firm's day begins, for example Asia/Seoul.")] = "Asia/Seoul",
    trade: Annotated[str, typer.Option(help="File name of the trade in desk/trades.")] = "proxy",
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Make the firm, in a database that has none."""

    async def act(work: Work) -> None:
        await offices.open_office(
            work, name=name, country=country, currency=currency, timezone=timezone, trade=trade, sms_sender=sms_sender
        )

    do(state, config, act)
    typer.echo(f"{name} is there. Add its numbers with:  .venv/bin/python -m callboard office line NUMBER")


@app.command("line")
def line(
    did: Annotated[str, typer.Argument(help="The number that callers dial, as the trunk or the box spells it.")],
    name: Annotated[str, typer.Option(help="How operators see it.")] = "",
    language: Annotated[str, typer.Option(help="Language of its greeting: ko or en.")] = "ko",
    flow: Annotated[str, typer.Option(help="File name of its conversation in agi/flows.")] = "welcome",
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Add a number of the firm; Asterisk knows it from the next start on."""

    async def act(work: Work) -> None:
        _known("language", language, languages(LOCALES))
        _known("flow", flow, plugins.names(agi.flows))
        office = await work.session.scalar(select(Office.id).order_by(Office.id).limit(1))
        if office is None:
            raise NotFound("there is no office yet: make it with  .venv/bin/python -m callboard office add NAME")
        await offices.add_line(work, office, did=did, name=name or did, language=language, flow=flow)

    do(state, config, act)
    typer.echo(f"Calls to {did} are taken from the next start on.")


@app.command("orders")
def orders(
    fare_texts: Annotated[
        FareTexts | None,
        typer.Option(help="When a fare is put in writing: at once, when it is fixed later or changes, or never."),
    ] = None,
    given_back_texts: Annotated[
        bool | None, typer.Option(help="Whether a customer is told that his driver has given the order back.")
    ] = None,
    remind_desk: Annotated[
        int | None, typer.Option(min=0, help="Minutes before a booked time; 0: no reminder.")
    ] = None,
    remind_customer: Annotated[
        int | None, typer.Option(min=0, help="Minutes before a booked time; 0: no text.")
    ] = None,
    search_ahead: Annotated[
        int | None, typer.Option(min=1, help="Minutes before, at the latest, a driver is looked for.")
    ] = None,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """How fares are told and booked orders are reminded of; what is not named stays as it is."""

    async def act(work: Work) -> None:
        office = await work.session.scalar(select(Office).order_by(Office.id).limit(1))
        if office is None:
            raise NotFound("there is no office yet: make it with  .venv/bin/python -m callboard office add NAME")
        if fare_texts is not None:
            office.fare_texts = fare_texts.value
        if given_back_texts is not None:
            office.given_back_texts = given_back_texts
        for name, minutes in (
            ("remind_desk_s", remind_desk),
            ("remind_customer_s", remind_customer),
            ("search_ahead_s", search_ahead),
        ):
            if minutes is not None:
                setattr(office, name, minutes * 60)

    do(state, config, act)
    typer.echo("Kept. It holds for orders that are taken or changed from now on.")


@app.command("calls")
def calls(
    wrap_up: Annotated[
        list[str] | None,
        typer.Option(
            help="What a call may be about, in the order of the keys; once for each. 'trade': as the trade has it."
        ),
    ] = None,
    wrap_up_required: Annotated[
        bool | None,
        typer.Option(help="Whether an operator has to say what a call was about before he closes its card."),
    ] = None,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """What operators say of the calls that they had; what is not named stays as it is."""

    async def act(work: Work) -> None:
        office = await work.session.scalar(select(Office).order_by(Office.id).limit(1))
        if office is None:
            raise NotFound("there is no office yet: make it with  .venv/bin/python -m callboard office add NAME")
        now = wrap_ups.set_for(office)
        codes = now.codes if not wrap_up else None if wrap_up == ["trade"] else tuple(wrap_up)
        required = now.required if wrap_up_required is None else wrap_up_required
        await wrap_ups.set_codes(work, office.id, None, OfficeCodes(codes, required))

    do(state, config, act)
    typer.echo("Kept. Consoles have it from when they are opened next.")


def _known(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise Invalid(f"there is no {what} {name!r}; there are: {', '.join(known)}", field=what)
