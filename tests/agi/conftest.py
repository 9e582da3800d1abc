"""What the tests of the caller's side share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agi.sounds import Sounds
from callboard.instance import ROOT
from callboard.pbx_engine import Engine
from callboard.prompts import find_tools, make_prompts
from tests.agi.house import CHECKOUT, House
from tests.pbx_fixture import real_asterisk


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Sounds:
    """Every prompt, really synthesised."""
    folder = tmp_path_factory.mktemp("sounds")
    made = Sounds(folder)
    making = make_prompts(CHECKOUT / "locales", made, folder / "own", find_tools(ROOT), lambda *_: None)
    asyncio.run(making)
    return made


@pytest.fixture
def house(pbx_engine: Engine, sounds: Sounds, tmp_path: Path) -> Iterator[House]:
    """A real Asterisk that knows where our AGI server and our one-shot script are."""
    script = tmp_path / "oneshot"
    with real_asterisk(pbx_engine, oneshot=script) as asterisk:
        house = House(asterisk, sounds, script)
        house.place_script()
        yield house
