"""The JSON API of the desk, the live feed, and what machines watch."""

from __future__ import annotations

from web.api import given as g
from web.api import given_articles as ga
from web.api import given_driver as gd
from web.api import told as t
from web.api import told_articles as ta
from web.api import told_calls as tcl
from web.api import told_car as tc
from web.api import told_customers as tcu
from web.api import told_dispatch as tdi
from web.api import told_driver as td
from web.api import told_messages as tme
from web.api import told_orders as to
from web.api import told_places as tp
from web.live.live import live
from web.pages import (
    article_api,
    calls,
    cars,
    dispatch,
    document,
    driver_data,
    driver_links,
    drivers,
    health,
    marked_orders,
    orders,
    pauses,
    place_links,
    places,
    session,
    trips,
)
from web.route import API, ID, Route, json, raw

ROUTES: tuple[Route, ...] = (
    # --- for machines that watch us ---------------------------------------------------------------------------------------
    raw("GET", "/healthz", "anyone", health.healthz, "How the parts are; no personal data", answer=t.Health),
    raw("GET", "/metrics", "anyone", health.metrics, "Counters for Prometheus"),
    # --- live -------------------------------------------------------------------------------------------------------------
    raw("GET", "/live", "calls.see", live, "WebSocket: a snapshot, then numbered deltas", status=101),
    # --- the JSON API -----------------------------------------------------------------------------------------------------
    raw("GET", API + "/openapi.json", "anyone", document.document, "This document"),
    raw(
        "POST", API + "/session", "anyone", session.create, "Sign in",
        given=g.SignIn, answer=t.Me, status=201, problems=(401, 429),
    ),
    json("GET", "/session", "own.session", session.show, "Who is signed in", answer=t.Me),
    raw("DELETE", API + "/session", "own.session", session.delete, "Sign out", status=204),
    json("GET", "/calls", "calls.see", calls.listed, "Calls, newest first", given=g.CallsQuery, answer=t.Items[tcl.CallTold]),
    json("POST", "/calls/test", "calls.handle", calls.test, "Place a test call", answer=t.Done, status=202, problems=(409, 429)),
    json(
        "POST", "/calls/dial", "calls.dial", calls.dial, "Ring one's own phone, then a customer, a driver or a number",
        given=g.DialGiven, answer=t.Done, status=202, problems=(404, 409, 422, 429),
    ),
    json("GET", "/calls/next", "calls.handle", calls.following, "Whom to answer next", answer=tcl.NextCall),
    json("GET", f"/calls/{ID}", "calls.see", calls.shown, "One call", answer=tcl.CallTold, problems=(404,)),
    json(
        "POST", f"/calls/{ID}/answer", "calls.handle", calls.answer, "Have the operator's phone answer",
        answer=t.Done, status=202, problems=(404, 409),
    ),
    json(
        "POST", f"/calls/{ID}/hangup", "calls.handle", calls.hangup, "End the call",
        answer=t.Done, status=202, problems=(404, 409),
    ),
    json(
        "POST", f"/calls/{ID}/wrap-up", "calls.handle", calls.wrap_up, "Say what a call was about",
        given=g.WrapUpGiven, answer=tcl.CallTold, problems=(404, 422),
    ),
    json("GET", "/pauses", "calls.see", pauses.listed, "Who takes no calls now", answer=tcl.PausesTold),
    json("POST", "/pause", "calls.handle", pauses.begin, "Take no calls for a while", given=g.PauseGiven, answer=tcl.PausesTold),
    json("POST", "/ready", "calls.handle", pauses.end, "Take calls again", answer=tcl.PausesTold),
    json(
        "GET", "/articles", "articles.read", article_api.listed, "Articles that are meant, or fit a call",
        given=ga.ArticlesQuery, answer=t.Items[ta.SuggestionTold],
    ),
    json(
        "GET", f"/articles/{ID}", "articles.read", article_api.shown, "One article",
        answer=ta.ArticleTold, problems=(404,),
    ),
    json(
        "POST", f"/articles/{ID}/open", "articles.read", article_api.opened, "Read an article during a call; it is counted",
        given=ga.OpeningGiven, answer=ta.ArticleTold, problems=(404,),
    ),
    json(
        "POST", "/articles", "articles.write", article_api.make, "A new article",
        given=ga.ArticleGiven, answer=ta.ArticleTold, status=201, problems=(409,),
    ),
    json(
        "POST", f"/articles/{ID}", "articles.write", article_api.change, "Other words in an article",
        given=ga.ArticleGiven, answer=ta.ArticleTold, problems=(404, 409),
    ),
    json(
        "POST", f"/articles/{ID}/archive", "articles.write", article_api.archive, "Take an article out of sight",
        answer=ta.ArticleTold, problems=(404,),
    ),
    json(
        "POST", f"/articles/{ID}/back", "articles.write", article_api.bring_back, "An archived article is found again",
        answer=ta.ArticleTold, problems=(404, 409),
    ),
    json(
        "GET", "/places", "customers.see", places.listed, "Places while they are typed: the customer's own, then the place book",
        given=g.PlacesQuery, answer=t.Items[tp.PlaceSuggested],
    ),
    json(
        "GET", "/places/network", "customers.see", places.on_the_network, "Places by geocoders on the network, if there are any",
        given=g.NetworkPlacesQuery, answer=t.Items[tp.PlaceSuggested],
    ),
    json(
        "GET", "/orders", "orders.see", orders.listed, "Orders, newest first",
        given=g.OrdersQuery, answer=t.Items[to.OrderTold],
    ),
    json(
        "POST", "/orders", "orders.take", orders.take, "Take an order",
        given=g.OrderGiven, answer=to.OrderTold, status=201, problems=(404, 409),
    ),
    json(
        "POST", "/orders/cancel", "orders.take", marked_orders.cancel, "Cancel many orders; each is done or refused by itself",
        given=g.OrdersMarkedWhy, answer=t.Items[to.OrderDone],
    ),
    json(
        "POST", "/orders/release", "orders.dispatch", marked_orders.release, "Take many orders back from their drivers",
        given=g.OrdersMarkedWhy, answer=t.Items[to.OrderDone],
    ),
    json(
        "POST", "/orders/search", "orders.dispatch", marked_orders.search, "Look for drivers for many orders",
        given=g.OrdersMarked, answer=t.Items[to.OrderDone],
    ),
    json(
        "POST", "/orders/search/stop", "orders.dispatch", marked_orders.stop_search, "Look no further for many orders",
        given=g.OrdersMarked, answer=t.Items[to.OrderDone],
    ),
    json(
        "POST", "/orders/over-limit", "credit.exceed", orders.take_over_limit,
        "Take an order on account beyond its limit, with the reason on record",
        given=g.OrderOverLimit, answer=to.OrderTold, status=201, problems=(404, 409),
    ),
    json(
        "POST", "/quotes", "orders.take", trips.quote, "What a trip would cost and why, and by when a driver may be promised",
        given=g.TripAsked, answer=to.TripTold, once=False,
    ),
    json(
        "GET", f"/calls/{ID}/drafts", "orders.take", trips.listed_drafts, "What was typed for a call and not yet saved",
        answer=t.Items[to.DraftTold], problems=(404,),
    ),
    json(
        "POST", f"/calls/{ID}/draft", "orders.take", trips.keep_draft, "Keep what one has typed for a call; nothing: forget it",
        given=g.DraftGiven, answer=t.Done, problems=(404,),
    ),
    json(
        "POST", f"/orders/{ID}/begin", "orders.dispatch", trips.begin, "A reserved order is taken now",
        answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "POST", f"/orders/{ID}/wait", "orders.dispatch", trips.wait, "Text the customer that a driver comes that much later",
        given=g.WaitAsked, answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "POST", f"/orders/{ID}/alarms/seen", "orders.dispatch", trips.seen, "Somebody sees to the order's alarms",
        answer=to.OrderTold, problems=(404,),
    ),
    json("GET", f"/orders/{ID}", "orders.see", orders.shown, "One order", answer=to.OrderTold, problems=(404,)),
    json(
        "PATCH", f"/orders/{ID}", "orders.take", orders.change, "Change what an order says",
        given=g.OrderChanges, answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "GET", f"/orders/{ID}/candidates", "orders.see", orders.candidates, "Who could drive, best first",
        given=g.CandidatesQuery, answer=t.Items[tdi.CandidateTold], problems=(404,),
    ),
    json(
        "POST", f"/orders/{ID}/assign", "orders.dispatch", orders.assign, "Give the order to a driver",
        given=g.DriverChosen, answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "POST", f"/orders/{ID}/reassign", "orders.dispatch", orders.reassign, "Give the order to another driver than who has it",
        given=g.Reassignment, answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "POST", f"/orders/{ID}/cancel", "orders.take", orders.cancel, "Cancel the order",
        given=g.Cancellation, answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "POST", f"/orders/{ID}/release", "orders.dispatch", orders.release, "Take the order back from its driver",
        given=g.Reason, answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "POST", f"/orders/{ID}/step", "orders.dispatch", orders.step, "Move the order on: driving, completed",
        given=g.Step, answer=to.OrderTold, problems=(404, 409, 422),
    ),
    json(
        "POST", f"/orders/{ID}/search", "orders.dispatch", orders.search, "Look for a driver: ring after ring, the nearest first",
        given=g.SearchAsked, answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "POST", f"/orders/{ID}/search/stop", "orders.dispatch", orders.stop_search, "Look no further",
        answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "POST", f"/orders/{ID}/place-link", "orders.take", place_links.send, "Text the caller a link: he shows where he is",
        answer=tme.MessageTold, problems=(404, 409),
    ),
    json(
        "GET", f"/orders/{ID}/weighings", "orders.see", orders.weighings, "Why drivers were asked, or were not",
        answer=t.Items[tdi.WeighingTold], problems=(404,),
    ),
    json(
        "GET", f"/orders/{ID}/offers", "orders.see", orders.offers, "Whom the order was offered to, and what they said",
        answer=t.Items[tdi.OfferTold], problems=(404,),
    ),
    json(
        "GET", f"/orders/{ID}/history", "orders.see", orders.history, "All that happened to the order, newest first",
        answer=t.Items[to.DeedTold], problems=(404,),
    ),
    json(
        "GET", f"/orders/{ID}/way", "orders.see", orders.way, "Where its drivers were while they had the order",
        answer=to.WaysTold, problems=(404,),
    ),
    json(
        "GET", f"/orders/{ID}/car", "cars.see", cars.shown, "The customer's car before the key changed hands, and after",
        answer=tc.CarTold, problems=(404,),
    ),
    json(
        "POST", f"/orders/{ID}/car/link", "orders.dispatch", cars.send_link, "Text the customer a link to the photos",
        answer=tme.MessageTold, problems=(404, 409, 422),
    ),
    raw(
        "GET", API + f"/orders/{ID}/dispute", "disputes.take", cars.dispute,
        "All that is known of an order, to take away: photos, odometer, texts, steps (ZIP)", problems=(404,),
    ),
    raw("GET", API + f"/photos/{ID}", "cars.see", cars.photo, "One photo of a car", problems=(404,)),
    json(
        "GET", "/dispatch/modes", "orders.see", dispatch.shown, "How much the desk does by itself, and when",
        answer=tdi.ModesTold,
    ),
    json(
        "POST", "/dispatch/modes", "dispatch.modes", dispatch.change, "Set how much the desk does by itself, and when",
        given=g.ModesGiven, answer=tdi.ModesTold, problems=(409,),
    ),
    json(
        "GET", "/dispatch/rounds", "orders.see", dispatch.rounds, "Peaks: what was matched at once, and what it gained",
        answer=t.Items[tdi.RoundTold],
    ),
    json(
        "GET", "/dispatch/by-hand", "orders.see", dispatch.by_hand_last, "Orders given by hand, and how many were passed over",
        answer=t.Items[tdi.ByHandTold],
    ),
    json(
        "GET", "/dispatch/squares", "orders.see", dispatch.crowding, "Where orders will be asked for in the coming hour",
        answer=tdi.CrowdingTold,
    ),
    json("GET", "/drivers", "drivers.see", drivers.listed, "Drivers", given=g.DriversQuery, answer=t.Items[tdi.DriverTold]),
    json(
        "POST", f"/drivers/{ID}/duty", "drivers.duty", drivers.duty, "Take a driver on duty, or off it, for him",
        given=gd.Duty, answer=tdi.DriverTold, problems=(404, 409),
    ),
    json(
        "POST", f"/drivers/{ID}/data", "drivers.forget", driver_data.data, "All that is kept about one driver",
        answer=td.DriverDataTold, problems=(404, 409), once=False,
    ),
    json(
        "GET", f"/drivers/{ID}/mentions", "drivers.forget", driver_data.mentions, "What names him elsewhere, and is not erased",
        answer=tcu.MentionsTold, problems=(404,),
    ),
    json(
        "POST", f"/drivers/{ID}/erase", "drivers.forget", driver_data.erase, "Forget one driver; this cannot be undone",
        given=g.Reason, answer=td.DriverErasedTold, problems=(404, 409, 422),
    ),
    json(
        "POST", f"/drivers/{ID}/link", "drivers.link", driver_links.send, "Text the driver a link to his page, good once",
        answer=tme.MessageTold, problems=(404, 409, 422),
    ),
    json(
        "GET", "/appeals", "appeals.see", driver_links.listed, "What drivers say was not right, newest first",
        given=gd.AppealsQuery, answer=t.Items[td.AppealTold],
    ),
    json(
        "POST", f"/appeals/{ID}/answer", "appeals.answer", driver_links.answer, "Answer an appeal: what was done stands",
        given=gd.AppealAnswer, answer=td.AppealTold, problems=(404, 409),
    ),
    json(
        "POST", f"/appeals/{ID}/accept", "money.book", driver_links.accept, "Accept an appeal: what was booked is given back",
        given=gd.AppealAnswer, answer=td.AppealTold, problems=(404, 409),
    ),
)  # fmt: skip
