"""Play recorded calls through the real path; no PBX, no box."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from callboard.commands.options import told_in_words
from callboard.demo import fill_rows
from callboard.instance import CHECKOUT, open_desk
from callboard.simulate import newest_calls, play
from callboard.state import State
from desk.bus import Bus
from desk.numbers import masked
from models import Office

RECORDED = CHECKOUT / "tests" / "samples" / "ami"
SHOWN = 20


def simulate(
    recordings: Annotated[
        list[Path] | None,
        typer.Argument(
            exists=True, dir_okay=False, readable=True, help="Recorded AMI streams; none: those of the tests."
        ),
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", help="Keep the rows there; none: a folder that is thrown away.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0, help="How many times as fast as it happened; 0: without pauses.")] = 0,
) -> None:
    """Play recordings and show the calls that come of them."""
    files = recordings or sorted(RECORDED.glob("*.bin"))
    with told_in_words(), tempfile.TemporaryDirectory(prefix="callboard-simulate-") as room:
        asyncio.run(_simulate(files, State(state or Path(room)), speed))


async def _simulate(files: list[Path], state: State, speed: float) -> None:
    state.claim()
    bus = Bus()
    desk = await open_desk(state.database_url, bus)
    try:
        await fill_rows(desk, customers=200, drivers=20)
        for file in files:
            told = await play(file.read_bytes(), desk, bus, speed)
            typer.echo(f"{file.name}: {', '.join(type(event).__name__ for event in told)}")
        async with desk.look() as session:
            office_id = await session.scalar(select(Office.id).order_by(Office.id).limit(1)) or 0
        for call in await newest_calls(desk, office_id, SHOWN):
            typer.echo(
                f"  call {call.id}: line {call.line}, {masked(call.number or '') or call.presentation}, {call.state}"
                f"{f' ({call.disposition})' if call.disposition else ''}"
            )
    finally:
        await desk.engine.dispose()
