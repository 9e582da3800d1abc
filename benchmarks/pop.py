"""From a real INVITE to the pop: `call.arrived` on sixty consoles' sockets, with a million customers in the database.

SIPp calls at a steady rate. The floor is a bare TCP reader on a second AMI link, in a process of its own: it stamps the first
event of each call (Newchannel, which our own reader is not even told). What is reported is the time from that stamp to
`call.arrived` on every one of the sockets, which live in a third process. Then, call by call, to the card painted in Chromium.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from playwright.async_api import Page, async_playwright

from benchmarks.filling import dialled
from benchmarks.machine import described
from benchmarks.processes import cpu_s
from benchmarks.report import Report, options, percentile, progress
from benchmarks.running import Site, finished, site_with
from benchmarks.watching import Watcher
from tests.browser.conftest import chromium_path
from tests.path.running import until

LAST_WORDS_S = 3.0
STAMPER = """
(() => {
  window.painted = {};
  const channel = new MessageChannel();
  const waiting = [];
  // A message sent in an animation frame arrives when that frame has been painted.
  channel.port1.onmessage = () => {
    for (const number of waiting.splice(0)) window.painted[number] ??= performance.timeOrigin + performance.now();
  };
  new MutationObserver(() => {
    for (const card of document.querySelectorAll("call-list .card .number")) {
      const number = card.textContent.replaceAll(/[^0-9]/g, "");
      if (!number || card.dataset.seen === number) continue;
      card.dataset.seen = number;
      requestAnimationFrame(() => { waiting.push(number); channel.port2.postMessage(0); });
    }
  }).observe(document, { childList: true, subtree: true, characterData: true });
})();
"""


async def ring(site: Site, callers: Sequence[int], rate: float, hold_ms: int) -> None:
    """Real calls by these customers; returns when the last one is over."""
    placed = site.dial([(dialled(customer), "") for customer in callers], rate=rate, hold_ms=hold_ms)
    code = await finished(placed, len(callers) / rate + 60)
    if code:
        progress(f"SIPp ended with {code}: not every call went as planned")
    await asyncio.sleep(LAST_WORDS_S)


async def sockets(site: Site, callers: Sequence[int], rate: int, count: int) -> dict[str, list[float]]:
    """Milliseconds from the first AMI event: to every socket ("all"), to the first and to the last of them; CPU shares."""
    floor = await Watcher.started("ami", str(site.ami), site.watch_secret)
    consoles = await Watcher.started("live", f"{site.base}/live", site.logins["api_token"], count)
    try:
        core = site.core_pid()
        before = cpu_s(core)
        await ring(site, callers, rate, 2000)
        used = cpu_s(core) - before
        first, pops = await floor.noted(), await consoles.noted()
    finally:
        floor.stop()
        consoles.stop()
    numbers = [dialled(customer) for customer in callers]
    reached = [number for number in numbers if len(pops.get(number, ())) == count and number in first]
    waits = {number: sorted(1000 * (at - first[number][0]) for at in pops[number]) for number in reached}
    return {
        "all": [wait for each in waits.values() for wait in each],
        "first": [each[0] for each in waits.values()],
        "last": [each[-1] for each in waits.values()],
        "missing": [float(len(numbers) - len(reached))],
        "cpu": [1000 * used / len(numbers)],
    }


async def signed_in(page: Page, site: Site) -> None:
    """The first operator, at the console."""
    operator = site.logins["operators"][0]
    await page.goto(f"{site.base}/login")
    await page.fill("[name=user]", operator["user"])
    await page.fill("[name=password]", operator["password"])
    await page.keyboard.press("Enter")
    await page.wait_for_selector("bottom-line .link.up")


async def painted(site: Site, callers: Sequence[int], rate: float) -> list[float]:
    """Milliseconds from the first AMI event to the card on the screen of a console that is otherwise quiet."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1280, "height": 720}, locale="ko-KR")
        await page.add_init_script(STAMPER)
        await signed_in(page, site)
        floor = await Watcher.started("ami", str(site.ami), site.watch_secret)
        try:
            await ring(site, callers, rate, 1500)
            stamps: dict[str, float] = json.loads(await page.evaluate("() => JSON.stringify(window.painted)"))
            first = await floor.noted()
        finally:
            floor.stop()
            await browser.close()
    numbers = [dialled(customer) for customer in callers]
    return [stamps[number] - 1000 * first[number][0] for number in numbers if number in stamps and number in first]


def _row(what: str, waits: Sequence[float]) -> tuple[str, ...]:
    if not waits:
        return (what, "0", *("failed",) * 4)
    return (what, f"{len(waits):,}", *(f"{percentile(waits, share):.1f}" for share in (0.5, 0.95, 0.99, 1.0)))


async def measure(customers: int, calls: int, rate: int, count: int, cards: int, rounds: int) -> Report:
    """Everything on one running site."""
    report = Report("pop", described("sipp -v", "chromium --version", asterisk=True))
    warm = min(calls, 20)
    step = max(1, customers // (warm + calls * rounds + cards))
    drawn = iter(range(1, customers + 1, step))
    found: list[dict[str, list[float]]] = []
    async with site_with(customers) as site:
        if rounds > 1:
            await ring(site, [next(drawn) for _ in range(warm)], rate, 500)
        for number in range(rounds):
            found.append(await sockets(site, [next(drawn) for _ in range(calls)], rate, count))
            progress(f"round {number + 1}/{rounds}: p50 {percentile(found[-1]['all'] or [0], 0.5):.1f} ms")
        on_screen = await painted(site, [next(drawn) for _ in range(cards)], 2) if cards else []
        await until(site.healthy, 30, "the end of the calls")
    together = {name: [wait for each in found for wait in each[name]] for name in found[0]}
    report.line(
        f"{customers:,} customers on SQLite, {count} sockets, {calls:,} calls at {rate} a second in each of {rounds} rounds; "
        f"{int(sum(together['missing']))} calls did not reach every socket. callboard used "
        f"{percentile(together['cpu'], 0.5):.1f} ms of processor time a call. Milliseconds "
        "from the first AMI event of the call, as the bare reader saw it:"
    )
    rows = [
        _row(f"to `call.arrived`, each of the {count} sockets", together["all"]),
        _row("to the first socket", together["first"]),
        _row("to the last socket", together["last"]),
    ]
    if cards:
        rows.append(_row("to the card painted in Chromium (2 calls a second)", on_screen))
    report.table(("from the first AMI event", "samples", "p50", "p95", "p99", "max"), rows)
    return report


def main() -> None:
    """Measure and report."""
    parser = options("pop", __doc__, rounds=3)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=300, help="calls in a round (%(default)s)")
    parser.add_argument("--rate", type=int, default=20, help="calls a second (%(default)s)")
    parser.add_argument("--sockets", type=int, default=60)
    parser.add_argument(
        "--cards", type=int, default=60, help="calls whose painting is timed; 0: no browser (%(default)s)"
    )
    chosen = parser.parse_args()
    sizes = (chosen.customers, chosen.calls, chosen.rate, chosen.sockets, chosen.cards, chosen.rounds)
    report = asyncio.run(measure(*((100, 5, 10, 3, 0, 1) if chosen.small else sizes)))
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
