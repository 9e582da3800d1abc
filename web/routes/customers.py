"""The JSON API of customers: who they are, their numbers and places, two rows of one person, segments."""

from __future__ import annotations

from web.api import given as g
from web.api import given_customers as gc
from web.api import told as t
from web.api import told_calls as tcl
from web.api import told_customers as tcu
from web.pages import customer_corrections, customers, segment_api
from web.route import ID, Route, json

ROUTES: tuple[Route, ...] = (
    json(
        "GET", "/customers", "customers.see", customers.listed, "Customers by name or number",
        given=g.CustomersQuery, answer=t.Items[tcl.CustomerTold],
    ),
    json(
        "GET", f"/customers/{ID}", "customers.see", customers.shown, "A customer's card",
        answer=tcl.CustomerTold, problems=(404,),
    ),
    json(
        "POST", "/customers", "customers.edit", customer_corrections.register, "Somebody new, without a call",
        given=gc.NewCustomer, answer=tcl.CustomerTold, status=201, problems=(409,),
    ),
    json(
        "POST", f"/customers/{ID}", "customers.edit", customers.change, "Name, mark, note and language of a customer",
        given=gc.CustomerGiven, answer=tcl.CustomerTold, problems=(404, 409),
    ),
    json(
        "GET", f"/customers/{ID}/history", "customers.see", customers.history, "All that happened with a customer, newest first",
        given=gc.HistoryQuery, answer=tcu.HistoryTold, problems=(404, 422),
    ),
    json(
        "POST", f"/customers/{ID}/phones", "customers.edit", customer_corrections.attach, "One more number of a customer",
        given=gc.NumberGiven, answer=tcl.CustomerTold, problems=(404, 409),
    ),
    json(
        "POST", f"/customers/{ID}/phones/detach", "customers.edit", customer_corrections.detach,
        "A number that is not his any more", given=gc.NumberGiven, answer=tcl.CustomerTold, problems=(404, 409),
    ),
    json(
        "POST", f"/customers/{ID}/places", "customers.edit", customer_corrections.add_place, "One more place of a customer",
        given=gc.SavedPlaceGiven, answer=tcl.CustomerTold, problems=(404, 409),
    ),
    json(
        "POST", f"/saved-places/{ID}", "customers.edit", customer_corrections.correct_place,
        "Another text, pin or label of such a place", given=gc.SavedPlaceGiven, answer=tcl.CustomerTold, problems=(404, 409),
    ),
    json(
        "POST", f"/saved-places/{ID}/remove", "customers.edit", customer_corrections.take_place_away,
        "A place that is not his any more", given=gc.VersionGiven, answer=tcl.CustomerTold, problems=(404, 409),
    ),
    json(
        "POST", f"/saved-places/{ID}/back", "customers.edit", customer_corrections.bring_place_back, "It is his again, as it was",
        answer=tcl.CustomerTold, problems=(404, 409),
    ),
    json(
        "POST", f"/customers/{ID}/block", "customers.block", customers.block, "Serve a customer no more, and why",
        given=g.Reason, answer=tcl.CustomerTold, problems=(404, 409),
    ),
    json(
        "POST", f"/customers/{ID}/serve", "customers.block", customers.serve, "Serve him again, and why",
        given=g.Reason, answer=tcl.CustomerTold, problems=(404, 409),
    ),
    json(
        "GET", f"/customers/{ID}/duplicates", "customers.see", customers.likely_same, "Who may be the same person",
        answer=t.Items[tcu.LikenessTold], problems=(404,),
    ),
    json(
        "POST", f"/customers/{ID}/merge", "customers.edit", customers.merge, "Make one of two rows of one person",
        given=gc.MergeGiven, answer=tcu.MergeTold, problems=(404, 409),
    ),
    json(
        "POST", f"/merges/{ID}/undo", "customers.edit", customers.undo_merge, "Make two customers of one again",
        answer=tcu.UndoneTold, problems=(404, 409),
    ),
    json(
        "POST", f"/customers/{ID}/numbers", "numbers.show", customers.numbers, "A customer's numbers whole, on record",
        answer=tcu.NumbersTold, problems=(404,), once=False,
    ),
    json(
        "POST", f"/customers/{ID}/data", "customers.forget", customers.data, "All that is kept about one person",
        answer=tcu.DataTold, problems=(404, 409), once=False,
    ),
    json(
        "GET", f"/customers/{ID}/mentions", "customers.forget", customers.mentions, "What names him elsewhere, and is not erased",
        answer=tcu.MentionsTold, problems=(404,),
    ),
    json(
        "POST", f"/customers/{ID}/erase", "customers.forget", customers.erase, "Forget one person; this cannot be undone",
        given=g.Reason, answer=tcu.ErasedTold, problems=(404, 409),
    ),
    json("GET", "/segments", "customers.see", segment_api.listed, "Segments of customers", answer=tcu.SegmentsTold),
    json(
        "GET", f"/segments/{ID}", "customers.see", segment_api.shown, "Who is in a segment now",
        answer=tcu.PreviewTold, problems=(404,),
    ),
    json(
        "POST", "/segments/preview", "customers.edit", segment_api.preview, "Whom a question would find",
        given=gc.ConditionsGiven, answer=tcu.PreviewTold, once=False,
    ),
    json(
        "POST", "/segments", "customers.edit", segment_api.make, "A new segment",
        given=gc.SegmentGiven, answer=tcu.SegmentTold, status=201, problems=(409,),
    ),
    json(
        "POST", f"/segments/{ID}", "customers.edit", segment_api.change, "Another name, question or treatment",
        given=gc.SegmentGiven, answer=tcu.SegmentTold, problems=(404, 409),
    ),
    json(
        "POST", f"/segments/{ID}/remove", "customers.edit", segment_api.remove, "Take a segment away; its customers stay",
        answer=t.Done, problems=(404, 409),
    ),
    json(
        "POST", f"/segments/{ID}/add", "customers.edit", segment_api.add, "Put customers into a group",
        given=gc.MembersGiven, answer=tcu.CountTold, problems=(404,),
    ),
    json(
        "POST", f"/segments/{ID}/take-out", "customers.edit", segment_api.take_out, "Take customers out of a group",
        given=gc.MembersGiven, answer=tcu.CountTold, problems=(404,),
    ),
)  # fmt: skip
