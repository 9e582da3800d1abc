"""What a proxy's headers may not do, what our own files may not hold, and how the folders lie."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callboard.pbx_engine import TESTED, Engine
from callboard.state import State
from tests.web.conftest import House
from web.access.origin import own_origin

CHECKOUT = Path(__file__).parent.parent.parent
WRONG = {"user": "op", "password": "not the password"}
PROXIES = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP")
RAW_HTML = re.compile(
    r"\|\s*safe\b|\bMarkup\(|autoescape\s+false|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    r"|unsafeHTML|unsafeSVG|unsafeStatic|srcdoc|\son[a-z]+\s*=\s*[\"']",
)


async def test_a_header_of_a_proxy_buys_no_further_tries(house: House) -> None:
    """Seen failing with the address taken from X-Forwarded-For: an attacker writes a new one each time."""
    visitor = house.anonymous()
    for at in range(house.settings.login_failures_per_account):
        told = dict.fromkeys(PROXIES, f"10.0.0.{at}")
        assert (await visitor.api("POST", "/session", WRONG, headers=told)).status == 401
    told = dict.fromkeys(PROXIES, "10.9.9.9")
    assert (await visitor.api("POST", "/session", WRONG, headers=told)).status == 429


async def test_a_header_of_a_proxy_does_not_make_another_origin_ours(house: House) -> None:
    """Seen failing with the origin taken from X-Forwarded-Host."""
    visitor = await house.signed_in()
    del visitor.http.headers["Sec-Fetch-Site"]
    told = {"Origin": "http://e.example", "X-Forwarded-Host": "e.example", "Forwarded": "host=e.example"}
    answer = await visitor.api("POST", "/orders", {"origin": {"text": "x"}}, headers=told)
    assert (answer.status, answer.code) == (403, "cross_site")
    assert own_origin("https://desk.example", "http", "127.0.0.1") == "https://desk.example"


@pytest.mark.parametrize(
    "path",
    [path for folder in ("templates", "static/console", "pages") for path in sorted((CHECKOUT / "web" / folder).rglob("*.*"))
     if path.suffix in (".html", ".j2", ".js", ".py")],
    ids=lambda path: path.name,
)  # fmt: skip
def test_no_file_of_the_panel_writes_markup_from_data(path: Path) -> None:
    """Seen failing with an `el.innerHTML = name` in call-list.js and a `{{ user|safe }}` in login.html."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        assert not RAW_HTML.search(line), f"{path.name}:{number}: {line.strip()}"


def test_recordings_lie_where_no_web_page_and_no_other_user_comes(tmp_path: Path) -> None:
    """Seen failing with the folder made 0755, and the state's."""
    state = State(tmp_path / "state")
    state.make()
    assert state.recordings.stat().st_mode & 0o007 == 0
    assert state.folder.stat().st_mode & 0o077 == 0
    assert not state.recordings.resolve().is_relative_to((CHECKOUT / "web").resolve())


@pytest.mark.parametrize(
    ("version", "old"),
    [((20, 9, 3), True), ((22, 10, 0), True), ((22, 10), True), (TESTED, False), ((23, 0, 0), False)],
)
def test_an_asterisk_older_than_the_tested_one_is_told_of(version: tuple[int, ...], old: bool) -> None:
    """Seen failing with the comparison turned round."""
    nowhere = Path("/nowhere")
    engine = Engine(("asterisk",), version, nowhere, nowhere, nowhere, private=False)
    assert bool(engine.warning) == old
    assert not old or ".".join(map(str, version)) in engine.warning
