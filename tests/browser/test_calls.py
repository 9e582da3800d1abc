"""Calls at the console: the pop, the card, the keys that take it, and what callers put into their names."""

from __future__ import annotations

import unicodedata

import pytest
from sqlalchemy import select

from desk.events import CallWanted
from models import Operator
from tests.browser.conftest import Console, OpenConsole
from tests.browser.scene import Scene
from tests.site import GANGNAM

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "{{7*7}}${7*7}`${alert(1)}`",
    "' or 1=1 --",
    "javascript:alert(1)",
    "</script><script>alert(1)</script>",
)


async def test_a_pop_appears_with_its_number_and_takes_no_focus(console: Console, scene: Scene) -> None:
    await scene.customer()
    await console.press("n")
    assert await console.focused() == "number"
    await console.page.keyboard.type("0101111")
    call_id = await scene.ring()
    await console.ringing(call_id, "김철수")
    await console.sees(f'[data-call="{call_id}"]', "010-1234-5678")
    assert await console.focused() == "number"
    assert await console.value("number") == "0101111"


async def test_a_pop_is_spoken_once(console: Console, scene: Scene) -> None:
    await scene.customer()
    call_id = await scene.ring()
    await console.sees("#announcer", "김철수")
    # A gap: the page asks for a new snapshot, in which the call still rings.
    console.house.panel.hub.room(console.house.site.office_id).seq += 5
    other = await scene.ring("01055501234")
    await console.ringing(other)
    await scene.pick_up(call_id, "1002")
    await scene.hang_up(call_id)
    await console.page.wait_for_selector(f'.past [data-call="{call_id}"]')
    spoken = await console.page.evaluate("[...announcer.children].map((each) => each.textContent)")
    assert spoken == ["전화: 010-1234-5678, 김철수, VIP", "전화: 010-5550-1234"]


async def test_a_known_callers_same_trip_is_saved_with_three_keys(console: Console, scene: Scene) -> None:
    await scene.customer()
    call_id = await scene.ring()
    await console.ringing(call_id, "김철수")
    await console.press("F2")
    await console.opened(call_id)
    assert await console.focused() == "destination"
    await console.press("Enter", "Control+Enter")
    await console.sees("order-board .order-row.taken", "강남역 10번 출구")
    await console.sees(".outcome", "25,000원")
    order = (await console.house.program().api("GET", "/orders?state=taken")).body["items"][0]
    assert (order["origin"]["text"], order["destination"]["text"], order["fare"]) == (
        "강남역 10번 출구",
        "판교역",
        25_000,
    )
    assert order["call_id"] == call_id
    assert order["origin"]["lat"] is not None


COUNT_KEYS = "() => { window.pressed = []; addEventListener('keydown', (event) => pressed.push(event.key), true); }"


async def test_a_known_callers_same_trip_is_dispatched_with_five_keys_by_an_operator_who_has_never_done_it(
    console: Console, scene: Scene
) -> None:
    """By the page's own count, Ctrl among them. Seen failing (six) with a driver's number to be put in by an arrow."""
    await scene.customer()
    call_id = await scene.ring()
    await console.ringing(call_id, "김철수")
    await console.page.evaluate(COUNT_KEYS)
    await console.press("F2")
    await console.opened(call_id)
    await console.press("Enter", "Control+Enter")
    await console.page.wait_for_function("() => document.activeElement.name === 'driver'")
    await console.page.wait_for_function("() => document.activeElement.placeholder === '100 ↵'")
    await console.sees("candidate-list .candidate.meant", "100")
    await console.press("Enter")
    await console.sees("order-board .order-row.assigned", "#100")
    assert await console.page.evaluate("pressed") == ["F2", "Enter", "Control", "Enter", "Enter"]
    order = (await console.house.program().api("GET", "/orders?state=assigned")).body["items"][0]
    assert (order["call_id"], order["destination"]["text"]) == (call_id, "판교역")
    console.unharmed()


async def test_enter_gives_nobody_an_order_that_was_not_just_saved_here(console: Console) -> None:
    """Whoever opens an order of the board and presses Enter once more has not said who is to drive. Seen failing so."""
    order = await console.house.order(origin={"text": "강남역", "lat": GANGNAM[0], "lon": GANGNAM[1], "accuracy_m": 15})
    await console.page.click(f"order-board [data-order='{order['id']}']")
    await console.page.wait_for_selector("candidate-list .candidate")
    await console.page.wait_for_function("() => document.activeElement.name === 'driver'")
    assert await console.page.get_attribute("candidate-list [name=driver]", "placeholder") == ""
    await console.press("Enter")
    await console.sees("bottom-line .said", "기사 번호")
    assert (await console.house.program().api("GET", f"/orders/{order['id']}")).body["state"] == "taken"


# Strokes on a Korean keyboard: a syllable's parts, of which some vowels and finals take two.
TWO_STROKES = frozenset("ᅪᅫᅬᅯᅰᅱᅴᆪᆬᆭᆰᆱᆲᆳᆴᆵᆶᆹ")


def strokes(text: str) -> int:
    return sum(2 if part in TWO_STROKES else 1 for part in unicodedata.normalize("NFD", text))


async def test_a_new_destination_takes_few_keys_a_new_caller_few_letters_and_his_second_call_shows_his_order(
    console: Console, scene: Scene
) -> None:
    """Seen failing with the live order not looked for, and with the focus left on the pick-up of a known caller."""
    await scene.customer()
    known = await scene.ring()
    await console.ringing(known, "김철수")
    keys, letters = ("F2", "Control+Enter"), "수원"
    await console.press(keys[0])
    await console.opened(known)
    await console.page.keyboard.type(letters)
    await console.press(keys[1])
    await console.sees(".outcome", "수원")
    assert len(keys) <= 3
    assert strokes(letters) <= 6
    order = (await console.house.program().api("GET", "/orders?state=taken")).body["items"][0]
    assert (order["origin"]["text"], order["destination"]["text"]) == ("강남역 10번 출구", "수원")
    await scene.hang_up(known)
    new = await scene.ring("01055501234")
    await console.ringing(new)
    await console.press("F2")
    await console.opened(new)
    words = ("잠실역 5번", "하남시청")
    await console.page.keyboard.type(words[0])
    await console.press("Enter")
    await console.page.keyboard.type(words[1])
    await console.press("Control+Enter")
    await console.sees(".outcome", "하남시청")
    assert sum(strokes(word) for word in words) <= 25
    await scene.hang_up(new)
    again = await scene.ring()  # he who goes to Suwon asks for his driver
    await console.ringing(again, "김철수")
    await console.press("F2")
    await console.opened(again)
    await console.page.wait_for_selector(f'.order-row.marked[data-order="{order["id"]}"]')
    await console.sees("caller-card .live", "수원")


async def test_what_the_caller_told_the_ivr_stands_in_the_form(console: Console, scene: Scene) -> None:
    await scene.customer()
    call_id = await scene.ring()
    await scene.choose_place(call_id, "여의도")
    await console.sees(f'[data-call="{call_id}"]', "안내 응답: 여의도")
    await console.press("F2")
    await console.opened(call_id)
    assert await console.value("origin") == "여의도"
    await console.sees(".field.origin .about", "안내 응답")
    await console.press("Enter")
    assert await console.value("destination") == "서초동"


async def test_a_choice_that_comes_after_the_card_was_opened_fills_what_nobody_has_touched(
    console: Console, scene: Scene
) -> None:
    await scene.customer()
    call_id = await scene.ring()
    await console.ringing(call_id, "김철수")
    await console.press("F2")
    await console.opened(call_id)
    await console.page.keyboard.type("수원")
    await scene.choose_place(call_id, "여의도")
    await console.until("document.querySelector('[name=origin]').value === '여의도'")
    assert await console.value("destination") == "수원"
    assert await console.focused() == "destination"


async def test_a_customer_found_just_after_the_card_was_opened_moves_the_focus_on_to_what_is_missing(
    console: Console, scene: Scene
) -> None:
    call_id = await scene.ring("01012345678")
    await console.ringing(call_id)
    await console.page.evaluate("performance.now = () => 10_000")  # just after, on the slowest machine, too
    await console.press("F2")
    await console.opened(call_id)
    assert await console.focused() == "origin"
    await scene.find_customer(call_id, await scene.customer())
    await console.until("document.querySelector('[name=origin]').value === '강남역 10번 출구'")
    await console.until("document.activeElement.name === 'destination'")


async def test_a_customer_found_later_moves_no_focus_out_of_a_field_in_use(console: Console, scene: Scene) -> None:
    call_id = await scene.ring("01012345678")
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    await console.page.keyboard.type("시청")
    await scene.find_customer(call_id, await scene.customer())
    await console.sees("caller-card h1", "김철수")
    assert await console.focused() == "origin"
    assert await console.value("origin") == "시청"


async def test_a_second_call_becomes_a_card_only_and_the_first_draft_is_kept(console: Console, scene: Scene) -> None:
    await scene.customer()
    await scene.customer("+821098765432", "이영희")
    first = await scene.ring()
    await console.ringing(first, "김철수")
    await console.press("F2")
    await console.opened(first)
    await console.page.keyboard.type("수원역")
    second = await scene.ring("01098765432")
    await console.ringing(second, "이영희")
    assert await console.focused() == "destination"
    await console.page.keyboard.type(" 2번")
    assert await console.value("destination") == "수원역 2번"
    await console.press("F2")
    await console.opened(second)
    assert await console.value("destination") == ""
    await console.page.click(f'[data-call="{first}"] .opener')
    await console.opened(first)
    assert await console.value("destination") == "수원역 2번"


async def test_a_new_caller_is_taken_without_a_mouse(console: Console, scene: Scene) -> None:
    call_id = await scene.ring("01055501234")
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    assert await console.value("number") == "010-5550-1234"
    assert await console.focused() == "origin"
    keyboard = console.page.keyboard
    for text in ("시청역", "잠실역", "20000"):
        await keyboard.type(text)
        await keyboard.press("Enter")
    await keyboard.type("흰색 차")
    await keyboard.press("Control+Enter")
    await console.sees(".outcome", "시청역 → 잠실역")
    order = (await console.house.program().api("GET", "/orders")).body["items"][0]
    assert (order["number"], order["fare"], order["note"]) == ("+821055501234", 20_000, "흰색 차")
    assert order["customer"] is not None


async def test_a_withheld_number_is_asked_for_and_may_stay_unknown(console: Console, scene: Scene) -> None:
    call_id = await scene.ring(None, presentation="withheld")
    await console.sees(f'[data-call="{call_id}"]', "발신번호 표시제한")
    await console.press("F2")
    await console.opened(call_id)
    assert await console.focused() == "number"
    await console.press("Enter", "Enter")
    await console.page.keyboard.type("신촌 로터리")
    await console.press("Control+Enter")
    await console.sees(".outcome", "신촌 로터리")


async def test_hostile_names_are_shown_as_text(console: Console, scene: Scene) -> None:
    """Seen failing with F2 going round the waiting calls only: nothing led back to one's own while others waited."""
    for number, name in enumerate(HOSTILE):
        await scene.customer(f"+82105551{number:04}", name, grade=name[:16], note=name)
        call_id = await scene.ring(f"0105551{number:04}", name=name)
        await console.sees(f'[data-call="{call_id}"]', name)
    for name in HOSTILE:
        await console.press("F2")
        await console.sees("caller-card h1", name)
        await console.page.wait_for_selector(".card.mine")  # from then on F2 walks on
    await console.press("F2")
    await console.page.wait_for_selector(".card.mine.open")  # and back, while others wait
    await console.house.order(origin={"text": HOSTILE[0]}, destination={"text": HOSTILE[1]}, note=HOSTILE[2])
    await console.sees("order-board", HOSTILE[0])
    assert await console.page.evaluate("document.querySelectorAll('img, script:not([src]):not([type])').length") == 0
    console.unharmed()


async def test_esc_clears_and_can_be_taken_back(console: Console, scene: Scene) -> None:
    await console.knows_no_places()
    await scene.customer()
    call_id = await scene.ring()
    await console.ringing(call_id, "김철수")
    await console.press("F2")
    await console.opened(call_id)
    await console.page.keyboard.type("수원역")
    await console.press("Escape")
    assert await console.value("destination") == ""
    await console.press("Control+z")
    await console.until("document.querySelector('[name=destination]').value === '수원역'")


async def test_f2_takes_the_next_caller_whom_no_colleague_has_asked_for(console: Console, scene: Scene) -> None:
    """Seen failing with F2 for whoever has waited longest; then for the one whom a card that is open tells of."""
    first, second, third = [await scene.ring(f"0105550000{n}") for n in (1, 2, 3)]
    await console.ringing(third)
    async with scene.desk.look() as session:
        colleague = await session.scalar(select(Operator).where(Operator.extension == "1002"))
        assert colleague is not None
    scene.desk.bus.tell(CallWanted(scene.desk.clock(), first, colleague.id))
    await console.sees(f'[data-call="{first}"]', f"{colleague.name} 받는 중")
    await console.press("F2")
    await console.page.wait_for_selector(f'.card.mine[data-call="{second}"]')
    await console.press("Shift+F2")
    await console.page.wait_for_selector(f'.past [data-call="{second}"]')
    await console.page.click(f'[data-call="{third}"] .opener')
    scene.desk.bus.tell(CallWanted(scene.desk.clock(), first, None))
    await console.press("F2")
    await console.page.wait_for_selector(f'.card.mine[data-call="{third}"]')


async def test_f2_takes_the_caller_whose_ringing_the_operator_hears(console: Console, scene: Scene) -> None:
    """Seen failing with the longest waiting one taken, whose call rings at a colleague's phone."""
    for n in (1, 2, 3):
        scene.phone.rings = await scene.ring(f"0105550000{n}")
    await console.ringing(scene.phone.rings)
    await console.press("F2")
    await console.page.wait_for_selector(f'.card.mine[data-call="{scene.phone.rings}"]')


async def test_hanging_up_by_key_ends_the_call(console: Console, scene: Scene) -> None:
    call_id = await scene.ring()
    await console.ringing(call_id)
    await console.press("F2")
    await console.page.wait_for_selector(f'.card.mine[data-call="{call_id}"]')
    await console.press("Shift+F2")
    await console.page.wait_for_selector(f'.past [data-call="{call_id}"]')


async def test_a_phone_that_cannot_answer_is_told_in_words_and_the_card_is_open(
    sit_down: OpenConsole, scene: Scene
) -> None:
    console = await sit_down(locale="en")
    call_id = await scene.ring()
    scene.phone.broken = True
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    await console.sees("bottom-line .said", "Somebody changed it meanwhile")
    console.unharmed()
