"""What telephones ask: a driver's own, a caller's, a customer's. A link or its cookie says whose; no path and no body does."""

from __future__ import annotations

from web.api import given as g
from web.api import given_consents as gcs
from web.api import given_driver as gd
from web.api import given_place as gp
from web.api import given_standing as gs
from web.api import given_texts as gt
from web.api import told as t
from web.api import told_car as tc
from web.api import told_driver as td
from web.api import told_messages as tme
from web.api import told_orders as to
from web.api import told_places as tp
from web.api import told_standing as ts
from web.api import told_texts as tt
from web.api import told_wall as tw
from web.pages import (
    campaign_api,
    cars,
    consent_api,
    driver,
    driver_photos,
    driver_statements,
    messages,
    place_links,
    record,
    recordings,
    standing_api,
    texts,
    wall,
)
from web.route import API, ID, Route, json, raw

ROUTES: tuple[Route, ...] = (
    # --- for a caller's telephone: the link's token says whose ------------------------------------------------------------
    raw(
        "POST", API + "/here", "anyone", place_links.show, "Show where one is, by a texted link",
        given=gp.PlaceShown, answer=tp.PlaceTaken, problems=(401, 429), once=True,
    ),
    # --- for a screen on the wall: the header's token says whose ----------------------------------------------------------
    json(
        "GET", "/wall", "anyone", wall.look, "An office's figures for a screen on the wall, by the header `Wall-Token`",
        answer=tw.WallTold, problems=(404,),
    ),
    # --- for a driver's own phone: no path and no body says whose ---------------------------------------------------------
    raw(
        "POST", API + "/driver/session", "anyone", driver.enter, "Sign in with a texted link",
        given=gd.LinkToken, answer=td.DriverMe, status=201, problems=(401, 429), once=True,
    ),
    raw("DELETE", API + "/driver/session", "driver.own", driver.leave, "Sign out", status=204),
    json(
        "POST", "/driver/link", "anyone", driver.ask_for_link, "Have a link texted to one's own registered phone",
        given=gd.OwnPhone, answer=t.Done, status=202, problems=(429,), once=False,
    ),
    json(
        "GET", "/driver/me", "driver.own", driver.me, "State, balance, offers and trip; at once, or when something is new",
        given=gd.MeQuery, answer=td.DriverMe,
    ),
    json("POST", "/driver/shift", "driver.own", driver.duty, "On duty, or off", given=gd.Duty, answer=td.DriverMe),
    json(
        "POST", "/driver/location", "driver.own", driver.locate, "Where the driver is",
        given=gd.Spot, answer=t.Done, problems=(409,),
    ),
    json(
        "POST", f"/driver/offers/{ID}/accept", "driver.own", driver.accept, "Take an offered order",
        answer=td.DriverMe, problems=(404, 409),
    ),
    json(
        "POST", f"/driver/offers/{ID}/decline", "driver.own", driver.decline, "Do not take it, and why",
        given=gd.Declined, answer=td.DriverMe, problems=(404, 409),
    ),
    json(
        "POST", f"/driver/orders/{ID}/step", "driver.own", driver.step, "On the way, arrived, driving, done, nobody came",
        given=gd.DriverStep, answer=td.DriverMe, problems=(404, 409),
    ),
    json(
        "POST", f"/driver/orders/{ID}/give-back", "driver.own", driver.give_back, "Say that one cannot come, and why",
        given=gd.GivenBack, answer=td.DriverMe, problems=(404, 409),
    ),
    raw(
        "POST", API + f"/driver/orders/{ID}/photos/{{stage:before|after}}/{{side:front|rear|left|right}}", "driver.own",
        driver_photos.add, "A photo of the customer's car (JPEG, PNG or WebP); the same bytes again are one photo",
        answer=tc.DriverCarTold, problems=(404, 409, 413, 422),
    ),
    json(
        "POST", f"/driver/orders/{ID}/car", "driver.own", driver_photos.say, "The odometer, or why there are no photos",
        given=gd.CarSaid, answer=tc.DriverCarTold, problems=(404, 409),
    ),
    raw("GET", API + f"/driver/photos/{ID}", "driver.own", driver_photos.show, "One's own photo", problems=(404,)),
    json(
        "GET", "/driver/entries", "driver.own", driver.entries, "One's account: what was added and taken, and why",
        given=gd.EntriesQuery, answer=t.Items[td.DriverEntry],
    ),
    json(
        "GET", "/driver/statement", "driver.own", driver_statements.month, "A month of one's account, from balance to balance",
        given=gd.MonthQuery, answer=td.DriverStatement,
    ),
    raw(
        "GET", API + "/driver/statement.pdf", "driver.own", driver_statements.paper, "The same month as PDF",
        given=gd.MonthQuery, problems=(503,),
    ),
    json(
        "GET", "/driver/not-asked", "driver.own", driver.not_asked, "Orders that one was not asked for, and why",
        answer=t.Items[td.NotAsked],
    ),
    json(
        "GET", "/driver/grades", "driver.own", driver.grades, "How one's grade became what it is, and why",
        answer=t.Items[td.GradeTold],
    ),
    json(
        "POST", "/driver/appeals", "driver.own", driver.appeal, "Say that something was not right",
        given=gd.AppealGiven, answer=td.AppealBrief, problems=(404,),
    ),
    # --- for a customer, by his link --------------------------------------------------------------------------------------
    raw(
        "POST", API + "/car/open", "anyone", cars.open_link, "Open the link to one's own car's photos",
        given=gd.LinkToken, answer=tc.CustomersCarTold, problems=(410, 429),
    ),
    raw("GET", API + "/car", "anyone", cars.again, "The photos again", answer=tc.CustomersCarTold, problems=(410,)),
    raw("GET", API + f"/car/photos/{ID}", "anyone", cars.customers_photo, "One of them", problems=(404, 410)),
    json(
        "GET", "/audit", "audit.see", record.listed, "Who of the office did what, newest first",
        given=g.RecordQuery, answer=t.Items[t.RecordTold], problems=(422,),
    ),
    json(
        "GET", "/messages", "messages.see", messages.listed, "Text messages, newest first",
        given=g.MessagesQuery, answer=t.Items[tme.MessageTold],
    ),
    json(
        "POST", f"/messages/{ID}/resend", "orders.dispatch", messages.resend, "Send a text that nobody heard once more",
        answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "POST", f"/messages/{ID}/seen", "orders.dispatch", messages.seen, "Somebody is done with a text that nobody heard",
        answer=to.OrderTold, problems=(404, 409),
    ),
    json("GET", "/texts", "messages.see", texts.listed, "Texts that came in", given=g.TextsQuery, answer=t.Items[tme.TextTold]),
    json(
        "POST", f"/texts/{ID}/handled", "texts.handle", texts.handled, "A person is done with a text that came in",
        answer=tme.TextTold, problems=(404,),
    ),
    json(
        "POST", "/texts/size", "texts.send", texts.size, "How long a text is, as networks count",
        given=g.TextGiven, answer=tme.SizeTold, once=False,
    ),
    json(
        "GET", "/consents", "messages.see", campaign_api.consent, "What the owner of a number said of advertising",
        given=gt.ConsentQuery, answer=tt.ConsentTold, problems=(422,),
    ),
    json(
        "POST", "/consents", "texts.handle", campaign_api.note_consent, "Write down what somebody said of advertising",
        given=gt.ConsentGiven, answer=tt.ConsentTold, problems=(422,),
    ),
    json(
        "GET", "/consents/due", "messages.see", consent_api.due, "Whose consent to advertising is to be confirmed",
        given=gcs.DueConsentsQuery, answer=tt.DueConsentsTold, problems=(422,),
    ),
    json(
        "GET", "/consents/words", "messages.see", consent_api.words, "What they were told last, or would be",
        answer=tt.ConsentWordsTold,
    ),
    json(
        "POST", "/consents/look", "texts.send", consent_api.look, "What each would be told; nothing is sent",
        given=gcs.ConsentRound, answer=tt.ConsentLookTold, problems=(422,), once=False,
    ),
    json(
        "POST", "/consents/tell", "texts.send", consent_api.send, "Tell all of them, as it was looked at",
        given=gcs.ConsentRoundSeen, answer=tt.CampaignTold, status=201, problems=(409, 422),
    ),
    json(
        "GET", "/campaigns", "messages.see", campaign_api.listed, "The last texts to many, and how far they are",
        answer=t.Items[tt.CampaignTold],
    ),
    json(
        "POST", "/campaigns/look", "texts.send", campaign_api.look, "What a text to many would be for each; nothing is sent",
        given=gt.CampaignGiven, answer=tt.LookTold, problems=(404, 422), once=False,
    ),
    json(
        "POST", "/campaigns", "texts.send", campaign_api.send, "Send a text to many as it was looked at",
        given=gt.CampaignSeen, answer=tt.CampaignTold, status=201, problems=(404, 409, 422),
    ),
    json(
        "GET", f"/campaigns/{ID}", "messages.see", campaign_api.shown, "One text to many",
        answer=tt.CampaignTold, problems=(404,),
    ),
    json(
        "GET", f"/campaigns/{ID}/results", "messages.see", campaign_api.results, "What became of each of its texts",
        given=gt.ResultsQuery, answer=t.Items[tt.ResultTold], problems=(404,),
    ),
    json(
        "GET", f"/campaigns/{ID}/left-out", "messages.see", campaign_api.left_out, "Who was picked and got none, and why",
        given=gt.ResultsQuery, answer=t.Items[tt.LeftOutTold], problems=(404,),
    ),
    json(
        "POST", f"/campaigns/{ID}/cancel", "texts.send", campaign_api.cancel, "Stop it for whom it has not left",
        answer=tt.CampaignTold, problems=(404, 409),
    ),
    json("GET", "/standing-sends", "messages.see", standing_api.listed, "Standing sends", answer=t.Items[ts.StandingTold]),
    json(
        "POST", "/standing-sends", "texts.standing", standing_api.make, "A new one, which is off",
        given=gs.StandingGiven, answer=ts.StandingTold, status=201, problems=(404, 409, 422),
    ),
    json(
        "POST", "/standing-sends/look", "texts.standing", standing_api.look, "What one would do now; nothing is sent",
        given=gs.StandingGiven, answer=ts.StandingLookTold, problems=(404, 422), once=False,
    ),
    json(
        "GET", f"/standing-sends/{ID}", "messages.see", standing_api.shown, "One standing send",
        answer=ts.StandingTold, problems=(404,),
    ),
    json(
        "POST", f"/standing-sends/{ID}", "texts.standing", standing_api.change, "Another text, segment, time",
        given=gs.StandingGiven, answer=ts.StandingTold, problems=(404, 409, 422),
    ),
    json(
        "GET", f"/standing-sends/{ID}/look", "texts.send", standing_api.look_again, "What a kept one would do now",
        answer=ts.StandingLookTold, problems=(404,),
    ),
    json(
        "POST", f"/standing-sends/{ID}/on", "texts.standing", standing_api.switch_on, "Run from the next time on",
        answer=ts.StandingTold, problems=(404, 422),
    ),
    json(
        "POST", f"/standing-sends/{ID}/off", "texts.send", standing_api.switch_off, "Run no more",
        answer=ts.StandingTold, problems=(404,),
    ),
    json(
        "POST", f"/standing-sends/{ID}/remove", "texts.standing", standing_api.remove, "Take it away; its runs stay",
        answer=t.Done, problems=(404,),
    ),
    json(
        "GET", f"/standing-sends/{ID}/runs", "messages.see", standing_api.runs, "Its last 30 runs, the newest first",
        answer=t.Items[ts.RunTold], problems=(404,),
    ),
    json(
        "GET", f"/standing-runs/{ID}/left-out", "messages.see", standing_api.left_out, "Who got none in a run, and why",
        given=gt.ResultsQuery, answer=t.Items[ts.StandingLeftTold], problems=(404,),
    ),
    json(
        "POST", f"/drivers/{ID}/by-text", "texts.handle", texts.by_text, "Offer a driver orders by text, or no longer",
        given=g.ByText, answer=t.Done, problems=(404,),
    ),
    raw(
        "GET", API + "/recordings/{token:[A-Za-z0-9_-]{16,64}}", "calls.listen", recordings.play, "What a caller said",
        problems=(404, 416),
    ),
)  # fmt: skip
