"""Every state of the console is drawn whole at 1280x720: nothing is pushed out of the window, in either language and look.

Each state is also written as a picture, to be looked at: into the folder CALLBOARD_PICTURES, else into the test's own.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.browser.conftest import Console, OpenConsole
from tests.browser.scene import Scene, Trip

pytestmark = pytest.mark.browser

LONG = "주식회사 한국국제종합물류유통센터 수도권동부지사 특별고객관리팀 김수한무거북이와두루미"
LONG_TRIPS = (
    Trip(
        "서울특별시 강남구 테헤란로 152 강남파이낸스센터 지하 3층 주차장 B구역",
        "경기도 성남시 분당구 판교역로 235 에이치스퀘어 엔동 앞",
        1_234_000,
        3,
    ),
    Trip(
        "Gangnam Finance Center basement parking, third level, section B",
        "Pangyo H-Square north building main entrance",
        99_000,
    ),
)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("CALLBOARD_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# Rows are walked with arrows and opened with Enter; languages, places and the rest of a list have the key of their list.
KEYLESS = (
    ".order-row, .candidate, .opener, .rows button, .languages button, .choices button, "
    "[role=radio], .answer:not(.next), .live, .tools button, .tab[aria-pressed=true]"
)
WITHOUT_KEY = f"""() => [...document.querySelectorAll('button')]
  .filter((each) => each.checkVisibility() && !each.querySelector('kbd') && !each.matches('{KEYLESS}'))
  .map((each) => each.outerHTML.slice(0, 120))"""
SHOWN_KEYS = """() => [...document.querySelectorAll('kbd')].filter((each) => each.checkVisibility())
  .map((each) => each.innerText.trim().replace(/\\s+/g, ' '))"""
LISTED_KEYS = """() => [...document.querySelectorAll('cheat-sheet kbd')]
  .map((each) => each.textContent.trim().replace(/\\s+/g, ' '))"""


def several(told: str) -> list[str]:
    """What a line for several keys stands for: "Ctrl Shift 1–9" is nine figures beside one "Ctrl Shift"."""
    found = re.fullmatch(r"(.+) (\d)–(\d)", told)
    return [found[1], *(str(n) for n in range(int(found[2]), int(found[3]) + 1))] if found else []


async def keys_in_sight(console: Console) -> None:
    """Every button shows its key, and every key that is shown stands on the sheet."""
    assert await console.page.evaluate(WITHOUT_KEY) == []
    listed = {key for told in await console.page.evaluate(LISTED_KEYS) for key in (told, *told.split(), *several(told))}
    assert set(await console.page.evaluate(SHOWN_KEYS)) - listed - {""} == set()


async def drawn_whole(console: Console, name: str, folder: Path) -> None:
    """Nothing makes the window scroll, and no column is wider than its place. The picture is written first."""
    await console.page.wait_for_timeout(300)
    if "login" not in name:
        await keys_in_sight(console)
    await console.picture(name, folder)
    wide = await console.page.evaluate(
        "[document.scrollingElement, ...document.querySelectorAll('main > *, .scroll, .middle')]"
        ".filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.className || box.tagName)"
    )
    high = await console.page.evaluate("document.scrollingElement.scrollHeight - innerHeight")
    assert wide == []
    assert high <= 0


async def busy_evening(console: Console, scene: Scene) -> list[int]:
    """Five calls of different kinds, and orders on the board."""
    house = console.house
    for origin, destination, fare in (("신촌", "일산", 30_000), ("홍대", "김포", 35_000), ("서초", "수원", 40_000)):
        await house.order(origin={"text": origin}, destination={"text": destination}, fare=fare)
    order = await house.order(origin={"text": "잠실"}, destination={"text": "하남"})
    await house.program().api("POST", f"/orders/{order['id']}/assign", {"driver_number": "101"})
    missed = await scene.ring("0262345678")
    await scene.hang_up(missed)
    first = await scene.ring("01012345678")
    await scene.choose_place(first, "강남역 10번 출구")
    second = await scene.ring("01098765432")
    talking = await scene.ring("0212345678", name="Kim Hyejin")
    await scene.pick_up(talking, "1002")
    withheld = await scene.ring(None, presentation="withheld")
    await scene.choose(withheld, "recording", recording_path="left.wav")
    box = await scene.ring("0313334444", extension=None)
    return [first, second, talking, withheld, box]


@pytest.mark.parametrize(("locale", "theme"), [("ko", "dark"), ("en", "light")])
async def test_an_evening(sit_down: OpenConsole, scene: Scene, pictures: Path, locale: str, theme: str) -> None:
    await scene.customer()
    await scene.customer(
        "+821098765432",
        "이영희",
        grade=None,
        note="수동 차량",
        trips=(Trip("서초동 1330-8 한빛빌딩 앞", "판교역", 25_000, 12),),
    )
    console = await sit_down(locale=locale, theme=theme)
    tag = f"{locale}-{theme}"
    await drawn_whole(console, f"{tag}-1-empty", pictures)
    calls = await busy_evening(console, scene)
    for call_id in calls[:2]:
        await console.ringing(call_id)
    await drawn_whole(console, f"{tag}-2-five-calls", pictures)
    await console.press("F2")
    await console.opened(calls[0])
    await drawn_whole(console, f"{tag}-3-opened", pictures)
    await console.press("Enter")
    await console.until("document.querySelector('order-form [name=destination]').value !== ''")
    await drawn_whole(console, f"{tag}-4-filled", pictures)
    await console.press("Control+Enter")
    await console.page.wait_for_selector(".candidate")
    await drawn_whole(console, f"{tag}-5-candidates", pictures)
    await console.press("ArrowDown")
    await drawn_whole(console, f"{tag}-6-meant", pictures)
    await console.press("Enter")
    await console.page.wait_for_selector("candidate-list .message")
    await drawn_whole(console, f"{tag}-7-assigned", pictures)
    await console.press("Escape", "n")
    await console.page.keyboard.type("9")
    await console.press("Control+Enter")
    await drawn_whole(console, f"{tag}-8-error", pictures)
    await console.press("Escape")
    await drawn_whole(console, f"{tag}-9-undo", pictures)
    await console.house.stop()
    await console.page.wait_for_selector("bottom-line .banner:not([hidden])")
    await drawn_whole(console, f"{tag}-a-offline", pictures)
    await console.press("F8")
    await console.page.evaluate("document.querySelector('cheat-sheet').toggle()")
    await drawn_whole(console, f"{tag}-b-keys", pictures)
    console.unharmed()


async def test_long_names(sit_down: OpenConsole, scene: Scene, pictures: Path) -> None:
    await scene.customer(name=LONG, grade="최우수고객등급", note=LONG * 3, trips=LONG_TRIPS)
    console = await sit_down()
    call_id = await scene.ring(name=LONG)
    await console.sees(f'[data-call="{call_id}"]', "최우수고객등급")
    await console.press("F2")
    await console.opened(call_id)
    await console.press("Enter")
    await drawn_whole(console, "long-1-filled", pictures)
    await console.press("Control+Enter")
    await console.page.wait_for_selector(".candidate")
    await console.press("ArrowDown", "Enter")
    await console.page.wait_for_selector("candidate-list .message")
    await drawn_whole(console, "long-2-assigned", pictures)
    console.unharmed()


async def test_the_log_in(sit_down: OpenConsole, pictures: Path) -> None:
    console = await sit_down()
    await console.page.context.clear_cookies()
    await console.page.goto(console.house.base + "/login")
    await drawn_whole(console, "login-1", pictures)
    await console.page.fill("[name=user]", "op")
    await console.page.fill("[name=password]", "wrong")
    await console.press("Enter")
    await console.sees("[role=alert]", "맞지 않습니다")
    await drawn_whole(console, "login-2-wrong", pictures)


@pytest.mark.parametrize(("locale", "theme"), [("ko", "dark"), ("en", "light")])
async def test_two_who_change_one_order(sit_down: OpenConsole, pictures: Path, locale: str, theme: str) -> None:
    console = await sit_down(locale=locale, theme=theme)
    tag = f"{locale}-{theme}-change"
    order = await console.house.order(
        origin={"text": LONG_TRIPS[0].origin}, destination={"text": "판교역"}, note="현금", customer_name="김철수"
    )
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"]')
    await console.press("F8", "F4")
    await console.until("document.activeElement.name === 'origin'")
    await drawn_whole(console, f"{tag}-1-opened", pictures)
    change = {"version": 1, "fare": 25_000, "destination": {"text": LONG_TRIPS[0].destination}, "note": None}
    answer = await (await console.house.signed_in("boss")).api("PATCH", f"/orders/{order['id']}", change)
    assert answer.status == 200
    for field, text in (("fare", "30000"), ("note", "카드")):
        await console.page.fill(f"order-form [name={field}]", text)
    await drawn_whole(console, f"{tag}-2-meanwhile", pictures)
    await console.press("Control+Enter")
    await console.page.wait_for_selector(".clash")
    await drawn_whole(console, f"{tag}-3-clash", pictures)
    await console.press("ArrowLeft", "ArrowDown", "ArrowRight")
    await drawn_whole(console, f"{tag}-4-decided", pictures)
    console.unharmed()


@pytest.mark.parametrize(("locale", "theme"), [("ko", "light"), ("en", "dark")])
async def test_an_order_that_is_about_to_be_cancelled(
    sit_down: OpenConsole, pictures: Path, locale: str, theme: str
) -> None:
    console = await sit_down(locale=locale, theme=theme)
    order = await console.house.order(origin={"text": LONG_TRIPS[0].origin}, destination={"text": "판교역"})
    await console.page.wait_for_selector(f'[data-order="{order["id"]}"]')
    await console.press("F8", "Delete")
    await console.until("document.activeElement.name === 'why'")
    await drawn_whole(console, f"{locale}-{theme}-cancel-1-why", pictures)
    await console.press("Enter")
    await console.page.wait_for_selector(".order-row.leaving")
    await drawn_whole(console, f"{locale}-{theme}-cancel-2-leaving", pictures)
    console.unharmed()
