"""A customer put right over the API and on his page: by whom, with what is told when it is refused, and his whole history."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from models import AuditEntry, Operator
from tests.web.conftest import House, Visitor
from tests.web.test_customer_pages import as_admin, fill

MINE, OTHER = "+821055501234", "+821077778888"


async def card(program: Visitor, customer_id: int) -> Any:
    return (await program.api("GET", f"/customers/{customer_id}")).body


async def form_of(visitor: Visitor, home: str, what: str) -> dict[str, str]:
    """The hidden fields of the first form on the page that does `what`."""
    page = (await visitor.ask("GET", home)).raw.decode()
    form = next(each for each in re.findall(r"<form.*?</form>", page, re.S) if f'name="do" value="{what}"' in each)
    return dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', form))


async def test_a_customer_is_registered_and_put_right_over_the_api(house: House) -> None:
    program = house.program()
    body = {"name": "박민수", "grade": "VIP", "language": "en", "numbers": ["010-5550-1234"]}
    made = (await program.api("POST", "/customers", body)).body
    assert (made["name"], made["grade"], made["language"], made["numbers"]) == ("박민수", "VIP", "en", [MINE])
    home = f"/customers/{made['id']}"
    told = await program.api("POST", home, {"version": made["version"], "name": "박민호"})
    assert (told.body["name"], told.body["language"], told.body["grade"]) == ("박민호", "en", None)
    told = await program.api("POST", f"{home}/phones", {"version": told.body["version"], "number": "010 7777 8888"})
    assert told.body["numbers"] == [MINE, OTHER]
    stale = await program.api("POST", f"{home}/phones/detach", {"version": made["version"], "number": MINE})
    assert (stale.status, stale.code) == (409, "customer_changed")
    assert stale.body["details"]["version"] == told.body["version"]
    assert [(each["field"], each["yours"], each["theirs"]) for each in stale.body["changes"]] == [
        ("numbers", OTHER, f"{MINE}, {OTHER}")]  # fmt: skip
    told = await program.api("POST", f"{home}/phones/detach", {"version": told.body["version"], "number": MINE})
    assert told.body["numbers"] == [OTHER]
    place = {"text": "강남역 19번", "lat": 35.1, "lon": 129.0, "accuracy_m": 30, "source": "map", "label": "집"}
    told = await program.api("POST", f"{home}/places", {"version": told.body["version"], **place})
    [kept] = told.body["places"]
    assert {name: kept[name] for name in place} == place
    right = {"version": told.body["version"], "text": "강남역 10번", "lat": 37.5, "lon": 127.0}
    told = await program.api("POST", f"/saved-places/{kept['id']}", right)
    assert [(each["text"], each["lat"], each["label"]) for each in told.body["places"]] == [("강남역 10번", 37.5, None)]
    told = await program.api("POST", f"/saved-places/{kept['id']}/remove", {"version": told.body["version"]})
    assert told.body["places"] == []
    told = await program.api("POST", f"/saved-places/{kept['id']}/back", {})
    assert [each["text"] for each in told.body["places"]] == ["강남역 10번"]
    history = (await program.api("GET", f"{home}/history?limit=3")).body
    assert [each["state"] for each in history["items"]] == ["place_back", "place_removed", "place_changed"]
    older = (await program.api("GET", f"{home}/history?limit=200&cursor={history['older']}")).body
    states = [each["state"] for each in older["items"]]
    assert states == ["place_added", "number_detached", "number_added", "changed", "registered"]
    assert older["older"] is None
    assert (await program.api("GET", f"{home}/history?cursor=x")).status == 422


async def test_a_number_of_somebody_else_names_him_and_the_way_to_merge(house: House) -> None:
    """Seen failing with the owner left out of the page."""
    mine = (await house.order(customer_name="김철수"))["customer"]["id"]
    owner = (await house.order(number="01077778888", customer_name="이<b>영희"))["customer"]["id"]
    program, visitor = house.program(), await house.signed_in()
    refused = await program.api("POST", "/customers", {"name": "x", "numbers": [OTHER]})
    assert (refused.status, refused.code) == (409, "number_taken")
    assert refused.body["details"] == {"customer_id": owner, "name": "이<b>영희"}
    home = f"/customers/{mine}"
    fields = await form_of(visitor, home, "attach")
    told = await visitor.ask("POST", f"{home}/phones", data={**fields, "number": "010-7777-8888"})
    shown = told.raw.decode()
    assert told.status == 409
    assert "같은 분이면" in shown
    assert f'href="/customers/{owner}" data-key="f">#{owner} 이&lt;b&gt;영희' in shown
    status, shown = await fill(visitor, "/customers/new", "/customers/new", name="새 손님", numbers="010-7777-8888")
    assert status == 409
    assert 'value="새 손님"' in shown
    assert f"/customers/{owner}" in shown
    assert (await fill(visitor, "/customers/new", "/customers/new", name="새 손님", numbers="010-6666-8888"))[0] == 303


async def test_a_customer_is_put_right_on_his_page(house: House) -> None:
    """Numbers, places and language, by the forms that are there."""
    order = await house.order(customer_name="김철수", origin={"text": "강남역 19번", "lat": 35.1, "lon": 129.0})
    customer_id = order["customer"]["id"]
    visitor, program = await house.signed_in(), house.program()
    home = f"/customers/{customer_id}"

    async def send(path: str, what: str, **typed: str) -> str:
        fields = await form_of(visitor, home, what)
        told = await visitor.ask("POST", f"{home}/{path}", data={**fields, **typed})
        assert told.status == 303, told.raw.decode()
        return told.headers["Location"].partition("done=")[2]

    assert await send("phones", "attach", number="010-7777-8888") == "number_added"
    assert await send("phones", "detach") == "number_detached"
    assert (await card(program, customer_id))["numbers"] == [OTHER]
    pin = {
        "text": "강남역 10번",
        "lat": "37.498",
        "lon": "127.028",
        "accuracy_m": "15",
        "source": "book",
        "label": "회사",
    }
    assert await send("places", "correct", **pin) == "place_changed"
    [place, *_] = (await card(program, customer_id))["places"]
    assert (place["text"], place["lat"], place["source"], place["label"]) == ("강남역 10번", 37.498, "book", "회사")
    # The form as it comes keeps the pin, and can take it away.
    assert await send("places", "correct", text="강남역 10번 출구") == "place_changed"
    assert (await card(program, customer_id))["places"][0]["lat"] == 37.498
    assert await send("places", "correct", text="강남역 10번 출구", no_pin="1") == "place_changed"
    assert (await card(program, customer_id))["places"][0]["lat"] is None
    assert await send("places", "remove") == "place_removed"
    assert "강남역 10번 출구" not in str((await card(program, customer_id))["places"])
    assert await send("places", "back") == "place_back"
    fields = await form_of(visitor, home, "add")
    wrong = await visitor.ask("POST", f"{home}/places", data={**fields, "text": "x", "lat": "nan", "lon": "1"})
    assert wrong.status == 422
    assert "추천 장소에서" in wrong.raw.decode()
    assert await send("places", "add", text="판교역") == "place_added"
    version = str((await card(program, customer_id))["version"])
    told = await fill(visitor, home, f"{home}/edit", version=version, name="김철수", language="en")
    assert told[1] == f"{home}?done=saved"
    assert (await card(program, customer_id))["language"] == "en"


async def test_the_second_who_saves_is_shown_what_is_different_and_keeps_what_he_typed(house: House) -> None:
    """Seen failing with the page shown anew without it."""
    customer_id = (await house.order(customer_name="김철수"))["customer"]["id"]
    visitor, home = await house.signed_in(), f"/customers/{customer_id}"
    version = str((await card(house.program(), customer_id))["version"])
    assert (await fill(visitor, home, f"{home}/edit", version=version, name="김철호"))[0] == 303
    status, shown = await fill(visitor, home, f"{home}/edit", version=version, name="김<철민", note="트렁크")
    assert status == 409
    rows = re.findall(r'<th scope="row">(\S+)</th><td class="words">(.*?)</td><td class="words">(.*?)</td>', shown)
    assert rows == [("이름", "김&lt;철민", "김철호"), ("메모", "트렁크", "–")]
    assert 'name="name" value="김&lt;철민"' in shown
    # Having seen it, he saves what he meant.
    again = re.search(r'name="version" value="(\d+)"', shown)
    assert again
    assert (await fill(visitor, home, f"{home}/edit", version=again[1], name="김철민"))[0] == 303


@pytest.mark.parametrize("role", ["auditor", "accountant"])
async def test_who_may_not_edit_sees_no_form_and_is_refused(house: House, role: str) -> None:
    customer_id = (await house.order(customer_name="김철수"))["customer"]["id"]
    async with house.desk.work() as work:
        await work.session.execute(update(Operator).where(Operator.login == "op").values(role=role))
    visitor, home = await house.signed_in(), f"/customers/{customer_id}"
    shown = (await visitor.ask("GET", home)).raw.decode()
    assert "/phones" not in shown
    assert "5550-1234" not in shown
    for path in (f"{home}/phones", f"{home}/places", "/customers/new"):
        assert (await visitor.ask("POST", path, data={"key": "x"})).status == 403


async def test_his_history_is_read_back_on_the_page(house: House) -> None:
    """Seen failing with the cursor not handed on."""
    customer_id = (await house.order(customer_name="김철수"))["customer"]["id"]
    visitor, program = await house.signed_in(), house.program()
    home = f"/customers/{customer_id}"
    for n in range(105):
        version = (await card(program, customer_id))["version"]
        await program.api("POST", f"/customers/{customer_id}", {"version": version, "name": f"김{n}"})
    first = (await visitor.ask("GET", home)).raw.decode()
    older = re.search(r'href="([^"]+)" data-key="o"', first)
    assert older
    assert "김철수" not in first
    second = (await visitor.ask("GET", older[1].replace("&amp;", "&"))).raw.decode()
    assert 'data-key="o"' not in second
    assert 'data-key="u"' in second
    rows = [re.findall(r'<th scope="row">(\S+ \d+)</th>', page) for page in (first, second)]
    assert len(rows[0]) == 100
    assert len({*rows[0], *rows[1]}) == len(rows[0]) + len(rows[1])
    assert any(each.startswith("주문") for each in rows[1])
    assert (await visitor.ask("GET", f"{home}?before=x")).status == 422


async def test_who_opens_his_page_or_its_twin_of_the_api_is_on_record(house: House) -> None:
    """Whoever sees numbers whole, too; the card of a ringing call is not. Seen failing with each of the doors left out."""
    customer_id = (await house.order(customer_name="김철수"))["customer"]["id"]

    async def opened() -> list[tuple[int | None, str]]:
        async with house.desk.look() as session:
            query = select(AuditEntry).where(AuditEntry.what == "customer.opened").order_by(AuditEntry.id)
            return [(row.operator_id, row.subject) for row in await session.scalars(query)]

    await house.ring()
    program, visitor = house.program(), await house.signed_in()
    assert (await program.api("GET", "/calls")).body["items"][0]["customer"]["name"] == "김철수"
    assert await opened() == []
    for _ in range(2):
        assert (await visitor.ask("GET", f"/customers/{customer_id}")).status == 200
    [once] = await opened()
    assert once[1] == f"customer {customer_id}"
    for n, path in enumerate(("", "/history"), 2):
        other = (await house.order(number=f"0107777888{n}", customer_name="이영희"))["customer"]["id"]
        assert (await program.api("GET", f"/customers/{other}{path}")).status == 200
        found = await opened()
        assert (len(found), found[-1][1]) == (n, f"customer {other}")
    assert (await program.api("GET", "/customers/999")).status == 404
    assert len(await opened()) == 3


async def test_an_administrator_finds_no_page_of_somebody_who_was_merged_away(house: House) -> None:
    """Also within the hour in which he had opened it."""
    one = (await house.order(customer_name="김"))["customer"]["id"]
    other = (await house.order(number="01077778888", customer_name="이"))["customer"]["id"]
    visitor = await as_admin(house)
    assert (await visitor.ask("GET", f"/customers/{one}")).status == 200
    await fill(visitor, f"/customers/{one}", f"/customers/{one}/merge", other=str(other))
    assert (await visitor.ask("GET", f"/customers/{one}")).status == 404
    assert (await visitor.api("GET", f"/customers/{one}/history")).status == 404
