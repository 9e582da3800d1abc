"""One row of each kind that a URL can name, in one office, and requests that are right in everything but whose row it is.

`rows` is what a request's id may be, by the part of the path that stands before it: a URL with a new kind of row is a KeyError.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from sqlalchemy import select, update

from desk.books import batch_views, batches, cashier, credit_accounts, fee_rules
from desk.books.credit_accounts import Terms
from desk.books.fee_rules import FeeForm
from desk.clock import days
from desk.customer import merging, segments, task_rules, tasks
from desk.customer.segments import SegmentForm
from desk.customer.task_rules import TaskRuleForm
from desk.customer.tasks import TaskForm
from desk.driver import driver_documents
from desk.driver.driver_documents import PDF
from desk.driver.driver_documents import File as Paper
from desk.driver_page import appeals
from desk.importing import staging, steps
from desk.importing.staging import File
from desk.importing.table import Cell, table_of
from desk.keeping import kept_files
from desk.knowledge import articles
from desk.knowledge.articles import ArticleForm
from desk.message import campaigns, standing_sends, unheard
from desk.message.audiences import Pick
from desk.message.campaigns import Letter
from desk.message.standing_sends import StandingForm
from desk.office import people
from desk.ordering import tariff_versions
from desk.rules.fees import FeeRule
from desk.rules.settling import SettlingRule
from desk.work import Work
from models import (
    CarPhoto,
    Customer,
    Message,
    Offer,
    Period,
    Place,
    Recording,
    Search,
    Segment,
    StandingLeftOut,
)  # fmt: skip
from models.vehicle_proof import CAR_SIDES
from tests.hostile.corpus.everywhere import sample
from tests.web.conftest import House, path_of
from tests.web.test_cars import JPEG, photo
from tests.web.test_texts import came
from web.keys import CAR_PHOTOS, DOCUMENTS
from web.route import Route

SECRET = "비밀이영희"
"""What stands in each of the rows, and in no answer to strangers."""
_nth = itertools.count(1)
RIDER = "01055509876"
SOON = (datetime.now(UTC) + timedelta(days=2)).date()
"""Still to come wherever a run is, also after its midnight."""
SPAN = {"from": "2026-01-01", "to": "2026-02-01"}
PDF_BYTES = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


async def rows(house: House) -> dict[str, Any]:
    """The ids, by the part of the path before them, and the token of a recording."""
    driver, who = house.site.drivers[0], house.site.colleague_id
    call = await house.ring(reference="cb1-9.9")
    order = await house.order(customer_name=SECRET, note=SECRET)
    assigned = await house.program().api("POST", f"/orders/{order['id']}/assign", {"driver_number": "100"})
    assert assigned.status == 200
    text = await came(house, SECRET)
    async with house.desk.work() as work:
        made = await _money(work, who, driver)
        letter = Letter(Pick(drivers=(driver,)), SECRET, send_at=work.now + timedelta(hours=2))
        campaign = await campaigns.send(work, who, letter)
        paper = Paper(SECRET, PDF, PDF_BYTES)
        document = await driver_documents.add(
            work, who, driver, "licence", paper, _file_at(house, DOCUMENTS, PDF_BYTES)
        )
        car = await _car(work, order["id"], driver, _file_at(house, CAR_PHOTOS, photo("front")))
        article = await articles.make(work, who, ArticleForm(SECRET, SECRET))
        found = {
            **made,
            "articles": article.id,
            "calls": call,
            "orders": order["id"],
            "drivers": driver,
            "texts": text,
            "campaigns": campaign.id,
            "sent": campaign.id,
            **await _standing(work, who),
            "documents": document.id,
            "photos": car.id,
            "offers": await _offer(work, order["id"], driver),
            "recordings": _recording(work, house, call),
            "messages": await _unheard(work, order["id"]),
            "users": await _colleague(work, house),
        }
    return found | await taken_away(house)


async def taken_away(house: House) -> dict[str, Any]:
    """Those rows that a request takes away: made anew each time."""
    who, nth = house.site.colleague_id, next(_nth)
    one, two, three = [
        (await house.order(number=f"0107{nth:04}{n:04}", customer_name=SECRET))["customer"]["id"] for n in range(3)
    ]
    imported = await _import(house)
    async with house.desk.work() as work:
        place = await work.session.scalar(select(Place.id).where(Place.customer_id == one))
        merge = await merging.merge(work, who, two, three, name_of=two)
        segment = await segments.make(work, who, SegmentForm(f"{SECRET} {nth}", {}, kind="list"))
        zones = [{"from": SECRET, "to": "분당구", "fare": 25_000 + nth}]
        rule = await standing_sends.make(work, who, _rule(nth, (await _kept_segment(work, who)).id))
        tariff = await tariff_versions.stage(work, who, "zones", f"{SECRET}.csv", zones)
        batch = await _batch(work, who)
        made = {"customers": one, "another": max(two, three), "merges": merge, "segments": segment.id}
        form = TaskForm(SECRET, work.now + timedelta(hours=1), customer_id=one)
        task_rule = await task_rules.make(work, who, _task_rule(nth, (await _kept_segment(work, who)).id))
        made |= {"rules": task_rule.id, "task-rules": task_rule.id}
        made |= {"tasks": (await tasks.make(work, who, form)).id}
        made |= {"standing": rule.id, "standing-sends": rule.id}
        made |= {"saved-places": place, "number": f"0107{nth:04}0000"}
        return {**made, "tariffs": tariff.id, "tariff": tariff.id, "files": imported, "batches": batch}


async def _batch(work: Work, who: int) -> int:
    """A batch that waits: the one that does, or a new one."""
    operator = await people.operator_of(work, who)
    waits = await batch_views.listed(work.session, operator.office_id)
    if waits and waits[0].state == "open":
        return waits[0].id
    today = days.today("Asia/Seoul", work.now)
    return (await batches.propose(work, who, days.span("Asia/Seoul", today, today), SettlingRule())).id


async def _kept_segment(work: Work, who: int) -> Segment:
    """One that no request takes away: a rule goes to it."""
    name = f"{SECRET} 정기"
    found = await work.session.scalar(select(Segment).where(Segment.name == name))
    return found or await segments.make(work, who, SegmentForm(name, {}, kind="list"))


def _rule(nth: int, segment: int) -> StandingForm:
    return StandingForm(f"{SECRET} {nth}", segment, SECRET, "notice", SOON)


def _task_rule(nth: int, segment: int) -> TaskRuleForm:
    return TaskRuleForm(f"{SECRET} {nth}", segment, SECRET, "care", SOON)


async def _standing(work: Work, who: int) -> dict[str, int]:
    """A run of a rule, with somebody left out."""
    segment = await _kept_segment(work, who)
    rule = await standing_sends.make(work, who, _rule(0, segment.id))
    run = standing_sends.missed(work, rule, SOON, work.now, "late")
    work.session.add(run)
    await work.session.flush()
    customer = await work.session.scalar(select(Customer.id).order_by(Customer.id).limit(1))
    work.session.add(StandingLeftOut(run_id=run.id, customer_id=customer, why="had"))
    return {"runs": run.id, "standing-runs": run.id, "kept-segment": segment.id}


async def _money(work: Work, who: int, driver: int) -> dict[str, int]:
    await cashier.take_in(work, who, driver, 50_000, "입금 1")
    asked = await cashier.ask(work, who, driver, 1_000, SECRET)
    entry = await cashier.penalise(work, who, driver, 3_000, SECRET, "벌금 1")
    appeal = await appeals.appeal(work, driver, SECRET, entry_id=entry.id)
    account = await credit_accounts.add(work, who, Terms(SECRET, 500_000))
    await credit_accounts.add_rider(work, who, account.id, RIDER)
    later = FeeForm("grade", "A", FeeRule(basis_points=1_500, unit=100), work.now + timedelta(days=9))
    rule = await fee_rules.put(work, who, later)
    closed = work.now - timedelta(days=400)
    period = Period(
        office_id=account.office_id,
        since=closed - timedelta(days=30),
        until=closed,
        closed_at=work.now,
        digest="0" * 64,
    )
    work.session.add(period)
    await work.session.flush()
    return {
        "withdrawals": asked.id,
        "entries": entry.id,
        "appeals": appeal.id,
        "credit-accounts": account.id,
        "credit": account.id,
        "fee-rules": rule.id,
        "periods": period.id,
    }


async def _import(house: House) -> int:
    cells = ["이름", "휴대폰", "메모"], [SECRET, "010-2345-6789", ""], [SECRET, "전화 없음", ""]
    table = table_of(([Cell(cell) for cell in line] for line in cells), known=frozenset(cells[0]))
    file = File.of(f"{SECRET}.csv", b"1")
    staged = await staging.stage(house.desk, house.site.office_id, house.site.colleague_id, "customers", file, table)
    await steps.finish(house.desk, staged)
    return staged


async def _colleague(work: Work, house: House) -> int:
    added = await people.add_operator(work, house.site.office_id, f"colleague-{next(_nth)}", name=SECRET)
    return added.id


async def _car(work: Work, order: int, driver: int, path: str) -> CarPhoto:
    made = CarPhoto(
        order_id=order,
        driver_id=driver,
        stage="before",
        side=CAR_SIDES[0],
        sent_sha256="0" * 64,
        sha256="0" * 64,
        path=path,
        size=1,
        width=1,
        height=1,
        received_at=work.now,
    )
    work.session.add(made)
    await work.session.flush()
    return made


async def _unheard(work: Work, order: int) -> int:
    lost = update(Message).where(Message.order_id == order, Message.audience == "customer").values(state="failed")
    message: int = (await work.session.execute(lost.returning(Message.id))).scalar_one()
    await unheard.watch(work)
    return message


async def _offer(work: Work, order: int, driver: int) -> int:
    search = Search(order_id=order, state="running", started_at=work.now, due_at=work.now + timedelta(hours=1))
    work.session.add(search)
    await work.session.flush()
    until = work.now + timedelta(hours=1)
    offer = Offer(
        search_id=search.id,
        order_id=order,
        driver_id=driver,
        ring=1,
        state="open",
        offered_at=work.now,
        expires_at=until,
    )
    work.session.add(offer)
    await work.session.flush()
    return offer.id


def _recording(work: Work, house: House, call: int) -> str:
    (house.recordings / "left.wav").write_bytes(b"RIFF")
    token = "a-recording-of-the-first-office"
    work.session.add(Recording(call_id=call, token=token, path="left.wav", kind="message", created_at=work.now))
    return token


def _file_at(house: House, folder: str, raw: bytes) -> str:
    return kept_files.write(house.recordings.parent / "files" / folder, raw)


SAID: dict[str, dict[str, Any]] = {
    "/assign": {"driver_number": "101", "driver_id": None},
    "/reassign": {"driver_number": "101", "driver_id": None},
    "/riders": {"number": RIDER},
    "/riders/remove": {"number": RIDER},
    "/penalties": {"order_id": None},
    "/task-rules": {"segment_id": 1, "assignee_id": None, "first_day": "2026-11-22", "last_day": None, "weekdays": "0",
        "from_minute": 600, "to_minute": 660},
    "/task-rules/{id}": {
        "weekdays": "0", "from_minute": 600, "to_minute": 660, "first_day": "2026-11-22", "last_day": None, "version": None,
        "assignee_id": None,
    },
    "/tasks/{id}/take": {},
    "/take": {"holds_from": f"{SOON}T00:00:00Z"},
    "/driver/orders/{id}/step": {"to": "driving"},
    "/orders/{id}/step": {"to": "driving", "fare": None},
    "/drivers/{id}/erase": {"reason": "gone"},
    "/batches/{id}/lines": {"lines": []},
    "/batches/{id}/approve": {"lines": []},
    "/customers/{id}": {"language": None},
    "/segments/{id}": {"sound": None, "kind": "list"},
    "/articles": {"segment_id": None, "order_state": None},
    "/articles/{id}": {"segment_id": None, "order_state": None},
    "/articles/{id}/open": {"call_id": None},
    "/calls/{id}/wrap-up": {"code": "order"},
    "/tasks": {"customer_id": 1, "order_id": None, "assignee_id": None},
    "/outcome": {"outcome": "reached", "again_at": None},
    "/standing-sends/{id}": {
        "weekdays": "0", "from_minute": 600, "to_minute": 660, "first_day": "2026-11-22", "last_day": None, "version": None
    },
    "/orders/{id}": {
        "number": None, "credit_id": None, "wanted": None, "wants": [], "way_points": [], "cost_centre": None, "fare_reason": None
    },
}  # fmt: skip
"""What a body says where a text of the schema's would be refused before its row is looked for; by how the path ends."""
_MONEY = {"amount": "1000", "reference": "form", "evidence": "x"}
STANDING = {
    "name": "x", "segment": "SEGMENT", "kind": "notice", "text": "x", "from": "10:00", "to": "20:00", "day0": "yes",
    "every_days": "30", "most": "9", "first_day": "2026-11-22",
}  # fmt: skip
TASK_RULE = {**STANDING, "kind": "care", "body": "x"}
_FORMS: dict[str, tuple[dict[str, str], ...]] = {
    "/articles/{id}": (
        {"do": "save", "title": "x", "text": "x"},
        {"do": "archive"},
        {"do": "back"},
    ),
    "/customers/{id}/block": ({"do": "block", "reason": "x"}, {"do": "serve", "reason": "x"}),
    "/customers/{id}/data": ({"form": "json"}, {"form": "page"}, {"form": "xlsx"}),
    "/customers/{id}/edit": ({"version": "1", "name": "x"},),
    "/customers/{id}/forget": ({"reason": "x"},),
    "/customers/{id}/merge": ({"other": "OTHER"}, {"do": "undo", "merge": "MERGE"}),
    "/customers/{id}/numbers": ({},),
    "/customers/{id}/phones": (
        {"do": "attach", "version": "1", "number": "NUMBER"},
        {"do": "detach", "version": "1", "number": "NUMBER"},
    ),
    "/customers/{id}/places": (
        {"do": "add", "version": "1", "text": "x"},
        {"do": "correct", "version": "1", "text": "x", "place": "PLACE"},
        {"do": "remove", "version": "1", "place": "PLACE"},
        {"do": "back", "place": "PLACE"},
    ),
    "/drivers/{id}": (
        {"do": "change", "name": "x", "number": "100", "phone": "01020000000", "version": "1"},
        {"do": "grade", "grade": "A", "reason": "x"},
        {"do": "apart", "customer": "01055501234", "side": "office", "reason": "x"},
        {"do": "put_aside"},
        {"do": "disable", "reason": "x"},
        {"do": "enable"},
    ),
    "/drivers/{id}/account": ({"bank": "004", "bank_account": "110-123-456789", "bank_holder": "x"},),
    "/drivers/{id}/data": ({"form": "json"}, {"form": "page"}, {"form": "xlsx"}),
    "/drivers/{id}/forget": ({"reason": "gone"},),
    "/drivers/{id}/duty": ({"on": "yes"}, {"on": "no"}),
    "/import/files/{id}": (
        {"do": "map", "column0": "name", "column1": "number", "column2": ""},
        {"do": "start"},
        {"do": "undo"},
        {"do": "discard"},
    ),
    "/tasks/rules/{id}": (
        {"do": "preview", **TASK_RULE},
        {"do": "save", "version": "1", **TASK_RULE},
        {"do": "on"},
        {"do": "off"},
        {"do": "remove"},
    ),
    "/tasks/{id}": (
        {"do": "take"},
        {"do": "let_go"},
        {"do": "finish", "again": "+60"},
        {"do": "not_needed"},
    ),
    "/money/appeals/{id}": ({"do": "decline", "answer": "x"}, {"do": "accept", "answer": "x"}),
    "/money/batches/{id}": ({"do": "tick"}, {"do": "approve"}, {"do": "drop"}),
    "/money/credit/{id}": (
        {"do": "terms", "name": "x", "limit": "1000"},
        {"do": "add_rider", "number": "01055501111"},
    ),
    "/money/credit/{id}/payments": (_MONEY,),
    "/money/drivers/{id}": ({"do": "top_up", **_MONEY}, {"do": "penalty", **_MONEY}, {"do": "withdrawal", **_MONEY}),
    "/money/drivers/{id}/reversals": ({"entry": "ENTRY", "evidence": "x"},),
    "/money/tariff/{id}": ({"do": "take", "holds_from": f"{SOON}T00:00"}, {"do": "throw"}),
    "/money/withdrawals/{id}": ({"do": "turn_down", "reason": "x"}, {"do": "approve"}),
    "/segments/{id}": (
        {"do": "preview", "name": "x", "trips_a": "1"},
        {"do": "save", "name": "x", "kind": "list", "version": "1"},
        {"do": "add", "members": "OTHER"},
        {"do": "take_out", "members": "OTHER"},
        {"do": "remove"},
    ),
    "/texts/sent/{id}": ({"do": "cancel"},),
    "/texts/standing/{id}": (
        {"do": "save", "version": "1", **STANDING},
        {"do": "preview", **STANDING},
        {"do": "on"},
        {"do": "remove"},
    ),
    "/texts/standing/{id}/off": ({},),
    "/users/{id}": (
        {"do": "change", "name": "x", "role": "auditor", "extension": "", "locale": "ko"},
        {"do": "password", "password": ""},
        {"do": "sign_out"},
        {"do": "forget_factor"},
        {"do": "disable"},
        {"do": "enable"},
    ),
}
"""What each page's forms send. Words in capitals are rows of the office that the page is about."""


def path_to(route: Route, ids: dict[str, Any]) -> str:
    """The route's path with the row of its kind."""
    parts = path_of(route.path).split("/")
    for n, part in enumerate(route.path.split("/")):
        if part.startswith(("{id", "{token")):
            parts[n] = str(ids[parts[n - 1]])
    return "/".join(parts)


def requests_to(route: Route, ids: dict[str, Any]) -> list[dict[str, Any]]:
    """What aiohttp is to send there; several where a page has several forms."""
    path = path_of(route.path).replace("/1", "/{id}", 1)
    if route.method == "GET":
        needed = route.given.model_json_schema().get("required", ())
        return [{"params": {name: SPAN[name] for name in needed}}]
    if route.kind == "json":
        schema = route.given.model_json_schema()
        body = sample(schema, schema.get("$defs", {}))
        if path.endswith("/merge"):
            body = {"other": ids["another"], "name_of": ids["another"]}
        if "customers" in body:
            body = {"customers": [ids["another"]]}
        if "segment_id" in body and ("/standing-sends" in path or "/task-rules" in path):
            body["segment_id"] = ids["kept-segment"]
        if "/customers/" in path and "number" in body:
            body["number"] = ids["number"]
        said = next((said for end, said in SAID.items() if path.endswith(end)), {})
        return [{"json": body | said}]
    if route.kind == "raw":
        return [{"data": photo("rear"), "headers": JPEG}]
    if path == "/drivers/{id}/documents":
        form = aiohttp.FormData({"key": "documents", "kind": "licence"})
        form.add_field("file", PDF_BYTES, filename="a.pdf", content_type="application/pdf")
        return [{"data": form}]
    named = {
        "OTHER": "another",
        "MERGE": "merges",
        "ENTRY": "entries",
        "PLACE": "saved-places",
        "NUMBER": "number",
        "SEGMENT": "kept-segment",
    }
    return [
        {"data": {"key": f"{n} {path}", **{k: str(ids[named[v]]) if v in named else v for k, v in fields.items()}}}
        for n, fields in enumerate(_FORMS[path])
    ]
