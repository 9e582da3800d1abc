"""From a key stroke to what it finds, painted: the search of customers and the suggestions of places, in a real Chromium.

One console on a site with a million customers on SQLite, an operator who types as fast as good typists do. The page's own clock
tells when the key was pressed (`event.timeStamp`) and when the answer to what then stood in the field had been painted. The floor
is the same stroke until the letter itself is painted. A stroke whose answer a later stroke overtook is counted, not timed.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from pathlib import Path
from sqlite3 import connect
from typing import Any

from playwright.async_api import Page, async_playwright

from benchmarks.machine import described
from benchmarks.pop import signed_in
from benchmarks.report import Report, options, percentile
from benchmarks.running import Site, site_with
from models.words import initials
from tests.browser.conftest import chromium_path

BETWEEN_MS = 150
"""Four hundred strokes a minute."""
STAMPER = """
(() => {
  window.strokes = [];
  const painted = [];
  const channel = new MessageChannel();
  // A message sent in an animation frame arrives when that frame has been painted.
  channel.port1.onmessage = () => {
    const now = performance.now();
    for (const [stroke, what] of painted.splice(0)) stroke[what] ??= now - stroke.at;
  };
  document.addEventListener("input", (event) => {
    const field = event.target.name;
    window.strokes.push({ field, text: event.target.value.trim(), at: event.timeStamp, letter: null, answer: null });
  }, true);
  const answered = (stroke) => {
    const search = document.querySelector("customer-search");
    if (stroke.field === "customer") return search.found.q === stroke.text;
    return document.querySelector("order-form").choices.told?.text.trim() === stroke.text;
  };
  const frame = () => {
    for (const stroke of window.strokes) {
      if (stroke.letter === null && !stroke.drawn) { stroke.drawn = true; painted.push([stroke, "letter"]); }
      if (stroke.answer === null && !stroke.found && answered(stroke)) { stroke.found = true; painted.push([stroke, "answer"]); }
    }
    if (painted.length) channel.port2.postMessage(0);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})();
"""


def _drawn(database: Path, count: int, seed: int) -> list[tuple[str, str, str]]:
    """(name, number, place) of so many customers."""
    chance = random.Random(seed)
    with connect(database) as connection:
        last = connection.execute("select max(id) from customer").fetchone()[0]
        query = (
            "select c.name, p.number, l.text from customer c join customer_phone p on p.customer_id = c.id "
            "join place l on l.customer_id = c.id where c.id = ?"
        )
        rows = (connection.execute(query, (chance.randint(1, last),)).fetchone() for _ in range(3 * count))
        return [tuple(row) for row in rows if row][:count]


def _typed(person: tuple[str, str, str], chance: random.Random) -> dict[str, tuple[str, str]]:
    name, number, place = person
    digits = "0" + number[3:]
    return {
        "customer: last four digits": ("customer", digits[-4:]),
        "customer: name": ("customer", name),
        "customer: first consonants": ("customer", initials(name)),
        "customer: place": ("customer", place.split()[0]),
        "place, for an order": ("origin", place[: chance.randint(3, 6)].strip()),
    }


async def _strokes(page: Page, field: str, text: str) -> list[dict[str, Any]]:
    """Type `text` letter by letter; what the page noted of each."""
    await page.evaluate("() => { window.strokes.length = 0; }")
    if field == "customer":
        await page.keyboard.press("Control+/")
    else:
        await page.keyboard.press("n")
        await page.locator("order-form [name=origin]").focus()
    await page.wait_for_timeout(BETWEEN_MS)
    for letter in text:
        await page.keyboard.insert_text(letter)
        await page.wait_for_timeout(BETWEEN_MS)
    await page.wait_for_timeout(2 * BETWEEN_MS)
    noted: list[dict[str, Any]] = json.loads(await page.evaluate("() => JSON.stringify(window.strokes)"))
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    return [stroke for stroke in noted if stroke["field"] == field]


async def typed(site: Site, count: int) -> dict[str, list[dict[str, Any]]]:
    """What each kind of typing came to."""
    chance = random.Random(count)
    found: dict[str, list[dict[str, Any]]] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        try:
            page = await browser.new_page(viewport={"width": 1280, "height": 720}, locale="ko-KR")
            await signed_in(page, site)
            await page.evaluate(STAMPER)
            for person in _drawn(site.state / "callboard.db", count, count):
                turns = list(_typed(person, chance).items())
                chance.shuffle(turns)
                for what, (field, text) in turns:
                    found.setdefault(what, []).extend(await _strokes(page, field, text))
        finally:
            await browser.close()
    return found


def _row(what: str, strokes: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    waits = [stroke["answer"] for stroke in strokes if stroke["answer"] is not None]
    letters = [stroke["letter"] for stroke in strokes if stroke["letter"] is not None]
    if not waits or not letters:
        return (what, str(len(strokes)), *("failed",) * 6)
    figures = (f"{percentile(waits, share):.0f}" for share in (0.5, 0.95, 0.99, 1.0))
    return (what, str(len(strokes)), str(len(strokes) - len(waits)), *figures, f"{percentile(letters, 0.95):.0f}")


async def measure(customers: int, count: int) -> Report:
    """Everything on one running site."""
    report = Report("keystrokes", described("chromium --version"))
    async with site_with(customers, "--asterisk", "none", watched=False, named=True) as site:
        found = await typed(site, count)
    report.line(
        f"{customers:,} customers on SQLite, one console, {count} customers whose digits, names and places were typed, a stroke "
        f"each {BETWEEN_MS} ms. Milliseconds from the stroke to its answer on the screen:"
    )
    rows = [_row(what, strokes) for what, strokes in sorted(found.items())]
    rows.append(_row("**all of these**", [stroke for strokes in found.values() for stroke in strokes]))
    report.table(
        ("what is typed", "strokes", "overtaken", "p50", "p95", "p99", "max", "floor: the letter itself, p95"), rows
    )
    return report


def main() -> None:
    """Measure and report."""
    parser = options("keystrokes", __doc__, rounds=1)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument(
        "--people", type=int, default=40, help="customers whose names and numbers are typed (%(default)s)"
    )
    chosen = parser.parse_args()
    report = asyncio.run(measure(*((200, 2) if chosen.small else (chosen.customers, chosen.people))))
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
