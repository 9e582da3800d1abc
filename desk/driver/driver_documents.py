"""Files about a driver: known by their first bytes, never by their names; kept outside of what the web serves; audited."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.driver import car_pictures
from desk.driver.drivers import known
from desk.errors import Conflict, Invalid, NotFound
from desk.office import people
from desk.office.people import audit
from desk.text import plain
from desk.work import Work
from models import Driver, DriverDocument

KINDS = ("licence", "insurance", "contract", "other")
MOST_BYTES = 8_000_000
MOST_DOCUMENTS = 40
PDF = "application/pdf"
_PDF_BEGIN, _PDF_END = b"%PDF-", b"%%EOF"


class BadDocument(Invalid):
    """A file that is not kept. `details["reason"]`: not_a_document, damaged, too_large, too_small, empty."""

    code = "bad_document"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the file is {reason}", field=reason, reason=reason)


class TooManyDocuments(Conflict):
    """The driver has as many files as are kept."""

    code = "too_many_documents"


@dataclass(frozen=True, slots=True)
class File:
    """What is kept: `raw` as it is served, with the name that people read."""

    name: str
    media_type: str
    raw: bytes

    @property
    def sha256(self) -> str:
        """Of the bytes that are kept."""
        return hashlib.sha256(self.raw).hexdigest()


def understood(name: str, raw: bytes) -> File:
    """A PDF as it is, a picture drawn anew. Slow: for a thread. Raises BadDocument."""
    if not raw:
        raise BadDocument("empty")
    if len(raw) > MOST_BYTES:
        raise BadDocument("too_large")
    shown = plain(PurePosixPath(name.replace("\\", "/")).name, 80) or "document"
    if raw.startswith(_PDF_BEGIN):
        if _PDF_END not in raw[-2048:]:
            raise BadDocument("damaged")
        return File(shown, PDF, raw)
    if car_pictures.kind_of(raw) is None:
        raise BadDocument("not_a_document")
    try:
        return File(shown, "image/jpeg", car_pictures.drawn_anew(raw).raw)
    except car_pictures.BadPicture as error:
        raise BadDocument(str(error.details["reason"])) from error


async def add(work: Work, operator_id: int, driver_id: int, kind: str, file: File, path: str) -> DriverDocument:
    """The row of a file that lies at `path`. Raises NotFound, Invalid, TooManyDocuments."""
    operator = await people.operator_of(work, operator_id)
    driver = await known(work.session, operator.office_id, driver_id)
    if kind not in KINDS:
        raise Invalid("that is no kind of document", field="kind")
    there = DriverDocument.driver_id == driver.id, DriverDocument.removed_at.is_(None)
    if (await work.session.scalar(select(func.count()).where(*there)) or 0) >= MOST_DOCUMENTS:
        raise TooManyDocuments("the driver has as many files as are kept")
    row = DriverDocument(
        driver_id=driver.id,
        kind=kind,
        name=file.name,
        media_type=file.media_type,
        size=len(file.raw),
        sha256=file.sha256,
        path=path,
        added_at=work.now,
        added_by=operator_id,
    )
    work.session.add(row)
    await work.session.flush()
    audit(
        work, operator_id, "document.added", str(row.id), {"driver_id": driver.id, "kind": kind, "sha256": row.sha256}
    )
    return row


async def opened(work: Work, operator_id: int, office_id: int, document_id: int) -> DriverDocument:
    """The row of a file that somebody is about to read, which is on record. Raises NotFound."""
    row = await _of_office(work.session, office_id, document_id)
    audit(work, operator_id, "document.opened", str(row.id), {"driver_id": row.driver_id})
    return row


async def remove(work: Work, operator_id: int, driver_id: int, document_id: int) -> str:
    """Forget a file; its row stays. The file's name, to be dropped after the commit. Raises NotFound."""
    operator = await people.operator_of(work, operator_id)
    row = await _of_office(work.session, operator.office_id, document_id)
    if row.driver_id != driver_id:
        raise NotFound(f"there is no document {document_id}")
    row.removed_at, row.removed_by = work.now, operator_id
    await work.session.flush()
    audit(work, operator_id, "document.removed", str(row.id), {"driver_id": driver_id})
    return row.path


async def of_driver(session: AsyncSession, driver_id: int) -> list[DriverDocument]:
    """His files, newest first."""
    query = select(DriverDocument).where(DriverDocument.driver_id == driver_id, DriverDocument.removed_at.is_(None))
    return list(await session.scalars(query.order_by(DriverDocument.id.desc())))


async def named_files(session: AsyncSession) -> set[str]:
    """The names of all files that rows still name."""
    return set(await session.scalars(select(DriverDocument.path).where(DriverDocument.removed_at.is_(None))))


async def _of_office(session: AsyncSession, office_id: int, document_id: int) -> DriverDocument:
    query = select(DriverDocument).join(Driver, Driver.id == DriverDocument.driver_id)
    row = await session.scalar(
        query.where(
            DriverDocument.id == document_id, Driver.office_id == office_id, DriverDocument.removed_at.is_(None)
        )
    )
    if row is None:
        raise NotFound(f"there is no document {document_id}")
    return row
