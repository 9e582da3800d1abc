"""Texts that are sent again and again, kept by trade and language. Ready-made ones come with the languages (texts.toml)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Conflict, Invalid
from desk.message.campaigns import clean
from desk.office import offices
from desk.office.people import audit, operator_of
from desk.text import plain
from desk.work import Work
from locales.catalog import Catalog
from models import TextTemplate

MOST = 200
KINDS = ("notice", "ad")
READY_MADE = ("traffic", "shift", "holiday", "sorry", "coupon")


@dataclass(frozen=True, slots=True)
class Template:
    """A text with its name. `id` is null for one that is ready-made."""

    id: int | None
    name: str
    kind: str
    body: str


async def listed(session: AsyncSession, office_id: int, language: str) -> list[Template]:
    """The office's own for its trade, by name, then the ready-made ones."""
    office = await offices.by_id(session, office_id)
    own: Sequence[TextTemplate] = (
        await session.scalars(
            select(TextTemplate)
            .where(
                TextTemplate.office_id == office.id,
                TextTemplate.trade == office.trade,
                TextTemplate.language == language,
                TextTemplate.kind.in_(KINDS),
            )
            .order_by(TextTemplate.name)
        )
    ).all()
    words = Catalog.load(language)
    ready = [
        Template(None, words.text(f"texts.ready.{key}.name"), "ad" if key == "coupon" else "notice", body)
        for key in READY_MADE
        for body in [words.templates(f"texts.ready.{key}.body")["other"]]
    ]
    return [*(Template(one.id, one.name, one.kind, one.body) for one in own), *ready]


async def keep(work: Work, operator_id: int, language: str, name: str, kind: str, body: str) -> TextTemplate:
    """Keep a text under a name; the name's text of before is replaced. Raises Invalid and Conflict."""
    operator = await operator_of(work, operator_id)
    office = await offices.by_id(work.session, operator.office_id)
    name, body = plain(name, 60), clean(body)
    if not name:
        raise Invalid("a template has a name", field="no_name")
    if not body:
        raise Invalid("there is no text", field="no_text")
    if kind not in KINDS:
        raise Invalid("a text is a notice or an advertisement", field="kind")
    mine = select(TextTemplate).where(TextTemplate.office_id == office.id, TextTemplate.kind.in_(KINDS))
    of_name = mine.where(
        TextTemplate.trade == office.trade, TextTemplate.language == language, TextTemplate.name == name
    )
    found = (await work.session.scalars(of_name.with_for_update())).one_or_none()
    if found is None:
        if len((await work.session.scalars(mine)).all()) >= MOST:
            raise Conflict(f"there are {MOST} templates already")
        found = TextTemplate(office_id=office.id, trade=office.trade, language=language, name=name)
        work.session.add(found)
    found.kind, found.body, found.changed_at, found.changed_by = kind, body, work.now, operator.id
    await work.session.flush()
    audit(work, operator.id, "template.kept", name, {"kind": kind})
    return found


async def drop(work: Work, operator_id: int, template_id: int) -> None:
    """Throw one away; one that is not there is gone already."""
    operator = await operator_of(work, operator_id)
    gone = await work.session.execute(
        delete(TextTemplate)
        .where(
            TextTemplate.id == template_id,
            TextTemplate.office_id == operator.office_id,
            TextTemplate.kind.in_(KINDS),
        )
        .returning(TextTemplate.name)
    )
    for (name,) in gone.all():
        audit(work, operator.id, "template.dropped", name)
