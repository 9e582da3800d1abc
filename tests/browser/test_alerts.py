"""The ladder of alerts: the icon's count, the desktop while nobody looks, the ring and who silences it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.browser.conftest import Console, OpenConsole
from tests.browser.scene import Scene
from tests.browser.test_settings import choose

pytestmark = pytest.mark.browser

# What was begun to sound, and whether it was cut off since; what was shown on the desktop; a page that can be out of sight.
SPY = """
  globalThis.heard = [];
  globalThis.shownOnDesktop = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) { globalThis.heard.push(this.frequency.value); return start.call(this, at); };
  const cut = GainNode.prototype.disconnect;
  GainNode.prototype.disconnect = function (...rest) { globalThis.heard.length = 0; return cut.apply(this, rest); };
  AudioContext.prototype.setSinkId = async function (id) { globalThis.sink = id; };
  globalThis.Notification = class {
    static permission = 'granted';
    static async requestPermission() { return 'granted'; }
    constructor(title, { body, tag }) { this.tag = tag; globalThis.shownOnDesktop.push({ tag, body }); }
    close() { globalThis.shownOnDesktop = globalThis.shownOnDesktop.filter((each) => each.tag !== this.tag); }
  };
  globalThis.outOfSight = false;
  Object.defineProperty(Document.prototype, 'hidden', { get: () => globalThis.outOfSight });
"""
NOW = "new Date().toLocaleTimeString('en-GB', { timeZone: 'Asia/Seoul' }).slice(0, 5)"


@pytest.fixture
async def heard(sit_down: OpenConsole) -> AsyncIterator[Console]:
    """A console with ears: what it would sound and show is noted."""
    console = await sit_down()
    await console.page.context.add_init_script(SPY)
    await console.open()
    await console.press("Shift")
    yield console
    console.unharmed()


async def sounds(console: Console) -> bool:
    return bool(await console.page.evaluate("globalThis.heard.length > 0"))


async def settles(console: Console, call_id: int) -> None:
    """The console knows of the call, and has had the time to ring."""
    await console.ringing(call_id)
    await console.page.wait_for_timeout(200)


async def set_value(console: Console, name: str, value: str) -> None:
    await console.press("Control+,")
    await console.page.fill(f"[name=settings-{name}]", value)
    await console.press("Escape")
    await console.until("!document.querySelector('settings-sheet').contains(document.activeElement)")


async def test_a_caller_who_waits_rings_until_somebody_answers(heard: Console, scene: Scene) -> None:
    call_id = await scene.ring()
    await heard.until("globalThis.heard.length > 0")
    await heard.ringing(call_id)
    await heard.press("F2")
    await heard.until("globalThis.heard.length === 0")


async def test_a_caller_who_hangs_up_rings_no_more(heard: Console, scene: Scene) -> None:
    call_id = await scene.ring()
    await heard.until("globalThis.heard.length > 0")
    await scene.hang_up(call_id)
    await heard.until("globalThis.heard.length === 0")


async def test_ctrl_m_silences_what_rings_and_the_next_caller_rings_again(heard: Console, scene: Scene) -> None:
    call_id = await scene.ring("+821011112222")
    await heard.until("globalThis.heard.length > 0")
    await heard.press("Control+m")
    await heard.until("globalThis.heard.length === 0")
    await heard.ringing(call_id)
    await heard.page.wait_for_timeout(200)
    assert not await sounds(heard)
    await scene.ring("+821033334444")
    await heard.until("globalThis.heard.length > 0")


async def test_nothing_rings_in_quiet_hours_or_at_no_volume(heard: Console, scene: Scene) -> None:
    now = await heard.page.evaluate(NOW)
    later = f"{(int(now[:2]) + 2) % 24:02}:00"
    await set_value(heard, "quiet_from", now)
    await set_value(heard, "quiet_until", later)
    await settles(heard, await scene.ring("+821011112222"))
    assert not await sounds(heard)
    await set_value(heard, "quiet_until", now)
    await heard.until("globalThis.heard.length > 0")
    await set_value(heard, "volume", "0")
    await heard.until("globalThis.heard.length === 0")
    await settles(heard, await scene.ring("+821033334444"))
    assert not await sounds(heard)


async def test_each_tone_can_be_heard_before_it_is_chosen(heard: Console) -> None:
    await heard.press("Control+,")
    before: set[float] = set()
    for tone in ("chime", "low", "bright", "phone"):
        await heard.page.evaluate("globalThis.heard.length = 0")
        await heard.page.check(f"[name=settings-tone][value={tone}]")
        tones = frozenset(await heard.page.evaluate("globalThis.heard"))
        assert tones
        assert not tones <= before
        before |= tones
    await heard.page.evaluate("globalThis.heard.length = 0")
    await heard.page.click("settings-sheet .choices-row button")
    assert await sounds(heard)
    await heard.press("Control+m")
    assert not await sounds(heard)


async def test_two_tabs_of_one_operator_ring_once(heard: Console, scene: Scene) -> None:
    """Seen failing without the word between tabs: both rang."""
    other = await heard.page.context.new_page()
    await other.goto(heard.house.base + "/")
    await other.wait_for_selector("bottom-line .link.up")
    await other.keyboard.press("Shift")
    call_id = await scene.ring()
    await other.wait_for_function("() => globalThis.heard.length > 0")
    await settles(heard, call_id)
    assert not await sounds(heard)
    await other.close(run_before_unload=True)
    await heard.until("globalThis.heard.length > 0")


async def test_the_icon_counts_who_waits(heard: Console, scene: Scene) -> None:
    icon = "decodeURIComponent(document.querySelector('link[rel=icon]').href)"
    await scene.ring("+821011112222")
    await heard.until(f"{icon}.includes('>1<')")
    call_id = await scene.ring("+821033334444")
    await heard.until(f"{icon}.includes('>2<')")
    await scene.hang_up(call_id)
    await heard.until(f"{icon}.includes('>1<')")


async def test_the_desktop_is_told_only_while_nobody_looks_and_no_longer_than_somebody_waits(
    heard: Console, scene: Scene
) -> None:
    await choose(heard, "desktop", "on")
    first = await scene.ring("+821011112222")
    await settles(heard, first)
    await heard.page.evaluate("globalThis.outOfSight = true")
    second = await scene.ring("+821033334444")
    await heard.until("globalThis.shownOnDesktop.length > 0")
    shown: list[dict[str, Any]] = await heard.page.evaluate("globalThis.shownOnDesktop")
    assert [each["tag"] for each in shown] == [f"call-{second}"]
    assert "010-3333-4444" in shown[0]["body"]
    await scene.hang_up(second)
    await heard.until("globalThis.shownOnDesktop.length === 0")


async def test_what_plain_http_denies_is_said_in_words(sit_down: OpenConsole) -> None:
    """Chromium's plain http on a network, as the page sees it."""
    console = await sit_down()
    await console.page.context.add_init_script("Object.defineProperty(globalThis, 'isSecureContext', { value: false })")
    await console.open()
    await console.press("Control+,")
    assert "https로 여세요" in await console.page.inner_text("settings-sheet .desktop")
    assert "https로 여세요" in await console.page.inner_text("settings-sheet .speaker")
    console.unharmed()


async def test_the_ring_goes_to_the_chosen_loudspeaker_and_stays_there(heard: Console) -> None:
    await heard.page.context.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => ({ getTracks: () => [] });"
        "navigator.mediaDevices.enumerateDevices = async () => ["
        "{ kind: 'audiooutput', deviceId: 'desk', label: 'Desk' }, { kind: 'audiooutput', deviceId: 'ear', label: 'Headset' }];"
    )
    await heard.open()
    await heard.press("Shift", "Control+,")
    await heard.page.click("settings-sheet .speaker button")
    await heard.page.select_option("[name=settings-speaker]", "desk")
    await heard.until("globalThis.sink === 'desk' && globalThis.heard.length > 0")
    await heard.open()
    await heard.press("Shift")
    await heard.until("globalThis.sink === 'desk'")
