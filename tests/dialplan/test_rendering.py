"""Whole files against golden ones, and what cannot be written safely is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dialplan import escape
from dialplan.lint import findings
from dialplan.publish import publish
from dialplan.reading import read
from dialplan.render import render_all
from dialplan.settings import Line, Operator, Secrets, Settings
from tests.dialplan.sites import site

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.mark.parametrize("path", sorted(path.name for path in render_all(site())))
def test_a_rendered_file_is_the_golden_one(path: str) -> None:
    """`UPDATE_GOLDEN=1` writes them anew; read the difference before committing it.

    Seen failing with a manager port on every address, and without its `deny`.
    """
    text = {file.name: text for file, text in render_all(site()).items()}[path]
    golden = GOLDEN / "asterisk" / path
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text)
    assert golden.read_text() == text


def test_nothing_else_lies_among_the_golden_files() -> None:
    assert {path.name for path in (GOLDEN / "asterisk").iterdir()} == {path.name for path in render_all(site())}


def test_a_site_without_stand_ins_and_demo_has_no_trace_of_them() -> None:
    rendered = "".join(render_all(site(settings=Settings(stand_in_phones=False), oneshot_script=None)).values())
    assert "standin" not in rendered
    assert "demo" not in rendered
    assert "oneshot" not in rendered.replace("CB_STAGE=oneshot", "")


def test_our_own_rendering_has_no_finding(tmp_path: Path) -> None:
    """Seen failing with a manager port on every address, a right to `config`, and a System step in the templates."""
    publish(render_all(site(tmp_path)))
    assert findings(tmp_path / "asterisk" / "etc") == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Line(did="_X."),
        lambda: Line(did="1588;0001"),
        lambda: Line(did="15880001", flow="../x"),
        lambda: Line(did="15880001", language="ko,1"),
        lambda: Operator(extension="1001\nexten", sip_password="p" * 20),
        lambda: Operator(extension="1001", sip_password="short"),
        lambda: Operator(extension="1001", sip_password="p" * 20 + "\n[x]"),
        lambda: Secrets(ami_reader="r" * 31, ami_actor="a" * 32, agi_token="t" * 32),
        lambda: Settings(sip_address="all"),
        lambda: Settings(unknown_key=1),
        lambda: Settings(rtp_first_port=20000, rtp_last_port=10000),
        lambda: site(lines=(Line(did="1"), Line(did="1"))),
    ],
)
def test_settings_that_would_write_something_else_are_refused(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValidationError):
        wrong()


@pytest.mark.parametrize("path", ["/a\nb", "/a;b\n", "/${SHELL(id)}", '/a"b', "/a&b", "/a\\b", "/a)b", "/`id`"])
def test_a_script_path_that_the_dialplan_would_read_otherwise_is_refused(path: str) -> None:
    with pytest.raises(escape.Unwritable):
        render_all(site(oneshot_script=Path(path)))


@pytest.mark.parametrize("state", ["/with blank/x", "/한글", "/a,b"])
def test_a_folder_s_name_survives_in_the_file(state: str, tmp_path: Path) -> None:
    rendered = render_all(site(Path(state), oneshot_script=None))
    path = tmp_path / "asterisk.conf"
    path.write_text(next(text for file, text in rendered.items() if file.name == "asterisk.conf"))
    values = {entry.key: entry.value for entry in read(path).entries}
    assert values["astetcdir"] == f"{state}/asterisk/etc"


@given(st.text())
def test_a_configuration_value_is_read_back_as_it_was_or_refused(text: str) -> None:
    try:
        written = escape.config_value(text)
    except escape.Unwritable:
        return
    assert "\n" not in written
    assert "\r" not in written
    assert written.replace("\\;", ";") == text
    assert ";" not in written.replace("\\;", "")


@given(st.text())
def test_a_dialplan_argument_is_one_inert_argument_or_refused(text: str) -> None:
    try:
        written = escape.dialplan_argument(text)
    except escape.Unwritable:
        return
    assert "$" not in written
    assert "," not in written.replace("\\,", "")


@pytest.mark.parametrize("text", ["", "_X.", "1 2", "1,1", "s", "1" * 33, "１２"])
def test_only_literal_digits_are_an_extension(text: str) -> None:
    """Seen failing with nothing looked at, and with patterns let through."""
    with pytest.raises(escape.Unwritable):
        escape.extension(text)


def test_publishing_tells_what_changed_and_keeps_secrets_private(tmp_path: Path) -> None:
    """Seen failing with files of 0644, a folder of 0755, and a file's rights not looked at."""
    files = render_all(site(tmp_path))
    assert publish(files) == set(files)
    assert publish(files) == frozenset()
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "asterisk" / "etc").stat().st_mode & 0o777 == 0o700
    manager = next(path for path in files if path.name == "manager.conf")
    manager.chmod(0o644)
    assert publish(files) == {manager}
    assert manager.stat().st_mode & 0o777 == 0o600
    stale = manager.with_name("sip.conf")
    stale.write_text("[old]\n")
    assert publish(files) == {stale}
    assert not stale.exists()
