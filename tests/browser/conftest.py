"""A real Chromium before the real panel on a real database."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, async_playwright

from desk.events import PartChanged
from tests.browser.scene import DeskPhone, Scene
from tests.web.conftest import PASSWORD, House, engine_name, hashed, house, quiet_log  # noqa: F401 -- fixtures
from web.settings import Settings

# A second --disable-features takes the place of Playwright's, which is therefore said again.
PLAYWRIGHTS_OWN = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "TcpPortRandomizationWin,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch"
)
ADDRESS_BAR = "WebUIOmniboxPopup,WebUIOmniboxAimPopup"
"""What Chromium's own address bar unfolds: two more pages for each window, which cost half a second of a processor."""
CHROMIUM_OPTIONS = ["--no-sandbox", f"--disable-features={PLAYWRIGHTS_OWN},{ADDRESS_BAR}"]
"""Its own sandbox cannot work for root in a container."""
NO_PROGRAM = "these tests need Chromium: apt-get install chromium, or say where it is in CALLBOARD_CHROMIUM"


@pytest.fixture
def settings() -> Settings:
    """The panel's settings as in production. The port is fixed: the session cookie is named after it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Settings(port=port, test_call_every_s=0, dial_every_s=0)


def chromium_path() -> str:
    found = os.environ.get("CALLBOARD_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, NO_PROGRAM
    return found


def shell_path() -> str:
    """Chromium without its windows where there is one: the same pages for half the processor time."""
    return os.environ.get("CALLBOARD_CHROMIUM") or shutil.which("chromium-headless-shell") or chromium_path()


@pytest.fixture(scope="session")
def browser_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where one Chromium of a whole run is reached: to start one for each test took as long as many a test."""
    options = {"executablePath": shell_path(), "args": CHROMIUM_OPTIONS, "headless": True}
    file = tmp_path_factory.mktemp("chromium") / "server.json"
    file.write_text(json.dumps(options))
    command = [sys.executable, "-m", "playwright", "launch-server", "--browser", "chromium", "--config", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        os.killpg(server.pid, signal.SIGTERM)  # the program that was asked for has started another one


@pytest.fixture
async def chromium(browser_url: str) -> AsyncIterator[Browser]:
    """The browser, with nothing of an earlier test in it: what a test has opened goes with its connection."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect(browser_url)
        yield browser
        await browser.close()


@pytest.fixture(autouse=True)
def seen_is_listening(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test has waited to see is on a page that has loaded: before that no key reaches the page's scripts.

    A person takes longer than that to press the next key. Seen needed with every script 1 s late.
    """

    def loaded(wait: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def waiting(page: Page, *what: Any, **more: Any) -> Any:
            found = await wait(page, *what, **more)
            await page.wait_for_load_state()
            return found

        return waiting

    for name in ("wait_for_selector", "wait_for_function"):
        monkeypatch.setattr(Page, name, loaded(getattr(Page, name)))


@pytest.fixture
def scene(house: House) -> Scene:  # noqa: F811
    """What happens outside; the operator's phone picks up when the console says so."""
    scene = Scene(house.desk, house.site, DeskPhone(house.desk))
    house.phone.answer = scene.phone.answer  # type: ignore[method-assign]
    house.phone.hangup = scene.phone.hangup  # type: ignore[method-assign]
    house.phone.dial = scene.phone.dial  # type: ignore[method-assign]
    house.phone.next = scene.phone.next  # type: ignore[method-assign]
    house.desk.bus.tell(PartChanged(house.desk.clock(), "ami", ok=True))
    return scene


class Console:
    """One operator's page, with everything odd that it did: errors, dialogs, refused content."""

    def __init__(self, page: Page, house: House, scene: Scene) -> None:  # noqa: F811
        self.page = page
        self.house = house
        self.scene = scene
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.on("dialog", self._dialog)

    def _console(self, message: ConsoleMessage) -> None:
        refused_by_policy = "Content Security Policy" in message.text
        if refused_by_policy:
            self.errors.append(message.text)

    async def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        await dialog.dismiss()

    async def open(self) -> None:
        """The console, connected."""
        await self.page.goto(self.house.base + "/")
        await self.page.wait_for_selector("bottom-line .link.up")

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def focused(self) -> str | None:
        """The name of the field with the focus, or of whatever else has it."""
        return await self.page.evaluate(
            "document.activeElement.name || document.activeElement.className || document.activeElement.tagName"
        )

    async def value(self, field: str) -> str:
        return await self.page.input_value(f"order-form [name={field}]")

    async def ringing(self, call_id: int, name: str = "") -> None:
        """Wait until the call's card is there, and says `name`."""
        await self.page.wait_for_selector(f'call-list .card.rings[data-call="{call_id}"]')
        await self.sees(f'[data-call="{call_id}"]', name)

    async def opened(self, call_id: int) -> None:
        await self.page.wait_for_selector(f'call-list [data-call="{call_id}"].open')

    async def sees(self, selector: str, text: str) -> None:
        """Wait until what `selector` finds says `text`."""
        await self.page.wait_for_function(
            "([selector, text]) => document.querySelector(selector)?.innerText.includes(text)", arg=[selector, text]
        )

    async def until(self, expression: str) -> None:
        """Wait until the page finds `expression` true."""
        # As a function: a bare expression would be evaluated in the page, which its policy forbids.
        await self.page.wait_for_function(f"() => Boolean({expression})")

    async def knows_no_places(self) -> None:
        """The server proposes none: on a slow machine a list would be there before the Esc that is meant for the card."""
        await self.page.route("**/api/v1/places?*", lambda route: route.fulfill(json={"items": [], "next": None}))

    def unharmed(self) -> None:
        """Nothing odd happened."""
        assert self.errors == []
        assert self.dialogs == []

    async def picture(self, name: str, folder: Path) -> None:
        await self.page.screenshot(path=folder / f"{name}.png")


OpenConsole = Callable[..., Awaitable[Console]]


@pytest.fixture
async def sit_down(chromium: Browser, house: House, scene: Scene) -> AsyncIterator[OpenConsole]:  # noqa: F811
    """An operator signs in and sits down: `console = await sit_down()`; `user`, `locale`, `theme`, `size` may be told."""
    contexts: list[BrowserContext] = []

    async def sit(
        user: str = "op", locale: str = "ko", theme: str = "dark", size: tuple[int, int] = (1280, 720)
    ) -> Console:
        context = await chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale="ko-KR")
        contexts.append(context)
        remembered = json.dumps([["callboard.locale", locale], ["callboard.theme", theme]])
        await context.add_init_script(
            f"for (const [key, value] of {remembered}) if (!localStorage.getItem(key)) localStorage.setItem(key, value)"
        )
        page = await context.new_page()
        page.set_default_timeout(40_000)
        console = Console(page, house, scene)
        # By the form signs in who tests signing in: its page takes as long to load as many a test to do the rest.
        told = await context.request.post(
            house.base + "/api/v1/session",
            data={"user": user, "password": PASSWORD},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert told.status == 201, await told.text()
        await console.open()
        return console

    yield sit
    for context in contexts:
        await context.close()


@pytest.fixture
async def console(sit_down: OpenConsole) -> AsyncIterator[Console]:
    """A Korean operator at a dark console of 1280x720, who must not have met anything odd by the end."""
    console = await sit_down()
    yield console
    console.unharmed()
