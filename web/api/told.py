"""What the JSON API answers. The desk's views build it; a test holds every answer against these models."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from web.api.shapes import Id, Moment, Told
from web.api.told_orders import OperatorBrief

T = TypeVar("T")


Mode = Literal["automatic", "semi", "manual"]


class Items(Told, Generic[T]):
    """A page of rows. `next` goes back as `cursor`; null: no more."""

    items: list[T]
    next: int | None


class Done(Told):
    """It was asked for; what comes of it is told live."""

    done: Literal[True]


class Me(Told):
    """Who is signed in."""

    id: Id
    login: str
    name: str
    role: Literal["operator", "dispatcher", "accountant", "admin", "auditor"]
    extension: str | None
    locale: str
    may: list[str]


class OperatorTold(Told):
    """The operator who has a call."""

    id: Id
    name: str
    extension: str | None


class RecordTold(Told):
    """Who did what to whom (null: nobody who was signed in). `digest` chains it to the row before."""

    id: Id
    at: Moment
    operator: OperatorBrief | None
    what: str
    subject: str
    detail: dict[str, Any]
    digest: str


class PartTold(Told):
    """How one part is. `reason` is an English sentence, empty when all is well."""

    ok: bool
    reason: str


class Health(Told):
    """How the site is, without personal data."""

    status: Literal["ok", "degraded"]
    parts: dict[str, PartTold]


class ProblemTold(BaseModel):
    """RFC 9457. `code` is stable; further members may be there."""

    type: str
    title: str
    status: int
    detail: str
    code: str
