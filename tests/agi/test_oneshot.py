"""The one-shot script as Asterisk runs it, a process with two pipes; and the same probes on pyst2's own class, which fails."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asterisk import agi as pyst

from agi.errors import AGIHangup, AGIUsageError
from agi.launcher import launcher
from agi.oneshot import BUDGET_SECONDS, GRACE_SECONDS, Note, Script
from agi.sounds import Sounds
from tests.agi.caller import Caller
from tests.agi.house import CHECKOUT
from tests.agi.peer import command_name, header_block

SITE = Path(sysconfig.get_paths()["purelib"])
VARIABLES = {b"CB_LINKEDID": b"cb12ab34cd-1795313179.5", b"CB_LINE": b"15880001", b"CB_PRESENTATION": b"allowed"}

Answer = Callable[[bytes], bytes | None]


@pytest.fixture
def launched(tmp_path: Path, sounds: Sounds) -> Iterator[Callable[..., list[bytes]]]:
    """Run the script with a header block and answers; the commands that it sent. Its notes are in tmp_path / "spool"."""
    folder = tmp_path / "a folder with 'quotes' and $(blanks)"
    (tmp_path / "spool").mkdir()
    folder.mkdir()
    script = folder / "oneshot"
    script.write_text(launcher(Path(sys.executable), [CHECKOUT, SITE], tmp_path / "spool", sounds.folder, "ko"))
    script.chmod(0o700)
    processes: list[subprocess.Popen[bytes]] = []

    def run(block: bytes, answer: Answer) -> list[bytes]:
        process = subprocess.Popen(
            [str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        processes.append(process)
        assert process.stdin
        assert process.stdout
        assert process.stderr
        commands = []
        process.stdin.write(block)
        process.stdin.flush()
        while line := process.stdout.readline():
            commands.append(line)
            reply = answer(line)
            if reply is None:
                break
            process.stdin.write(reply)
            process.stdin.flush()
        process.stdin.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""
        return commands

    yield run
    for process in processes:
        assert process.stdin
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()


def notes(tmp_path: Path) -> list[dict[str, Any]]:
    """What is in the spool."""
    return [json.loads(path.read_text("utf-8")) for path in (tmp_path / "spool").glob("*.json")]


def asterisk(key: str = "") -> Answer:
    """Asterisk's answers, for a caller who presses `key` when asked."""
    caller = Caller(key)

    def answer(line: bytes) -> bytes | None:
        for name, value in VARIABLES.items():
            if name in line:
                return b"200 result=1 (" + value + b")\n"
        return caller.answer(line)

    return answer


def block(mode: str = "unreachable", **more: str) -> bytes:
    """The header block of the dialplan's AGI(script,mode)."""
    return header_block("x", agi_arg_1=mode, **more)


@pytest.mark.parametrize(
    ("key", "kind"), [("1", "place"), ("2", "operator"), ("0", "operator"), ("*", "operator"), ("", "none")]
)
def test_the_caller_and_his_key_are_noted(launched: Any, tmp_path: Path, key: str, kind: str) -> None:
    launched(block(agi_calleridname='홍길동 "<b>"'), asterisk(key))
    (note,) = notes(tmp_path)
    assert note.pop("at").endswith("+00:00")
    assert note == {
        "linkedid": "cb12ab34cd-1795313179.5",
        "line": "15880001",
        "number": "01012345678",
        "name": '홍길동 "<b>"',
        "presentation": "allowed",
        "choice": {"kind": kind, "rank": 1, "key": key},
    }


def test_the_caller_is_on_the_disk_before_anything_is_played(launched: Any, tmp_path: Path) -> None:
    seen: list[list[dict[str, Any]]] = []
    answers = asterisk("1")

    def answer(line: bytes) -> bytes | None:
        if command_name(line) == "ANSWER":
            seen.append(notes(tmp_path))
        return answers(line)

    launched(block(), answer)
    assert [note["choice"] for note in seen[0]] == [None]


def test_when_a_conversation_was_interrupted_the_caller_is_only_noted(launched: Any, tmp_path: Path) -> None:
    commands = launched(block("interrupted"), asterisk("1"))
    assert {command_name(line) for line in commands} == {"GET VARIABLE"}
    assert [note["choice"] for note in notes(tmp_path)] == [None]


def test_the_whole_script_stands_under_asterisk_s_timer(launched: Any) -> None:
    commands = launched(block(), asterisk())
    assert command_name(commands[0]) == "SET AUTOHANGUP"
    assert 0 < float(commands[0].split()[-1]) <= BUDGET_SECONDS + GRACE_SECONDS + 0.01 < 3
    (wait,) = [line for line in commands if command_name(line) == "WAIT FOR DIGIT"]
    assert int(wait.split()[-1]) <= BUDGET_SECONDS * 1000


@pytest.mark.parametrize("way", ["eof", "hangup", "failed"])
def test_a_hang_up_at_any_step_keeps_the_note(launched: Any, tmp_path: Path, way: str) -> None:
    for step in range(1, 8):
        caller = Caller("1", hangs_up_at=step, way=way)
        launched(block(), caller.answer)
        assert len(notes(tmp_path)) == max(0, step - 4)


def test_a_hang_up_signal_does_not_kill_the_note(launched: Any, tmp_path: Path) -> None:
    answers = asterisk("1")

    def answer(line: bytes) -> bytes | None:
        if b"CB_LINKEDID" in line:
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                if b"agi.oneshot" in entry.read_bytes() and str(tmp_path).encode() in entry.read_bytes():
                    os.kill(int(entry.parent.name), signal.SIGHUP)
        return answers(line)

    launched(block(), answer)
    assert [note["choice"]["kind"] for note in notes(tmp_path)] == ["place"]


def test_a_name_in_another_encoding_or_with_control_characters_is_noted(launched: Any, tmp_path: Path) -> None:
    raw = block(agi_calleridname="NAME").replace(b"NAME", "홍길동".encode("cp949") + b"\x1b[31m${SHELL(id)}")
    launched(raw, asterisk())
    assert notes(tmp_path)[0]["name"] == "홍길동\x1b[31m${SHELL(id)}"


def test_a_linkedid_cannot_lead_out_of_the_spool(launched: Any, tmp_path: Path) -> None:
    launched(block("interrupted", agi_uniqueid="../../../etc/x\0y"), Caller().answer)
    (path,) = (tmp_path / "spool").iterdir()
    assert path.name.startswith(".._.._.._etc_x")


def test_a_spool_that_cannot_be_written_costs_the_caller_nothing(launched: Any, tmp_path: Path) -> None:
    (tmp_path / "spool").rmdir()
    assert launched(block(), asterisk("1"))


def test_a_script_that_cannot_even_start_writes_nothing_to_asterisk(tmp_path: Path) -> None:
    script = tmp_path / "oneshot"
    script.write_text(launcher(Path(sys.executable), [tmp_path / "gone"], tmp_path, tmp_path, "ko"))
    script.chmod(0o700)
    told = subprocess.run([str(script)], input=block(), capture_output=True, check=False)
    assert (told.stdout, told.stderr) == (b"", b"")


def test_a_note_is_read_by_its_owner_only_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    Note(tmp_path, {"linkedid": "cb1-1.1"}).keep()
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_script_imports_nothing_heavy() -> None:
    code = (
        f"import sys; sys.path[:0] = [{str(CHECKOUT)!r}, {str(SITE)!r}]; import agi.oneshot; "
        "heavy = {'sqlalchemy', 'aiohttp', 'pydantic', 'panoramisk', 'structlog', 'asyncio', 'ssl', 'socket'}; "
        "others = {name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names); "
        "print(sorted(heavy & set(sys.modules)), sorted(others))"
    )
    told = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[] ['__main__', 'agi', 'asterisk', 'six']"


# --- the same probes on pyst2's own class -----------------------------------------------------------------------------


def stock(data: bytes) -> Any:
    """pyst2's AGI over these bytes; what it writes to stderr is kept in `.stderr`."""
    before = signal.getsignal(signal.SIGHUP)
    try:
        return pyst.AGI(io.BytesIO(b"agi_uniqueid: 1.1\n\n" + data), io.StringIO(), io.StringIO())
    finally:
        signal.signal(signal.SIGHUP, before)


def ours(data: bytes) -> Script:
    """Our script over the same bytes."""
    return Script(io.BytesIO(b"agi_uniqueid: 1.1\n\n" + data), io.BytesIO())


@pytest.mark.parametrize("data", [b"", b"HANGUP\n"])
def test_a_hang_up_is_a_value_error_for_pyst2_and_a_hang_up_for_ours(data: bytes) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        stock(data).answer()
    with pytest.raises(AGIHangup):
        ours(data).answer()


def test_a_dead_channel_is_unknown_to_pyst2_and_a_hang_up_for_ours() -> None:
    data = b"511 Command Not Permitted on a dead channel\n"
    with pytest.raises(pyst.AGIUnknownError):
        stock(data).answer()
    with pytest.raises(AGIHangup):
        ours(data).answer()


def test_trying_is_an_error_for_pyst2_and_passed_over_by_ours() -> None:
    data = b"100 result=0 Trying...\n200 result=0\n"
    with pytest.raises(pyst.AGIUnknownError):
        stock(data).answer()
    ours(data).answer()


def test_the_word_hangup_as_a_value_is_told_apart_by_ours_only() -> None:
    data = b"200 result=1 (hangup)\n"
    assert stock(data).get_variable("A") == "hangup"
    with pytest.raises(pyst.AGIResultHangup):
        stock(data).execute("GET VARIABLE", '"A"')
    assert ours(data).execute("GET VARIABLE", '"A"') == {"result": ("1", "hangup")}


CUT_USAGE = b"520-Invalid command syntax.  Proper usage follows:\nUsage: ANSWER\n"


def test_a_usage_block_without_an_end_is_endless_for_pyst2_only() -> None:
    code = (
        "import io, sys; from asterisk import agi\n"
        f"script = agi.AGI(io.BytesIO({b'agi_x: 1' + bytes([10, 10]) + CUT_USAGE!r}), io.StringIO(), io.StringIO())\n"
        "script.answer()"
    )
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(
            [sys.executable, "-c", f"import resource; resource.setrlimit(resource.RLIMIT_CPU, (20, 20))\n{code}"],
            timeout=3,
        )
    with pytest.raises(AGIHangup):
        ours(CUT_USAGE).answer()


def test_a_usage_block_is_read_whole_by_ours() -> None:
    with pytest.raises(AGIUsageError, match="Answers"):
        ours(b"520-Invalid\nUsage: ANSWER\n Answers\n520 End\n").answer()


def test_a_file_name_with_blanks_is_two_arguments_for_pyst2_and_one_for_ours() -> None:
    loose, strict = stock(b"200 result=0\n"), ours(b"200 result=0\n")
    loose.stream_file('a b" c')
    strict.stream_file('a b" c')
    assert loose.stdout.getvalue().startswith("STREAM FILE a b")
    assert strict.stdout.getvalue() == b'STREAM FILE "a b\\" c" "" 0\n'


def test_pyst2_writes_callers_to_its_errors_and_ours_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert "agi_uniqueid" in stock(b"").stderr.getvalue()
    ours(b"200 result=0\n").answer()
    assert capfd.readouterr() == ("", "")


def test_pyst2_takes_over_the_hang_up_signal_and_ours_does_not() -> None:
    before = signal.getsignal(signal.SIGHUP)
    ours(b"")
    assert signal.getsignal(signal.SIGHUP) is before


@pytest.mark.parametrize("data", [b"junk\n" * 300, b"520-x\n" + b"y\n" * 300, b"z" * 200_000])
def test_whatever_comes_instead_of_a_reply_is_bounded(data: bytes) -> None:
    with pytest.raises(AGIHangup):
        ours(data).answer()
