"""The promises, held against what is left: a history of what was done, and the witnesses of what became of it.

    N1  each call that Asterisk accounts for is exactly one row: same caller, same begin and end, answered if and only if it
        was; no row that Asterisk knows nothing of, unless it was killed (an operation "restart") and the row says so
    N2  an order that was acknowledged is there; one key never made two
    N3  a text ends in one state and reached the SMSC at most once for each time that it was owed
    N4  at no moment two active assignments of one order or of one driver
    N5  each entry of the books sums to zero, each balance is its postings', each completed trip is charged at most once
    N6  a screen that says it is live shows what the database has; no call popped twice in one place

`check` returns what is broken; an empty list is the proof.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from desk import numbers
from tests.faults.history import History
from tests.faults.witnesses import Row, Witnesses, span

OPERATOR = ("@callboard-operator-", "PJSIP/op")
PBX_RESTART = "pbx_restart"
COUNTRY = "KR"
CLOCKS_APART = timedelta(seconds=3)
FINAL_TEXTS = ("delivered", "failed", "expired", "unknown")


def check(history: History, left: Witnesses, *, texts_are_final: bool = False) -> list[str]:
    """Every broken promise, in words. `texts_are_final`: all receipts are in, so no text may still be on its way."""
    return [
        *_calls(history, left),
        *_orders(history, left),
        *_texts(left, texts_are_final),
        *_assignments(left),
        *_books(left),
        *_screens(history),
    ]


def _calls(history: History, left: Witnesses) -> Iterator[str]:
    rows = defaultdict(list)
    for call in left.calls:
        if call["linkedid"]:
            rows[call["linkedid"]].append(call)
    restarted = bool(history.of("restart"))
    for linkedid, legs in _incoming(left.cdr).items():
        found = rows.pop(linkedid, [])
        if len(found) == 1:
            yield from _one_call(found[0], legs, restarted)
        else:
            yield f"N1: {linkedid} of {legs[0]['cb_number'] or 'nobody'} is {len(found)} rows"
    for linkedid, found in rows.items() if left.cdr else ():
        for call in found:
            # A killed Asterisk accounts for nothing: then nothing may be told but that.
            if not (restarted and call["disposition"] == PBX_RESTART):
                yield f"N1: {linkedid} is told as {call['disposition'] or call['state']}, and Asterisk knows nothing of it"


def _incoming(cdr: list[Row]) -> dict[str, list[Row]]:
    """By call, the legs of the caller's own channel."""
    calls = defaultdict(list)
    for leg in cdr:
        if leg["cb_line"] or ("callboard-trunk" in leg["channel"] and leg["uniqueid"] == leg["linkedid"]):
            calls[leg["linkedid"]].append(leg)
    return calls


def _one_call(call: Row, legs: list[Row], restarted: bool) -> Iterator[str]:
    name = f"N1: {call['linkedid']}"
    allowed = legs[0]["cb_presentation"] == "allowed"
    expected = numbers.normalise(legs[0]["cb_number"], COUNTRY).e164 if allowed else None
    if call["number"] != expected:
        yield f"{name} has the number {call['number']}, Asterisk says {expected}"
    if call["state"] != "ended":
        yield f"{name} is still {call['state']}"
        return
    started, ended = min(_moment(leg["start"]) for leg in legs), max(_moment(leg["end"]) for leg in legs)
    if call["source"] != "box" and abs(call["arrived_at"] - started) > CLOCKS_APART:
        yield f"{name} began at {call['arrived_at']}, Asterisk says {started}"
    if abs(call["ended_at"] - ended) > CLOCKS_APART:
        yield f"{name} ended at {call['ended_at']}, Asterisk says {ended}"
    talked = any(
        leg["disposition"] == "ANSWERED" and any(name in leg["dstchannel"] for name in OPERATOR) for leg in legs
    )
    right = "answered" if talked else "abandoned"
    if call["disposition"] != right and not (restarted and call["disposition"] == PBX_RESTART):
        yield f"{name} is told as {call['disposition']}, Asterisk says {right}"
    if bool(call["answered_at"]) != talked:
        yield f"{name} was answered at {call['answered_at']}, Asterisk says {right}"


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(float(text), UTC)


def _orders(history: History, left: Witnesses) -> Iterator[str]:
    there = {order["id"] for order in left.orders}
    by_key: dict[str, set[int]] = defaultdict(set)
    for taken in history.of("order", "ok"):
        order_id = taken.details["order_id"]
        if order_id not in there:
            yield f"N2: order {order_id} was acknowledged to {taken.who} and is not there"
        if "key" in taken.details:
            by_key[taken.details["key"]].add(order_id)
    for key, made in by_key.items():
        if len(made) > 1:
            yield f"N2: the key {key} made the orders {sorted(made)}"
    for mark, count in Counter(order["note"] for order in left.orders if order["note"]).items():
        if mark.startswith("once:") and count > 1:
            yield f"N2: the order marked {mark!r} is there {count} times"
    assigned = {(one["order_id"], one["driver_id"]) for one in left.assignments}
    for given in history.of("assign", "ok"):
        if (given.details["order_id"], given.details["driver_id"]) not in assigned:
            yield f"N2: order {given.details['order_id']} was given to {given.details['driver_id']}, and is not"


def _texts(left: Witnesses, final: bool) -> Iterator[str]:
    owed: Counter[str] = Counter()
    for text in left.messages:
        owed[text["recipient"].lstrip("+")] += 1
        if final and text["state"] not in FINAL_TEXTS:
            yield f"N3: text {text['id']} is still {text['state']}"
    sent = Counter(submit.destination for submit in left.submits)
    for recipient, count in sent.items():
        if count > owed[recipient]:
            yield f"N3: {count} texts reached the SMSC for {recipient}, {owed[recipient]} were owed"


def _assignments(left: Witnesses) -> Iterator[str]:
    for what in ("order_id", "driver_id"):
        by_owner = defaultdict(list)
        for one in left.assignments:
            by_owner[one[what]].append(one)
        for owner, ones in by_owner.items():
            spans = sorted(span(one) for one in ones)
            for (_, ended), (began, _) in pairwise(spans):
                if began < ended:
                    yield f"N4: {what} {owner} had two active assignments at {began}"


def _books(left: Witnesses) -> Iterator[str]:
    by_entry: Counter[int] = Counter()
    by_account: Counter[int] = Counter()
    for posting in left.postings:
        by_entry[posting["entry_id"]] += posting["amount"]
        by_account[posting["account_id"]] += posting["amount"]
    for entry in left.entries:
        if entry["id"] not in by_entry or by_entry[entry["id"]] != 0:
            yield f"N5: entry {entry['id']} ({entry['kind']}) sums to {by_entry[entry['id']]}"
    for account in left.accounts:
        if account["balance"] != by_account[account["id"]]:
            yield f"N5: account {account['id']} has {account['balance']}, its postings {by_account[account['id']]}"
    completed = {order["id"] for order in left.orders if order.get("state") == "completed"}
    charged = Counter(entry["order_id"] for entry in left.entries if entry["kind"] == "call_fee")
    for order_id, times in charged.items():
        if times > 1 or order_id not in completed:
            yield f"N5: order {order_id} was charged {times} times, completed or not"


def _screens(history: History) -> Iterator[str]:
    for look in history.of("look", "ok"):
        if look.details["shown"] != look.details["rows"]:
            yield f"N6: {look.who} sees {look.details['shown']}, the database has {look.details['rows']}"
    for popped in history.of("pops", "ok"):
        for call, times in Counter(popped.details["calls"]).items():
            if times > 1:
                yield f"N6: call {call} popped {times} times at {popped.who}"
