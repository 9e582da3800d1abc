"""Play recordings through the real path: a site of its own, real in every part, between played neighbours."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated

import structlog
import typer
from sqlalchemy import func, select

from callboard.commands.options import told_in_words
from callboard.instance import CHECKOUT
from callboard.replay.dump import canonical
from callboard.replay.player import Outcome, Player
from callboard.replay.recording import open_recording, whole_header
from callboard.replay.site import played_site
from callboard.replay.waiting import Stuck
from callboard.state import State
from callboard.tape_format import BadRecording, Entry, Header
from desk.call import calls
from desk.numbers import masked
from desk.work import Desk
from models import Office, Order

RECORDED = CHECKOUT / "tests" / "samples" / "ami"
SHOWN = 20


def simulate(
    recordings: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, dir_okay=False, readable=True, help="Recordings; none: those of the tests."),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", help="A state folder to play on (a copy!); none: one recording, one throw-away demo site."
        ),
    ] = None,
    speed: Annotated[float, typer.Option(min=0, help="How many times as fast as it happened; 0: without pauses.")] = 0,
    dump: Annotated[
        Path | None,
        typer.Option(help="Write the calls and orders there, the same bytes whenever the same has happened."),
    ] = None,
) -> None:
    """Play recordings and show the calls and orders that come of them."""
    files = recordings or sorted((*RECORDED.glob("*.bin"), *RECORDED.glob("*.jsonl")))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    texts = []
    with told_in_words():
        for file in files:
            items = open_recording(file)
            with tempfile.TemporaryDirectory(prefix="callboard-simulate-") as room:
                texts.append(asyncio.run(_simulate(file, items, State(state or Path(room)), speed)))
    if dump is not None:
        dump.write_text("".join(texts), encoding="utf-8")


async def _simulate(file: Path, items: list[Header | Entry], state: State, speed: float) -> str:
    state.claim()
    async with played_site(state, whole_header(items)) as site:
        try:
            outcome = await Player(site, items, speed).play()
        except Stuck as stuck:
            raise BadRecording(f"{file} could not be played to its end: {stuck}") from None
        text = await canonical(site.desk)
        await _show(file, outcome, site.desk, text)
    return text


async def _show(file: Path, outcome: Outcome, desk: Desk, text: str) -> None:
    async with desk.look() as session:
        office_id = await session.scalar(select(Office.id).order_by(Office.id).limit(1)) or 0
        newest = await calls.calls_list(session, calls.CallFilter(office_id=office_id, limit=SHOWN))
        orders = await session.scalar(select(func.count(Order.id)).where(Order.call_id.is_not(None)))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    typer.echo(f"{file.name}: {outcome.played} entries played, {orders} orders from calls; calls and orders {digest}")
    for call in newest.items:
        who = masked(call.number or "") or call.presentation
        how = f" ({call.disposition})" if call.disposition else ""
        typer.echo(f"  call {call.id}: line {call.line}, {who}, {call.state}{how}")
    for sentence, count in Counter(outcome.unlike).items():
        typer.echo(f"  unlike the recording: {sentence}{f' ({count} times)' if count > 1 else ''}")
