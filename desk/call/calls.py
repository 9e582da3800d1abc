"""Calls at the desk, all in one place for those who call from outside: opening, life, the IVR's answer, views, spool.

One call is one row and one pop, whatever saw it first, however often, and through which door. Every function may be called
again with the same report without harm. States only move forward: arrived -> ringing -> answered -> ended.
"""

from desk.call.accounts import CallAccount, merged, settle, unsettled
from desk.call.arrival import SAME_CALL_WINDOW_S, NoSuchLine, open_call
from desk.call.call_life import answered, box_answered, box_gone, end_stale_box_calls, gone, rang, resync
from desk.call.call_views import CallFilter, board, calls_list, card
from desk.call.caller_choice import Greeting, choose, greeting, treated
from desk.call.dialling import Dial, Target, dial_of, on_record, place_call
from desk.call.spool import SpoolRecord, merge_spooled, read_record

__all__ = [
    "SAME_CALL_WINDOW_S",
    "CallAccount",
    "CallFilter",
    "Dial",
    "Greeting",
    "NoSuchLine",
    "SpoolRecord",
    "Target",
    "answered",
    "board",
    "box_answered",
    "box_gone",
    "calls_list",
    "card",
    "choose",
    "dial_of",
    "end_stale_box_calls",
    "gone",
    "greeting",
    "merge_spooled",
    "merged",
    "on_record",
    "open_call",
    "place_call",
    "rang",
    "read_record",
    "resync",
    "settle",
    "treated",
    "unsettled",
]
