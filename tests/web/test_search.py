"""The search and the suggestions as the console asks for them: whatever is typed, an answer; and only what the office has."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from desk.place import place_book
from tests.web.conftest import House

ODD = (
    "",
    "%",
    "_",
    "\x00",
    "김\x00",
    "....",
    "'\"*",
    '" OR "',
    "\ud800",
    "뷁" * 800,
    "9" * 4_000,
    "😀",
    "ㄱ" * 300,
    "\u202e김",
)
BOOK = (
    "name,district,lat,lon,accuracy_m,source\n강남역,강남구,37.4979,127.0276,150,own\n강남역,당진시,,,,own\n".encode()
)


@pytest.mark.parametrize("path", ["/customers", "/places"])
async def test_whatever_is_typed_has_an_answer(house: House, path: str) -> None:
    await house.ring()
    await house.order(customer_name="홍길동")
    visitor = house.program()
    for text in ODD:
        q = quote(text, errors="surrogatepass")
        answer = await visitor.api("GET", f"{path}?q={q}")
        assert answer.status == 200, text
        assert [each for each in answer.body.get("items", ()) if "홍길동" in str(each)] == []


async def test_customers_are_found_page_by_page(house: House) -> None:
    visitor = house.program()
    for n in range(5):
        await house.order(number=f"0105550{n}234", customer_name=f"홍길{'가나다라마'[n]}")
    first = (await visitor.api("GET", "/customers?q=ㅎㄱ&limit=3")).body
    rest = (await visitor.api("GET", f"/customers?q=ㅎㄱ&limit=3&cursor={first['next']}")).body
    assert [one["name"] for one in first["items"] + rest["items"]] == ["홍길마", "홍길라", "홍길다", "홍길나", "홍길가"]
    assert rest["next"] is None
    assert [one["name"] for one in (await visitor.api("GET", "/customers?q=길다 5502")).body["items"]] == ["홍길다"]


async def test_a_place_of_the_book_is_ordered_with_where_it_is_known_from(house: House) -> None:
    async with house.desk.work() as work:
        await place_book.take(work, house.site.office_id, place_book.read(BOOK))
    order = await house.order(origin={"text": "강남역 3번 출구"})
    visitor = house.program()
    found = (await visitor.api("GET", f"/places?q=강남역&customer_id={order['customer']['id']}")).body["items"]
    assert [(one["kind"], one["text"], one["district"], one["lat"] is None) for one in found] == [
        ("saved", "강남역 3번 출구", None, True),
        ("book", "강남역", "강남구", False),
        ("book", "강남역", "당진시", True),
    ]
    place = {"text": "강남역", "lat": 37.4979, "lon": 127.0276, "accuracy_m": 150, "source": "book"}
    taken = await house.order(number="01055509999", origin=place)
    assert (taken["origin"]["source"], taken["origin"]["accuracy_m"]) == ("book", 150)
    assert (await visitor.api("GET", "/places?q=강남역&customer_id=999999")).body["items"][0]["kind"] == "book"
