"""What every file in sms/providers must do, whatever network it speaks to.

A new provider adds one `Stage` here: how its network is made to accept, refuse, refuse the log-in, keep silent and answer
oddly. No stage, no pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest

import sms.providers
from desk import plugins
from desk.texts import alphabets
from desk.texts.text_came import TextCame
from sms.outcome import Accepted, Ambiguous, NotSent, Outgoing, Provider, Receipt, Refused
from tests.sms.smsc import ACCEPT, CUT_AFTER, NO_ID, SILENT, Smsc, running_smsc

ACCEPTS, REFUSES, IS_SILENT, CUTS, ANSWERS_ODDLY = "accepts", "refuses", "is silent", "cuts", "answers oddly"
OUTGOING = Outgoing(7, "+821012345678", "15880001", "기사님이 10분 후 도착합니다.")
PASSWORD = "secret"


@dataclass
class Stage:
    """A network that does as it is told. `impatient`: the settings of one who does not wait long for an answer.

    `texts` counts what reached it; null where there is no network.
    """

    settings: dict[str, Any]
    impatient: dict[str, Any]
    behave: Callable[[str], None]
    texts: Callable[[], int] | None
    behaviours: frozenset[str]
    wrong_login: dict[str, Any] | None = None
    deliver: Callable[[], Any] | None = None
    text_us: Callable[[], Any] | None = None


@asynccontextmanager
async def console_stage() -> AsyncIterator[Stage]:
    yield Stage({}, {}, lambda _: None, None, frozenset({ACCEPTS}))


@asynccontextmanager
async def smpp_stage() -> AsyncIterator[Stage]:
    faults: dict[str, str | int] = {
        ACCEPTS: ACCEPT, REFUSES: 0x0B, IS_SILENT: SILENT, CUTS: CUT_AFTER, ANSWERS_ODDLY: NO_ID
    }  # fmt: skip
    async with running_smsc() as smsc:

        def behave(how: str) -> None:
            smsc.always = faults[how]

        keys = {"host": "127.0.0.1", "port": smsc.port, "system_id": "callboard", "password": PASSWORD}
        yield Stage(
            keys,
            keys | {"answer_timeout_s": 1},
            behave,
            lambda: len(smsc.submits),
            frozenset(faults),
            keys | {"password": "wrong"},
            _newest(smsc),
            lambda: smsc.text_us("수락 12"),
        )


def _newest(smsc: Smsc) -> Callable[[], Any]:
    return lambda: smsc.deliver(smsc.submits[-1].message_id)


STAGES = {"console": console_stage, "smpp": smpp_stage}


class Running:
    """A provider at work, with what it told."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.told: list[tuple[bool, str]] = []
        self.receipts: asyncio.Queue[Receipt] = asyncio.Queue()
        self.texts: asyncio.Queue[TextCame] = asyncio.Queue()
        self.changed = asyncio.Event()

    async def take(self, receipt: Receipt) -> None:
        self.receipts.put_nowait(receipt)

    async def take_text(self, came: TextCame) -> None:
        self.texts.put_nowait(came)

    def tell(self, ok: bool, reason: str) -> None:
        self.told.append((ok, reason))
        self.changed.set()


@asynccontextmanager
async def running(name: str, keys: dict[str, Any], ready: bool = True) -> AsyncIterator[Running]:
    """A provider once it says that its way is open, or (`ready` false) that it is not."""
    module = plugins.load(sms.providers, name)
    at_work = Running(cast(Provider, module.open_provider(module.Settings(**keys))))
    task = asyncio.create_task(at_work.provider.run(at_work.take, at_work.tell, at_work.take_text))
    try:
        async with asyncio.timeout(60):
            while ready not in [ok for ok, _ in at_work.told]:
                at_work.changed.clear()
                await at_work.changed.wait()
        yield at_work
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_every_provider_has_a_stage_here() -> None:
    assert plugins.names(sms.providers) == sorted(STAGES)


@pytest.fixture(params=sorted(STAGES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def stage(name: str) -> AsyncIterator[Stage]:
    async with STAGES[name]() as made:
        yield made


def needs(stage: Stage, behaviour: str) -> bool:
    """Whether the network of this provider can behave so (the console has no network)."""
    return behaviour in stage.behaviours


def test_it_calls_itself_by_its_file_name(name: str, stage: Stage) -> None:
    module = plugins.load(sms.providers, name)
    assert module.open_provider(module.Settings(**stage.settings)).name == name
    assert module.__doc__


def test_it_refuses_a_key_that_it_does_not_know(name: str, stage: Stage) -> None:
    with pytest.raises(ValueError, match="no_such_key"):
        plugins.load(sms.providers, name).Settings(**stage.settings, no_such_key=1)


async def test_what_it_calls_accepted_has_an_id_and_gets_a_receipt_by_it(name: str, stage: Stage) -> None:
    async with running(name, stage.settings) as at_work:
        outcome = await at_work.provider.send(OUTGOING)
        assert isinstance(outcome, Accepted)
        deliver = (stage.deliver(),) if stage.deliver else ()
        receipt, *_ = await asyncio.wait_for(asyncio.gather(at_work.receipts.get(), *deliver), 60)
        assert (receipt.provider_id, receipt.state) == (outcome.provider_ids[0], "delivered")


async def test_a_text_from_a_person_is_handed_over_as_it_was_written(name: str, stage: Stage) -> None:
    if stage.text_us is None:
        assert stage.texts is None, "a provider with a network must show what a person's text does"
        return
    async with running(name, stage.settings) as at_work:
        came, _ = await asyncio.wait_for(asyncio.gather(at_work.texts.get(), stage.text_us()), 60)
        assert (came.sender, alphabets.read(came.octets, came.coding)) == ("+821012345678", "수락 12")
        assert at_work.receipts.empty()


async def test_two_texts_never_get_one_id(name: str, stage: Stage) -> None:
    async with running(name, stage.settings) as at_work:
        outcomes = [await at_work.provider.send(OUTGOING) for _ in range(2)]
    ids = [outcome.provider_ids for outcome in outcomes if isinstance(outcome, Accepted)]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [(REFUSES, Refused), (IS_SILENT, Ambiguous), (CUTS, Ambiguous), (ANSWERS_ODDLY, Ambiguous)],
)
async def test_a_network_that_misbehaves_is_told_apart(
    name: str, stage: Stage, behaviour: str, expected: type[object]
) -> None:
    if not needs(stage, behaviour):
        assert stage.texts is None, "a provider with a network must show how that misbehaves"
        return
    stage.behave(behaviour)
    settings = stage.impatient if behaviour == IS_SILENT else stage.settings
    async with running(name, settings) as at_work:
        outcome = await at_work.provider.send(OUTGOING)
        assert isinstance(outcome, expected)
        assert stage.texts is not None
        assert stage.texts() == (0 if behaviour == REFUSES else 1)


async def test_before_its_way_is_open_nothing_leaves(name: str, stage: Stage) -> None:
    module = plugins.load(sms.providers, name)
    provider = cast(Provider, module.open_provider(module.Settings(**stage.settings)))
    if stage.texts is None:
        assert stage.wrong_login is None, "a provider with a network must count what leaves"
        return
    assert not provider.ready()
    assert isinstance(await provider.send(OUTGOING), NotSent)
    assert stage.texts() == 0


async def test_a_refused_log_in_is_told_in_words_without_the_password(name: str, stage: Stage) -> None:
    if stage.wrong_login is None:
        assert stage.texts is None, "a provider with a network must show what a wrong log-in does"
        return
    async with running(name, stage.wrong_login, ready=False) as at_work:
        [(ok, reason)] = at_work.told
        assert not ok
        assert "password" in reason
        assert stage.wrong_login["password"] not in reason.replace("wrong password", "")
        assert not at_work.provider.ready()
