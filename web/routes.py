"""Every URL of the panel on one page: method, path, who may, what comes in, what goes out.

Rights are judged here and nowhere else; the OpenAPI document and the tests are generated from this table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from web import given as g
from web import given_customers as gc
from web import given_driver as gd
from web import given_money as gm
from web import given_place as gp
from web import given_texts as gt
from web import told as t
from web import told_car as tc
from web import told_customers as tcu
from web import told_driver as td
from web import told_money as tm
from web import told_texts as tt
from web.ask import Ask, JsonHandler, json_answer, understand
from web.auth import Handler, Required, require
from web.live import live
from web.pages import (
    analysis,
    calls,
    campaign_api,
    cars,
    cashier,
    console,
    credit,
    customer_page,
    customers,
    dispatch,
    document,
    driver,
    driver_forms,
    driver_links,
    driver_photos,
    driver_records,
    drivers,
    health,
    import_forms,
    imports,
    marked_orders,
    messages,
    money,
    money_credit,
    money_fees,
    money_forms,
    money_tariff,
    orders,
    place_links,
    places,
    record,
    recordings,
    reports,
    segment_api,
    segments,
    session,
    text_forms,
    texts,
    trips,
)
from web.pages import second_factor as factor_page
from web.shapes import Nothing

ID = "{id:[1-9][0-9]{0,17}}"
API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Route:
    """One URL. `may` is the permission that it takes: desk/roles.py says which roles have it.

    `given` is the model of the body (unsafe methods) or of the query; `answer` that of the JSON answer.


    `kind`: "json" handlers get an understood request and return JSON; "raw" ones write their own answer;
    "page" ones are for people and stand in no API document.
    """

    method: str
    path: str
    may: Required
    handler: JsonHandler | Handler
    summary: str
    given: type[BaseModel] = Nothing
    answer: type[BaseModel] | None = None
    status: int = 200
    kind: str = "json"
    problems: tuple[int, ...] = field(default=())

    @property
    def shown(self) -> bool:
        """Whether the OpenAPI document has it."""
        return self.kind != "page"


def _json(
    method: str,
    path: str,
    may: Required,
    handler: JsonHandler,
    summary: str,
    *,
    given: type[BaseModel] = Nothing,
    answer: Any,
    status: int = 200,
    problems: tuple[int, ...] = (),
) -> Route:
    return Route(method, API + path, may, handler, summary, given, answer, status, "json", problems)


def _raw(method: str, path: str, may: Required, handler: Handler, summary: str, **more: Any) -> Route:
    return Route(method, path, may, handler, summary, kind="raw", **more)


def _page(method: str, path: str, may: Required, handler: Handler, summary: str) -> Route:
    return Route(method, path, may, handler, summary, kind="page")


ROUTES: tuple[Route, ...] = (
    # --- for people -----------------------------------------------------------------------------------------------------
    _page("GET", "/", "anyone", console.console, "The console; without a session, on to the log-in"),
    _page("GET", "/login", "anyone", console.login, "The log-in"),
    _page("POST", "/login", "anyone", console.sign_in, "The log-in's form"),
    _page("POST", "/logout", "anyone", console.sign_out, "Sign out"),
    _page("GET", "/second-factor", "own.session", factor_page.show, "One's own second factor"),
    _page("POST", "/second-factor", "own.session", factor_page.change, "Set it up, confirm it, take it away"),
    _page("GET", "/driver", "anyone", driver.home, "The drivers' page; what it shows, it asks for as a driver"),
    _page("GET", "/drivers", "drivers.see", driver_records.listed, "Drivers' records, and papers that run out"),
    _page("POST", "/drivers", "drivers.manage", driver_forms.register, "Register a driver"),
    _page("GET", f"/drivers/{ID}", "drivers.see", driver_records.shown, "One driver's record"),
    _page("POST", f"/drivers/{ID}", "drivers.manage", driver_forms.act, "Change it, grade, keep apart, disable"),
    _page("POST", f"/drivers/{ID}/documents", "drivers.manage", driver_forms.upload, "A file about a driver"),
    _page("GET", f"/drivers/documents/{ID}", "drivers.manage", driver_records.document, "A driver's file"),
    _page("GET", "/car", "anyone", cars.home, "The customer's page with the photos of his car, by a texted link"),
    _page("GET", "/map", "orders.see", console.map_page, "Orders and drivers on a map"),
    _page("GET", "/here", "anyone", place_links.here, "Where a caller shows where he is; the link was texted to him"),
    _page("GET", "/money", "money.see", money.company, "The firm's totals, pay-outs that wait, the month's close"),
    _page("POST", "/money", "money.close", money_forms.close, "Close a month"),
    _page("GET", "/money/rows", "money.see", money.rows, "The orders and entries behind the totals"),
    _page("GET", "/money/drivers", "money.see", money.drivers, "What each driver did, and where his account stood"),
    _page("GET", f"/money/drivers/{ID}", "money.see", money.statement, "A driver's statement"),
    _page("POST", f"/money/drivers/{ID}", "money.book", money_forms.pay, "Pay in, ask for a pay-out, penalise"),
    _page("POST", f"/money/drivers/{ID}/reversals", "money.book", money_forms.reverse, "Undo an entry"),
    _page("GET", "/money/credit", "money.see", money_credit.listed, "Firms that ride on account, and what they owe"),
    _page("POST", "/money/credit", "money.credit", money_credit.add, "A new account"),
    _page("GET", f"/money/credit/{ID}", "money.see", money_credit.shown, "One firm's bill, terms and telephones"),
    _page("POST", f"/money/credit/{ID}", "money.credit", money_credit.change, "Other terms, a telephone more or less"),
    _page("POST", f"/money/credit/{ID}/payments", "money.book", money_credit.pay, "The firm pays"),
    _page("GET", "/money/fees", "money.see", money_fees.shown, "What is taken of a fare, by class of driver"),
    _page("POST", "/money/fees", "money.fees", money_fees.act, "Look at another rule, make it, or take it back"),
    _page("GET", "/money/tariff", "money.see", money_tariff.listed, "The office's own tariff, version by version"),
    _page("POST", "/money/tariff", "money.fees", money_tariff.upload, "Look a file of it through"),
    _page("GET", f"/money/tariff/{ID}", "money.see", money_tariff.shown, "One version, and what it changes"),
    _page("POST", f"/money/tariff/{ID}", "money.fees", money_tariff.act, "Take it from a moment on, or throw it away"),
    _page("GET", "/money/appeals", "money.see", money.appeals, "What drivers say was not right, with what it is against"),
    _page("POST", f"/money/appeals/{ID}", "money.book", money_forms.answer_appeal, "Accept an appeal, or decline it"),
    _page("POST", f"/money/withdrawals/{ID}", "money.book", money_forms.decide, "Approve a pay-out, or turn it down"),
    _page("GET", "/analysis", "money.see", analysis.shown, "Orders from side after side, cohorts, waits, coming hours"),
    _page("GET", "/analysis/rows", "money.see", analysis.rows, "The orders of a cell, and its customers as a list"),
    _page("POST", "/analysis/rows", "people.import", analysis.make_segment, "Whoever is in the cell becomes a segment"),
    _page("GET", "/dispatch", "orders.see", dispatch.page, "How much the desk does by itself at which hours; the last peaks"),
    _page("POST", "/dispatch", "dispatch.modes", dispatch.save, "Set the hours"),
    _page("GET", f"/customers/{ID}", "customers.see", customer_page.show, "A customer: who he is, and all that happened"),
    _page("POST", f"/customers/{ID}/edit", "customers.edit", customer_page.edit, "Name, grade, note"),
    _page("POST", f"/customers/{ID}/block", "customers.block", customer_page.block, "Serve him no more, or again"),
    _page("POST", f"/customers/{ID}/merge", "customers.edit", customer_page.merge, "Make one of two, or two again"),
    _page("POST", f"/customers/{ID}/numbers", "numbers.show", customer_page.show_numbers, "Whole numbers, on record"),
    _page("POST", f"/customers/{ID}/data", "customers.forget", customer_page.data, "All that is kept about him"),
    _page("POST", f"/customers/{ID}/forget", "customers.forget", customer_page.forget, "Erase him"),
    _page("GET", "/segments", "customers.see", segments.listed, "Segments of customers"),
    _page("POST", "/segments", "customers.edit", segments.act, "A new segment, or whom it would find"),
    _page("GET", f"/segments/{ID}", "customers.see", segments.shown, "A segment, and who is in it"),
    _page("POST", f"/segments/{ID}", "customers.edit", segments.change, "Change, fill or remove a segment"),
    _page("GET", "/import", "people.import", imports.listed, "Files of customers and drivers"),
    _page("POST", "/import", "people.import", import_forms.upload, "A new file"),
    _page("GET", "/import/export", "people.import", imports.export, "All customers or drivers, to take away"),
    _page("GET", f"/import/files/{ID}", "people.import", imports.shown, "One file: columns, first lines, what is wrong"),
    _page("POST", f"/import/files/{ID}", "people.import", import_forms.act, "Name its columns, take it in, undo, throw away"),
    _page("GET", f"/import/files/{ID}/errors", "people.import", imports.errors, "Its refused lines, to take away"),
    _page("GET", "/texts", "texts.send", texts.compose, "A text to many"),
    _page("POST", "/texts", "texts.send", text_forms.compose, "Find people, look at it, send it; keep texts"),
    _page("GET", "/texts/inbox", "messages.see", texts.received, "What people texted us"),
    _page("POST", "/texts/inbox", "texts.handle", text_forms.received, "Done with a text; write down who wants no advertising"),
    _page("GET", "/texts/sent", "messages.see", texts.sent, "What was sent to many, and how far it is"),
    _page("GET", f"/texts/sent/{ID}", "messages.see", texts.campaign, "What became of each text"),
    _page("POST", f"/texts/sent/{ID}", "texts.send", text_forms.campaign, "Cancel what has not left"),
    _page("GET", f"/texts/sent/{ID}/results", "texts.send", texts.results, "What became of each text, to take away"),
    # --- for machines that watch us -------------------------------------------------------------------------------------
    _raw("GET", "/healthz", "anyone", health.healthz, "How the parts are; no personal data", answer=t.Health),
    _raw("GET", "/metrics", "anyone", health.metrics, "Counters for Prometheus"),
    # --- live -----------------------------------------------------------------------------------------------------------
    _raw("GET", "/live", "calls.see", live, "WebSocket: a snapshot, then numbered deltas", status=101),
    # --- the JSON API ---------------------------------------------------------------------------------------------------
    _raw("GET", API + "/openapi.json", "anyone", document.document, "This document"),
    _raw(
        "POST", API + "/session", "anyone", session.create, "Sign in",
        given=g.SignIn, answer=t.Me, status=201, problems=(401, 429),
    ),
    _json("GET", "/session", "own.session", session.show, "Who is signed in", answer=t.Me),
    _raw("DELETE", API + "/session", "own.session", session.delete, "Sign out", status=204),
    _json("GET", "/calls", "calls.see", calls.listed, "Calls, newest first", given=g.CallsQuery, answer=t.Items[t.CallTold]),
    _json("POST", "/calls/test", "calls.handle", calls.test, "Place a test call", answer=t.Done, status=202, problems=(409, 429)),
    _json("GET", f"/calls/{ID}", "calls.see", calls.shown, "One call", answer=t.CallTold, problems=(404,)),
    _json(
        "POST", f"/calls/{ID}/answer", "calls.handle", calls.answer, "Have the operator's phone answer",
        answer=t.Done, status=202, problems=(404, 409),
    ),
    _json(
        "POST", f"/calls/{ID}/hangup", "calls.handle", calls.hangup, "End the call",
        answer=t.Done, status=202, problems=(404, 409),
    ),
    _json(
        "GET", "/customers", "customers.see", customers.listed, "Customers by name or number",
        given=g.CustomersQuery, answer=t.Items[t.CustomerTold],
    ),
    _json(
        "GET", f"/customers/{ID}", "customers.see", customers.shown, "A customer's card",
        answer=t.CustomerTold, problems=(404,),
    ),
    _json(
        "POST", f"/customers/{ID}", "customers.edit", customers.change, "Name, mark and note of a customer",
        given=gc.CustomerGiven, answer=t.CustomerTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/customers/{ID}/block", "customers.block", customers.block, "Serve a customer no more, and why",
        given=g.Reason, answer=t.CustomerTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/customers/{ID}/serve", "customers.block", customers.serve, "Serve him again, and why",
        given=g.Reason, answer=t.CustomerTold, problems=(404, 409),
    ),
    _json(
        "GET", f"/customers/{ID}/duplicates", "customers.see", customers.likely_same, "Who may be the same person",
        answer=t.Items[tcu.LikenessTold], problems=(404,),
    ),
    _json(
        "POST", f"/customers/{ID}/merge", "customers.edit", customers.merge, "Make one of two rows of one person",
        given=gc.MergeGiven, answer=tcu.MergeTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/merges/{ID}/undo", "customers.edit", customers.undo_merge, "Make two customers of one again",
        answer=tcu.UndoneTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/customers/{ID}/numbers", "numbers.show", customers.numbers, "A customer's numbers whole, on record",
        answer=tcu.NumbersTold, problems=(404,),
    ),
    _json(
        "POST", f"/customers/{ID}/data", "customers.forget", customers.data, "All that is kept about one person",
        answer=tcu.DataTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/customers/{ID}/erase", "customers.forget", customers.erase, "Forget one person; this cannot be undone",
        given=g.Reason, answer=tcu.ErasedTold, problems=(404, 409),
    ),
    _json("GET", "/segments", "customers.see", segment_api.listed, "Segments of customers", answer=tcu.SegmentsTold),
    _json(
        "GET", f"/segments/{ID}", "customers.see", segment_api.shown, "Who is in a segment now",
        answer=tcu.PreviewTold, problems=(404,),
    ),
    _json(
        "POST", "/segments/preview", "customers.edit", segment_api.preview, "Whom a question would find",
        given=gc.ConditionsGiven, answer=tcu.PreviewTold,
    ),
    _json(
        "POST", "/segments", "customers.edit", segment_api.make, "A new segment",
        given=gc.SegmentGiven, answer=tcu.SegmentTold, status=201, problems=(409,),
    ),
    _json(
        "POST", f"/segments/{ID}", "customers.edit", segment_api.change, "Another name, question or treatment",
        given=gc.SegmentGiven, answer=tcu.SegmentTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/segments/{ID}/remove", "customers.edit", segment_api.remove, "Take a segment away; its customers stay",
        answer=t.Done, problems=(404,),
    ),
    _json(
        "POST", f"/segments/{ID}/add", "customers.edit", segment_api.add, "Put customers into a group",
        given=gc.MembersGiven, answer=tcu.CountTold, problems=(404,),
    ),
    _json(
        "POST", f"/segments/{ID}/take-out", "customers.edit", segment_api.take_out, "Take customers out of a group",
        given=gc.MembersGiven, answer=tcu.CountTold, problems=(404,),
    ),
    _json(
        "GET", "/places", "customers.see", places.listed, "Places while they are typed: the customer's own, then the place book",
        given=g.PlacesQuery, answer=t.Items[t.PlaceSuggested],
    ),
    _json(
        "GET", "/places/network", "customers.see", places.on_the_network, "Places by geocoders on the network, if there are any",
        given=g.NetworkPlacesQuery, answer=t.Items[t.PlaceSuggested],
    ),
    _json(
        "GET", "/orders", "orders.see", orders.listed, "Orders, newest first",
        given=g.OrdersQuery, answer=t.Items[t.OrderTold],
    ),
    _json(
        "POST", "/orders", "orders.take", orders.take, "Take an order",
        given=g.OrderGiven, answer=t.OrderTold, status=201, problems=(404, 409),
    ),
    _json(
        "POST", "/orders/cancel", "orders.take", marked_orders.cancel, "Cancel many orders; each is done or refused by itself",
        given=g.OrdersMarkedWhy, answer=t.Items[t.OrderDone],
    ),
    _json(
        "POST", "/orders/release", "orders.dispatch", marked_orders.release, "Take many orders back from their drivers",
        given=g.OrdersMarkedWhy, answer=t.Items[t.OrderDone],
    ),
    _json(
        "POST", "/orders/search", "orders.dispatch", marked_orders.search, "Look for drivers for many orders",
        given=g.OrdersMarked, answer=t.Items[t.OrderDone],
    ),
    _json(
        "POST", "/orders/search/stop", "orders.dispatch", marked_orders.stop_search, "Look no further for many orders",
        given=g.OrdersMarked, answer=t.Items[t.OrderDone],
    ),
    _json(
        "POST", "/orders/over-limit", "credit.exceed", orders.take_over_limit,
        "Take an order on account beyond its limit, with the reason on record",
        given=g.OrderOverLimit, answer=t.OrderTold, status=201, problems=(404, 409),
    ),
    _json(
        "POST", "/quotes", "orders.take", trips.quote, "What a trip would cost and why, and by when a driver may be promised",
        given=g.TripAsked, answer=t.TripTold,
    ),
    _json(
        "GET", f"/calls/{ID}/drafts", "orders.take", trips.listed_drafts, "What was typed for a call and not yet saved",
        answer=t.Items[t.DraftTold], problems=(404,),
    ),
    _json(
        "POST", f"/calls/{ID}/draft", "orders.take", trips.keep_draft, "Keep what one has typed for a call; nothing: forget it",
        given=g.DraftGiven, answer=t.Done, problems=(404,),
    ),
    _json(
        "POST", f"/orders/{ID}/begin", "orders.dispatch", trips.begin, "A reserved order is taken now",
        answer=t.OrderTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/orders/{ID}/wait", "orders.dispatch", trips.wait, "Text the customer that a driver comes that much later",
        given=g.WaitAsked, answer=t.OrderTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/orders/{ID}/alarms/seen", "orders.dispatch", trips.seen, "Somebody sees to the order's alarms",
        answer=t.OrderTold, problems=(404,),
    ),
    _json("GET", f"/orders/{ID}", "orders.see", orders.shown, "One order", answer=t.OrderTold, problems=(404,)),
    _json(
        "PATCH", f"/orders/{ID}", "orders.take", orders.change, "Change what an order says",
        given=g.OrderChanges, answer=t.OrderTold, problems=(404, 409),
    ),
    _json(
        "GET", f"/orders/{ID}/candidates", "orders.see", orders.candidates, "Who could drive, best first",
        given=g.CandidatesQuery, answer=t.Items[t.CandidateTold], problems=(404,),
    ),
    _json(
        "POST", f"/orders/{ID}/assign", "orders.dispatch", orders.assign, "Give the order to a driver",
        given=g.DriverChosen, answer=t.OrderTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/orders/{ID}/cancel", "orders.take", orders.cancel, "Cancel the order",
        given=g.Cancellation, answer=t.OrderTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/orders/{ID}/release", "orders.dispatch", orders.release, "Take the order back from its driver",
        given=g.Reason, answer=t.OrderTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/orders/{ID}/step", "orders.dispatch", orders.step, "Move the order on: driving, completed",
        given=g.Step, answer=t.OrderTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/orders/{ID}/search", "orders.dispatch", orders.search, "Look for a driver: ring after ring, the nearest first",
        given=g.SearchAsked, answer=t.OrderTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/orders/{ID}/search/stop", "orders.dispatch", orders.stop_search, "Look no further",
        answer=t.OrderTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/orders/{ID}/place-link", "orders.take", place_links.send, "Text the caller a link: he shows where he is",
        answer=t.MessageTold, problems=(404, 409),
    ),
    _json(
        "GET", f"/orders/{ID}/weighings", "orders.see", orders.weighings, "Why drivers were asked, or were not",
        answer=t.Items[t.WeighingTold], problems=(404,),
    ),
    _json(
        "GET", f"/orders/{ID}/offers", "orders.see", orders.offers, "Whom the order was offered to, and what they said",
        answer=t.Items[t.OfferTold], problems=(404,),
    ),
    _json(
        "GET", f"/orders/{ID}/history", "orders.see", orders.history, "All that happened to the order, newest first",
        answer=t.Items[t.DeedTold], problems=(404,),
    ),
    _json(
        "GET", f"/orders/{ID}/way", "orders.see", orders.way, "Where its drivers were while they had the order",
        answer=t.WaysTold, problems=(404,),
    ),
    _json(
        "GET", f"/orders/{ID}/car", "cars.see", cars.shown, "The customer's car before the key changed hands, and after",
        answer=tc.CarTold, problems=(404,),
    ),
    _json(
        "POST", f"/orders/{ID}/car/link", "orders.dispatch", cars.send_link, "Text the customer a link to the photos",
        answer=t.MessageTold, problems=(404, 409, 422),
    ),
    _raw(
        "GET", API + f"/orders/{ID}/dispute", "disputes.take", cars.dispute,
        "All that is known of an order, to take away: photos, odometer, texts, steps (ZIP)", problems=(404,),
    ),
    _raw("GET", API + f"/photos/{ID}", "cars.see", cars.photo, "One photo of a car", problems=(404,)),
    _json(
        "GET", "/dispatch/modes", "orders.see", dispatch.shown, "How much the desk does by itself, and when",
        answer=t.ModesTold,
    ),
    _json(
        "POST", "/dispatch/modes", "dispatch.modes", dispatch.change, "Set how much the desk does by itself, and when",
        given=g.ModesGiven, answer=t.ModesTold,
    ),
    _json(
        "GET", "/dispatch/rounds", "orders.see", dispatch.rounds, "Peaks: what was matched at once, and what it gained",
        answer=t.Items[t.RoundTold],
    ),
    _json("GET", "/drivers", "drivers.see", drivers.listed, "Drivers", given=g.DriversQuery, answer=t.Items[t.DriverTold]),
    _json(
        "POST", f"/drivers/{ID}/link", "drivers.link", driver_links.send, "Text the driver a link to his page, good once",
        answer=t.MessageTold, problems=(404, 409, 422),
    ),
    _json(
        "GET", "/appeals", "appeals.see", driver_links.listed, "What drivers say was not right, newest first",
        given=gd.AppealsQuery, answer=t.Items[td.AppealTold],
    ),
    _json(
        "POST", f"/appeals/{ID}/answer", "appeals.answer", driver_links.answer, "Answer an appeal: what was done stands",
        given=gd.AppealAnswer, answer=td.AppealTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/appeals/{ID}/accept", "money.book", driver_links.accept, "Accept an appeal: what was booked is given back",
        given=gd.AppealAnswer, answer=td.AppealTold, problems=(404, 409),
    ),
    # --- for a caller's telephone: the link's token says whose -----------------------------------------------------------
    _raw(
        "POST", API + "/here", "anyone", place_links.show, "Show where one is, by a texted link",
        given=gp.PlaceShown, answer=t.PlaceTaken, problems=(401, 429),
    ),
    # --- for a driver's own phone: no path and no body says whose ---------------------------------------------------------
    _raw(
        "POST", API + "/driver/session", "anyone", driver.enter, "Sign in with a texted link",
        given=gd.LinkToken, answer=td.DriverMe, status=201, problems=(401, 429),
    ),
    _raw("DELETE", API + "/driver/session", "driver.own", driver.leave, "Sign out", status=204),
    _json(
        "POST", "/driver/link", "anyone", driver.ask_for_link, "Have a link texted to one's own registered phone",
        given=gd.OwnPhone, answer=t.Done, status=202, problems=(429,),
    ),
    _json(
        "GET", "/driver/me", "driver.own", driver.me, "State, balance, offers and trip; at once, or when something is new",
        given=gd.MeQuery, answer=td.DriverMe,
    ),
    _json("POST", "/driver/shift", "driver.own", driver.duty, "On duty, or off", given=gd.Duty, answer=td.DriverMe),
    _json(
        "POST", "/driver/location", "driver.own", driver.locate, "Where the driver is",
        given=gd.Spot, answer=t.Done, problems=(409,),
    ),
    _json(
        "POST", f"/driver/offers/{ID}/accept", "driver.own", driver.accept, "Take an offered order",
        answer=td.DriverMe, problems=(404, 409),
    ),
    _json(
        "POST", f"/driver/offers/{ID}/decline", "driver.own", driver.decline, "Do not take it, and why",
        given=gd.Declined, answer=td.DriverMe, problems=(404, 409),
    ),
    _json(
        "POST", f"/driver/orders/{ID}/step", "driver.own", driver.step, "On the way, arrived, driving, done, nobody came",
        given=gd.DriverStep, answer=td.DriverMe, problems=(404, 409),
    ),
    _raw(
        "POST", API + f"/driver/orders/{ID}/photos/{{stage:before|after}}/{{side:front|rear|left|right}}", "driver.own",
        driver_photos.add, "A photo of the customer's car (JPEG, PNG or WebP); the same bytes again are one photo",
        answer=tc.DriverCarTold, problems=(404, 409, 413, 422),
    ),
    _json(
        "POST", f"/driver/orders/{ID}/car", "driver.own", driver_photos.say, "The odometer, or why there are no photos",
        given=gd.CarSaid, answer=tc.DriverCarTold, problems=(404, 409),
    ),
    _raw("GET", API + f"/driver/photos/{ID}", "driver.own", driver_photos.show, "One's own photo", problems=(404,)),
    _json(
        "GET", "/driver/entries", "driver.own", driver.entries, "One's account: what was added and taken, and why",
        given=gd.EntriesQuery, answer=t.Items[td.DriverEntry],
    ),
    _json(
        "GET", "/driver/not-asked", "driver.own", driver.not_asked, "Orders that one was not asked for, and why",
        answer=t.Items[td.NotAsked],
    ),
    _json(
        "GET", "/driver/grades", "driver.own", driver.grades, "How one's grade became what it is, and why",
        answer=t.Items[td.GradeTold],
    ),
    _json(
        "POST", "/driver/appeals", "driver.own", driver.appeal, "Say that something was not right",
        given=gd.AppealGiven, answer=td.AppealBrief, problems=(404,),
    ),
    # --- for a customer, by his link --------------------------------------------------------------------------------------
    _raw(
        "POST", API + "/car/open", "anyone", cars.open_link, "Open the link to one's own car's photos",
        given=gd.LinkToken, answer=tc.CustomersCarTold, problems=(410, 429),
    ),
    _raw("GET", API + "/car", "anyone", cars.again, "The photos again", answer=tc.CustomersCarTold, problems=(410,)),
    _raw("GET", API + f"/car/photos/{ID}", "anyone", cars.customers_photo, "One of them", problems=(404, 410)),
    _json(
        "GET", "/audit", "audit.see", record.listed, "Who of the office did what, newest first",
        given=g.RecordQuery, answer=t.Items[t.RecordTold],
    ),
    _json(
        "GET", "/messages", "messages.see", messages.listed, "Text messages, newest first",
        given=g.MessagesQuery, answer=t.Items[t.MessageTold],
    ),
    _json("GET", "/texts", "messages.see", texts.listed, "Texts that came in", given=g.TextsQuery, answer=t.Items[t.TextTold]),
    _json(
        "POST", f"/texts/{ID}/handled", "texts.handle", texts.handled, "A person is done with a text that came in",
        answer=t.TextTold, problems=(404,),
    ),
    _json(
        "POST", "/texts/size", "texts.send", texts.size, "How long a text is, as networks count",
        given=g.TextGiven, answer=t.SizeTold,
    ),
    _json(
        "GET", "/consents", "messages.see", campaign_api.consent, "What the owner of a number said of advertising",
        given=gt.ConsentQuery, answer=tt.ConsentTold, problems=(422,),
    ),
    _json(
        "POST", "/consents", "texts.handle", campaign_api.note_consent, "Write down what somebody said of advertising",
        given=gt.ConsentGiven, answer=tt.ConsentTold, problems=(422,),
    ),
    _json(
        "GET", "/campaigns", "messages.see", campaign_api.listed, "The last texts to many, and how far they are",
        answer=t.Items[tt.CampaignTold],
    ),
    _json(
        "POST", "/campaigns/look", "texts.send", campaign_api.look, "What a text to many would be for each; nothing is sent",
        given=gt.CampaignGiven, answer=tt.LookTold, problems=(404, 422),
    ),
    _json(
        "POST", "/campaigns", "texts.send", campaign_api.send, "Send a text to many as it was looked at",
        given=gt.CampaignSeen, answer=tt.CampaignTold, status=201, problems=(404, 409, 422),
    ),
    _json(
        "GET", f"/campaigns/{ID}", "messages.see", campaign_api.shown, "One text to many",
        answer=tt.CampaignTold, problems=(404,),
    ),
    _json(
        "GET", f"/campaigns/{ID}/results", "messages.see", campaign_api.results, "What became of each of its texts",
        given=gt.ResultsQuery, answer=t.Items[tt.ResultTold], problems=(404,),
    ),
    _json(
        "GET", f"/campaigns/{ID}/left-out", "messages.see", campaign_api.left_out, "Who was picked and got none, and why",
        given=gt.ResultsQuery, answer=t.Items[tt.LeftOutTold], problems=(404,),
    ),
    _json(
        "POST", f"/campaigns/{ID}/cancel", "texts.send", campaign_api.cancel, "Stop it for whom it has not left",
        answer=tt.CampaignTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/drivers/{ID}/by-text", "texts.handle", texts.by_text, "Offer a driver orders by text, or no longer",
        given=g.ByText, answer=t.Done, problems=(404,),
    ),
    _raw(
        "GET", API + "/recordings/{token:[A-Za-z0-9_-]{16,64}}", "calls.listen", recordings.play, "What a caller said",
        problems=(404, 416),
    ),
    # --- money: for admins; anybody at the desk may ask for a pay-out, which somebody else approves ----------------------
    _json(
        "GET", "/reports/company", "money.see", reports.company, "The office's totals by day, month, quarter or year",
        given=gm.CompanyQuery, answer=tm.CompanyTold, problems=(422,),
    ),
    _json(
        "GET", "/reports/company/orders", "money.see", reports.closed_orders, "The closed orders behind the totals",
        given=gm.RowsQuery, answer=t.Items[tm.ClosedOrderTold], problems=(422,),
    ),
    _json(
        "GET", "/reports/company/entries", "money.see", reports.entries, "The entries of the books behind the totals",
        given=gm.RowsQuery, answer=t.Items[tm.EntryTold], problems=(422,),
    ),
    _json(
        "GET", "/reports/drivers", "money.see", reports.drivers, "What each driver did, and where his account stood",
        given=gm.SpanQuery, answer=tm.DriversTold, problems=(422,),
    ),
    _json(
        "GET", f"/drivers/{ID}/statement", "money.see", reports.statement, "A driver's statement",
        given=gm.SpanQuery, answer=tm.StatementTold, problems=(404, 422),
    ),
    _json(
        "POST", f"/drivers/{ID}/top-ups", "money.book", cashier.top_up, "A driver pays in",
        given=gm.TopUpGiven, answer=tm.Booked, status=201, problems=(404, 409),
    ),
    _json(
        "POST", f"/drivers/{ID}/penalties", "money.book", cashier.penalise, "A penalty, with its evidence",
        given=gm.PenaltyGiven, answer=tm.Booked, status=201, problems=(404, 409),
    ),
    _json(
        "POST", f"/drivers/{ID}/withdrawals", "money.ask", cashier.ask_for, "Ask for a pay-out to a driver",
        given=gm.WithdrawalAsked, answer=tm.AskedTold, status=201, problems=(404, 409),
    ),
    _json("GET", "/withdrawals", "money.see", cashier.asked_for, "Pay-outs that wait", answer=t.Items[tm.AskedTold]),
    _json(
        "POST", f"/withdrawals/{ID}/approve", "money.book", cashier.approve, "Pay out what a colleague asked for",
        answer=tm.Booked, status=201, problems=(404, 409),
    ),
    _json(
        "POST", f"/withdrawals/{ID}/turn-down", "money.book", cashier.turn_down, "Do not pay it out",
        given=g.Reason, answer=t.Done, problems=(404, 409),
    ),
    _json(
        "POST", f"/entries/{ID}/reverse", "money.book", cashier.reverse, "Undo an entry by its opposite, booked today",
        given=gm.Evidence, answer=tm.Booked, status=201, problems=(404, 409),
    ),
    # --- firms that ride on account ---------------------------------------------------------------------------------------
    _json(
        "GET", "/credit-accounts/choices", "orders.take", credit.choices, "The accounts that a telephone may ride on",
        given=gm.CreditQuery, answer=t.Items[tm.CreditChoice],
    ),
    _json("GET", "/credit-accounts", "money.see", credit.listed, "All credit accounts", answer=t.Items[tm.CreditTold]),
    _json(
        "POST", "/credit-accounts", "money.credit", credit.add, "A new account, on which nobody rides yet",
        given=gm.CreditTerms, answer=tm.CreditTold, status=201, problems=(409,),
    ),
    _json(
        "GET", f"/credit-accounts/{ID}", "money.see", credit.shown, "One account with its telephones",
        answer=tm.CreditFull, problems=(404,),
    ),
    _json(
        "PUT", f"/credit-accounts/{ID}", "money.credit", credit.change, "Other terms, or closed",
        given=gm.CreditTerms, answer=tm.CreditTold, problems=(404, 409),
    ),
    _json(
        "POST", f"/credit-accounts/{ID}/riders", "money.credit", credit.add_rider, "Let a telephone ride on it",
        given=gm.RiderGiven, answer=t.Done, problems=(404,),
    ),
    _json(
        "POST", f"/credit-accounts/{ID}/riders/remove", "money.credit", credit.remove_rider, "Take a telephone off its list",
        given=gm.RiderGiven, answer=t.Done, problems=(404,),
    ),
    _json(
        "POST", f"/credit-accounts/{ID}/payments", "money.book", credit.pay, "Its owner pays",
        given=gm.PaymentGiven, answer=tm.Received, status=201, problems=(404, 409),
    ),
    _json(
        "GET", f"/credit-accounts/{ID}/invoice", "money.see", credit.invoice, "What it is billed for some days",
        given=gm.SpanQuery, answer=tm.InvoiceTold, problems=(404, 422),
    ),
    _json(
        "POST", "/card-payments", "money.book", credit.card_money, "The card company pays",
        given=gm.PaymentGiven, answer=tm.Received, status=201, problems=(409,),
    ),
    _json(
        "GET", "/analysis", "money.see", analysis.told, "The orders of some days from one side",
        given=gm.AnalysisQuery, answer=tm.AnalysisTold, problems=(422,),
    ),
    _json(
        "GET", "/analysis/crossing", "money.see", analysis.told_crossed, "The orders of some days from two sides at once",
        given=gm.CrossingQuery, answer=tm.CrossedTold, problems=(422,),
    ),
    _json("GET", "/periods", "money.see", reports.closed, "The closed months", answer=t.Items[tm.PeriodTold]),
    _json(
        "GET", f"/periods/{ID}", "money.see", reports.checked, "A closed month, made again and compared",
        answer=tm.PeriodChecked, problems=(404,),
    ),
    _json(
        "POST", "/periods", "money.close", cashier.close_month, "Close a month: nothing is booked into it any more",
        given=gm.MonthGiven, answer=tm.PeriodTold, status=201, problems=(409,),
    ),
)  # fmt: skip


def _speaking_json(route: Route) -> Handler:
    handler: Callable[[Ask[Any]], Awaitable[dict[str, Any]]] = route.handler  # type: ignore[assignment]

    async def handle(request: web.Request) -> web.StreamResponse:
        ask = await understand(request, route.given, from_body=route.method not in ("GET", "HEAD"))
        return json_answer(await handler(ask), route.status)

    return handle


def add_routes(app: web.Application) -> None:
    """Put the whole table into `app`, every handler behind its permission."""
    for route in ROUTES:
        handler: Handler = _speaking_json(route) if route.kind == "json" else route.handler  # type: ignore[assignment]
        app.router.add_route(route.method, route.path, require(route.may)(handler))
