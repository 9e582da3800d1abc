"""Tables, and the invariants of a single row. No queries and no session live here."""

from models.appeal import Appeal
from models.base import Base, UtcDateTime
from models.call import Call, CallSighting, Recording
from models.credit import CreditAccount, CreditRider
from models.customer import BookPlace, BookPlaceWords, Customer, CustomerPhone, CustomerWords, Place
from models.customer_change import CustomerDeed, CustomerMerge, Erasure, MergedRow
from models.dispatch import Offer, Search, Weighing
from models.driver import Driver, Shift
from models.driver_access import DriverLink, DriverRequest, DriverSession
from models.imported import Import, ImportKey, ImportRow
from models.ledger import Account, Entry, Period, PeriodBalance, Posting
from models.message import EarlyReceipt, Message, MessagePart
from models.office import AuditEntry, IdempotencyKey, Line, Office, Operator, WebSession
from models.order import Assignment, Order, OrderChange, OrderStep
from models.second_factor import RecoveryCode, SecondFactor
from models.segment import Segment, SegmentMember

__all__ = [
    "Account",
    "Appeal",
    "Assignment",
    "AuditEntry",
    "Base",
    "BookPlace",
    "BookPlaceWords",
    "Call",
    "CallSighting",
    "CreditAccount",
    "CreditRider",
    "Customer",
    "CustomerDeed",
    "CustomerMerge",
    "CustomerPhone",
    "CustomerWords",
    "Driver",
    "DriverLink",
    "DriverRequest",
    "DriverSession",
    "EarlyReceipt",
    "Entry",
    "Erasure",
    "IdempotencyKey",
    "Import",
    "ImportKey",
    "ImportRow",
    "Line",
    "MergedRow",
    "Message",
    "MessagePart",
    "Offer",
    "Office",
    "Operator",
    "Order",
    "OrderChange",
    "OrderStep",
    "Period",
    "PeriodBalance",
    "Place",
    "Posting",
    "Recording",
    "RecoveryCode",
    "Search",
    "SecondFactor",
    "Segment",
    "SegmentMember",
    "Shift",
    "UtcDateTime",
    "WebSession",
    "Weighing",
]
