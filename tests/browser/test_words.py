"""Every word of the console: the keys that modules ask for exist in both languages, and switching leaves nothing behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from locales.catalog import Catalog
from tests.browser.conftest import Console
from tests.browser.scene import Scene
from web.routes import ROUTES

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "web/static/console").glob("*.js")) + sorted((ROOT / "web/templates").glob("*.html"))
ASKED = re.compile(r"""\bt\(\s*["']([a-z_]+(?:\.[a-z_A-Z]+)+)["']""")
ASKED_FOR_MANY = re.compile(r"""\bt\(\s*`([a-z_.]+)\$\{""")
LEFT_KEY = re.compile(
    r"\b(?:calls|caller|order|board|candidates|messages|status|link|notices|keys|errors|source)\.[a-z_]+"
)
PARTS_OF_PAGES = {"/analysis/calls", "/analysis/rows", "/import/export", "/tasks/export"}
HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_every_text_that_a_page_asks_for_exists(locale: str) -> None:
    known = Catalog.load(locale).keys()
    source = "\n".join(file.read_text("utf-8") for file in SOURCES)
    asked = {f"panel.{key}" for key in ASKED.findall(source)}
    assert len(asked) > 60
    assert asked - set(known) == set()
    families = {f"panel.{key}" for key in ASKED_FOR_MANY.findall(source)}
    assert families
    assert {family for family in families if not any(key.startswith(family) for key in known)} == set()


def test_every_page_stands_in_the_menu_with_what_it_takes_to_see_it() -> None:
    """Seen failing with a page that the menu does not know."""
    told = (ROOT / "web/static/console/pages.js").read_text("utf-8")
    listed = set(re.findall(r'href: "([^"]+)", may: "([^"]+)"', told))
    ours = {
        (route.path, route.may)
        for route in ROUTES
        if (route.kind, route.method) == ("page", "GET") and route.may != "anyone" and "{" not in route.path
    }
    assert {page for page in ours if page[0] not in PARTS_OF_PAGES} == listed


@pytest.mark.browser
async def test_switching_the_language_leaves_no_word_of_the_other_and_no_typing_lost(
    console: Console, scene: Scene
) -> None:
    await scene.customer("+821012345678", "Kim", grade=None, note=None, trips=())
    call_id = await scene.ring()
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    await console.page.keyboard.type("City Hall")
    await console.page.click("status-bar [lang=en]")
    await console.sees("order-form .save", "Save order")
    words = await console.page.inner_text("body")
    assert HANGUL.findall(words.replace("김상담", "")) == []
    assert LEFT_KEY.findall(words) == []
    assert await console.value("origin") == "City Hall"
    await console.page.click("status-bar [lang=ko]")
    await console.sees("order-form .save", "주문 저장")
    assert LEFT_KEY.findall(await console.page.inner_text("body")) == []
