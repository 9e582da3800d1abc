"""Every desk event: one frozen dataclass each, one sentence each. Past participles, because they have happened.

An event is told after its transaction is committed, in order, and may be lost with the process: what must not be lost is a row.
`at` is always aware UTC. Numbers are E.164. Money is whole minor units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events."""

    at: datetime


# --- what a transport saw; nothing is stored yet -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallSeen(Event):
    """A PBX or a box reports a call: `line` is the DID, `number` and `name` are as they came (attacker's text).

    `reference` is unique within `source` ("pbx": the Linkedid; "box": box name and reading; "spool": the Linkedid).
    `presentation` is "allowed", "withheld" or "unavailable". The same report may come again.
    """

    source: str
    reference: str
    line: str
    number: str | None
    name: str | None
    presentation: str = "allowed"
    linkedid: str | None = None
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class CallDialled(Event):
    """The PBX dials `number` for the operator at `extension`, whose phone has picked up; who is called sees the DID `line`.

    `linkedid` is the call's own; PhoneRang, PhoneAnswered and CallGone tell of it as of a call that came in: it rings there,
    the two talk, it is over. `number` is as it was dialled. The same report may come again.
    """

    linkedid: str
    line: str
    number: str
    extension: str


@dataclass(frozen=True, slots=True)
class PhoneRang(Event):
    """An operator's phone rings for a call."""

    linkedid: str
    extension: str


@dataclass(frozen=True, slots=True)
class PhoneAnswered(Event):
    """An operator's phone picked up a call."""

    linkedid: str
    extension: str


@dataclass(frozen=True, slots=True)
class CallGone(Event):
    """The caller's own channel is gone; `cause` is the Q.850 cause as the PBX told it, or why we infer the end."""

    linkedid: str
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class PbxSnapshot(Event):
    """Everything that is up on the PBX right now, taken after a (re)connect: open calls not in it have ended unseen.

    `system_name` is drawn anew at each start of the PBX and begins the ids of its calls; null where it has none.
    """

    calls: tuple[CallSeen, ...]
    ringing: tuple[PhoneRang, ...] = ()
    answered: tuple[PhoneAnswered, ...] = ()
    system_name: str | None = None
    dialled: tuple[CallDialled, ...] = ()


@dataclass(frozen=True, slots=True)
class BoxCallAnswered(Event):
    """A box reports that somebody lifted the handset of a ringing line."""

    reference: str


@dataclass(frozen=True, slots=True)
class BoxCallGone(Event):
    """A box reports that the line is on-hook again, or has gone quiet."""

    reference: str


@dataclass(frozen=True, slots=True)
class PhonePaused(Event):
    """At the PBX somebody has a queue ring this phone no more, or again: its operator by a key of it, or a supervisor."""

    extension: str
    paused: bool


# --- links and parts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartChanged(Event):
    """A part (for example "ami", "agi", "box:front", "sms") works again or no longer; `reason` is a sentence in English."""

    part: str
    ok: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallWanted(Event):
    """An operator has asked for a call that does not ring at his phone yet; null: nobody waits for it any more. No row has it."""

    call_id: int
    operator_id: int | None


# --- what the desk did; rows exist -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallArrived(Event):
    """A new call row exists."""

    call_id: int


@dataclass(frozen=True, slots=True)
class CallPlaced(Event):
    """A call that an operator placed is a row, and nobody's ring: the number is being dialled."""

    call_id: int


@dataclass(frozen=True, slots=True)
class CallIdentified(Event):
    """A call is known to be from a customer (or, with `customer_id` null, from nobody we know)."""

    call_id: int
    customer_id: int | None


@dataclass(frozen=True, slots=True)
class CallTreated(Event):
    """A caller's segments decided how he is greeted, or that he comes sooner."""

    call_id: int


@dataclass(frozen=True, slots=True)
class CallChosen(Event):
    """The caller answered the IVR: a place, a recording, or an operator."""

    call_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class CallRinging(Event):
    """A call rings at a desk phone."""

    call_id: int
    extension: str


@dataclass(frozen=True, slots=True)
class CallAnswered(Event):
    """An operator has the call."""

    call_id: int
    operator_id: int | None
    extension: str


@dataclass(frozen=True, slots=True)
class CallEnded(Event):
    """A call is over; `disposition` is "answered", "abandoned", "pbx_restart" or "lost" (nobody saw how)."""

    call_id: int
    disposition: str


@dataclass(frozen=True, slots=True)
class CallCoded(Event):
    """Somebody has said what a call was about, or (null) taken that back."""

    call_id: int
    code: str | None


@dataclass(frozen=True, slots=True)
class OperatorPaused(Event):
    """An operator takes no calls now, or for another reason, or takes them again."""

    office_id: int
    operator_id: int


@dataclass(frozen=True, slots=True)
class OrderTaken(Event):
    """A new order exists."""

    order_id: int
    operator_id: int | None


@dataclass(frozen=True, slots=True)
class OrderChanged(Event):
    """An order's state or text changed."""

    order_id: int
    operator_id: int | None


@dataclass(frozen=True, slots=True)
class OrderAlarmed(Event):
    """What was due for an order is done (`outcome`), or the desk is to see to it ("alarm", "failed"); see models/clock.py.

    `late_s`: it was missed, and done so many seconds after its time.
    """

    order_id: int
    kind: str
    outcome: str
    late_s: int | None


@dataclass(frozen=True, slots=True)
class OrderAssigned(Event):
    """A driver has the order, and the messages that tell customer and driver are queued."""

    order_id: int
    driver_id: int
    operator_id: int | None
    message_ids: tuple[int, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class SearchChanged(Event):
    """The search for an order's driver is "running", or has ended: "assigned", "unassigned" (everybody was asked), "stopped"."""

    order_id: int
    state: str


@dataclass(frozen=True, slots=True)
class ModesSet(Event):
    """Somebody has set by which mode orders are dispatched at which hours."""

    office_id: int
    operator_id: int


@dataclass(frozen=True, slots=True)
class CodesSet(Event):
    """Somebody (null: by the command line) has set by which codes operators say what calls were about."""

    office_id: int
    operator_id: int | None


@dataclass(frozen=True, slots=True)
class DutyChanged(Event):
    """Somebody of the office has taken a driver on duty, or off it."""

    driver_id: int
    operator_id: int


@dataclass(frozen=True, slots=True)
class PapersTold(Event):
    """Papers of an office's drivers run out, or somebody has seen to it."""

    office_id: int


@dataclass(frozen=True, slots=True)
class OfferMade(Event):
    """An order is offered to a driver."""

    offer_id: int
    driver_id: int
    order_id: int


@dataclass(frozen=True, slots=True)
class OfferEnded(Event):
    """An offer is "accepted", "declined", "expired" or "withdrawn"."""

    offer_id: int
    driver_id: int
    order_id: int
    state: str


@dataclass(frozen=True, slots=True)
class MessageChanged(Event):
    """A text message is in another state."""

    message_id: int
    order_id: int | None
    state: str


@dataclass(frozen=True, slots=True)
class TextArrived(Event):
    """Somebody sent us a text, and it is a row."""

    text_id: int


@dataclass(frozen=True, slots=True)
class TextHandled(Event):
    """A text that came in was read, or a person is done with it."""

    text_id: int


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """A browser session was ended; its sockets must close."""

    session_id: int


@dataclass(frozen=True, slots=True)
class RightsChanged(Event):
    """Somebody may do something else than before, or nothing, or has another name or telephone; his sockets must close."""

    operator_id: int


@dataclass(frozen=True, slots=True)
class ImportMoved(Event):
    """A file of customers or drivers has come further, or something is to be done for it."""

    import_id: int


@dataclass(frozen=True, slots=True)
class TasksChanged(Event):
    """What is to be done for an office's customers has changed: a task more or less, later, or somebody's."""

    office_id: int
