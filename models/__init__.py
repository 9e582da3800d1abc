"""Tables, and the invariants of a single row. No queries and no session live here."""

from models.appeal import Appeal
from models.article import Article, ArticleOpening, ArticleWords
from models.base import Base, UtcDateTime
from models.call import Call, CallSighting, Recording
from models.clock import OrderTimer, Promise
from models.credit import CreditAccount, CreditRider
from models.customer import BookPlace, BookPlaceWords, Customer, CustomerPhone, CustomerWords, FormerNumber, Place
from models.customer_change import CustomerDeed, CustomerMerge, Erasure, MergedRow
from models.dispatch import DispatchHours, MatchingRound, NextOrder, Offer, Search, Weighing
from models.draft import CallDraft
from models.driver import Driver, Shift
from models.driver_access import DriverLink, DriverRequest, DriverSession
from models.driver_record import (
    DriverBlock,
    DriverDocument,
    DriverErasure,
    DriverGrade,
    DriverGroup,
    DriverPhone,
    DriverSkill,
    PaperAlarm,
)
from models.fare import FixedFare, OwnDay, TariffTable, ZoneFare
from models.fee import DeadRunRule, EntryFee, FeeRuleRow
from models.imported import Import, ImportKey, ImportRow
from models.ledger import Account, Entry, Period, PeriodBalance, Posting
from models.message import EarlyReceipt, Message, MessagePart
from models.office import AuditEntry, IdempotencyKey, Line, Office, Operator, WebSession
from models.order import Assignment, Order, OrderChange, OrderStep, WayPoint
from models.pause import OperatorPause
from models.place_link import PlaceLink
from models.second_factor import RecoveryCode, SecondFactor
from models.segment import Segment, SegmentMember
from models.settling import SettlementBatch, SettlementLine
from models.standing import StandingLeftOut, StandingRecipient, StandingRun, StandingSend
from models.task import Task, TaskRule, TaskRun, TaskTry
from models.text import AdConsent, Campaign, CampaignLeftOut, ConsentNotice, IncomingPart, IncomingText, TextTemplate
from models.text_alarm import TextAlarm
from models.vehicle_proof import CarCover, CarLink, CarPhoto, CarReading, CarSkip
from models.wall import WallScreen
from models.way import DriverWay
from models.wrap_up import CallWrapUp

__all__ = [
    "Account",
    "AdConsent",
    "Appeal",
    "Article",
    "ArticleOpening",
    "ArticleWords",
    "Assignment",
    "AuditEntry",
    "Base",
    "BookPlace",
    "BookPlaceWords",
    "Call",
    "CallDraft",
    "CallSighting",
    "CallWrapUp",
    "Campaign",
    "CampaignLeftOut",
    "CarCover",
    "CarLink",
    "CarPhoto",
    "CarReading",
    "CarSkip",
    "ConsentNotice",
    "CreditAccount",
    "CreditRider",
    "Customer",
    "CustomerDeed",
    "CustomerMerge",
    "CustomerPhone",
    "CustomerWords",
    "DeadRunRule",
    "DispatchHours",
    "Driver",
    "DriverBlock",
    "DriverDocument",
    "DriverErasure",
    "DriverGrade",
    "DriverGroup",
    "DriverLink",
    "DriverPhone",
    "DriverRequest",
    "DriverSession",
    "DriverSkill",
    "DriverWay",
    "EarlyReceipt",
    "Entry",
    "EntryFee",
    "Erasure",
    "FeeRuleRow",
    "FixedFare",
    "FormerNumber",
    "IdempotencyKey",
    "Import",
    "ImportKey",
    "ImportRow",
    "IncomingPart",
    "IncomingText",
    "Line",
    "MatchingRound",
    "MergedRow",
    "Message",
    "MessagePart",
    "NextOrder",
    "Offer",
    "Office",
    "Operator",
    "OperatorPause",
    "Order",
    "OrderChange",
    "OrderStep",
    "OrderTimer",
    "OwnDay",
    "PaperAlarm",
    "Period",
    "PeriodBalance",
    "Place",
    "PlaceLink",
    "Posting",
    "Promise",
    "Recording",
    "RecoveryCode",
    "Search",
    "SecondFactor",
    "Segment",
    "SegmentMember",
    "SettlementBatch",
    "SettlementLine",
    "Shift",
    "StandingLeftOut",
    "StandingRecipient",
    "StandingRun",
    "StandingSend",
    "TariffTable",
    "Task",
    "TaskRule",
    "TaskRun",
    "TaskTry",
    "TextAlarm",
    "TextTemplate",
    "UtcDateTime",
    "WallScreen",
    "WayPoint",
    "WebSession",
    "Weighing",
    "ZoneFare",
]
