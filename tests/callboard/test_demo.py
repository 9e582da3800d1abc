"""The demo's log-ins are never lost, always lead to the address of this start, and are read by their owner only."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from callboard import demo as module
from callboard.config import load
from callboard.demo import fill_demo, show_logins
from callboard.instance import Instance, Progress
from callboard.state import State, StateError
from desk.office import people
from desk.work import Desk


async def filled(desk: Desk, folder: Path, port: int = 8080) -> None:
    """The demo, in small."""
    await fill_demo(instance(desk, folder, port), Progress(lambda _: None), customers=20, drivers=3)


def instance(desk: Desk, folder: Path, port: int) -> Instance:
    return Instance(State(folder), load(None, {"web": {"port": port}}), desk, {}, None, None)


async def test_a_start_killed_before_the_demo_is_stored_leaves_nothing_that_the_next_one_could_miss(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(path: Path, content: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(module, "write_private", killed)
        with pytest.raises(Killed):
            await filled(desk, tmp_path)
    await filled(desk, tmp_path)
    logins = json.loads((tmp_path / "demo-logins.json").read_text())
    for who in (*logins["operators"], logins["admin"]):
        await people.sign_in(desk, who["user"], who["password"])


async def test_a_start_on_another_port_keeps_the_log_ins_and_tells_the_new_address(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "demo-logins.json"
    await filled(desk, tmp_path)
    first = json.loads(path.read_text())
    await filled(desk, tmp_path, 8099)
    second = json.loads(path.read_text())
    assert second == {**first, "url": "http://127.0.0.1:8099"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["{", "[]", "\udcff"])
async def test_a_damaged_file_of_secrets_or_log_ins_is_named(desk: Desk, tmp_path: Path, content: str) -> None:
    for name in ("secrets.json", "demo-logins.json"):
        (tmp_path / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(StateError, match=r"secrets\.json"):
        State(tmp_path).secrets()
    with pytest.raises(StateError, match=r"demo-logins\.json"):
        show_logins(instance(desk, tmp_path, 8080), lambda _: None)
