"""What the desk knows in writing: articles that are opened while somebody is on the line, and who opened which."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class Article(Base):
    """An article in plain text. `keywords` are divided by line ends. It is never deleted: `archived_at` takes it out of sight.

    `line_id`, `segment_id` and `order_state` (of the trade's table) say on which calls it is suggested: those of that line, of
    a customer in that segment, of somebody whose live order is in that state. Of several all hold; null asks for nothing.
    """

    __tablename__ = "article"
    __table_args__ = (Index("ix_article_office", "office_id", "archived_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    keywords: Mapped[str] = mapped_column(Text)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"))
    segment_id: Mapped[int | None] = mapped_column(ForeignKey("segment.id"))
    order_state: Mapped[str | None] = mapped_column(String(16))
    made_by: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    made_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    changed_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- SQLAlchemy reads it from the class


class ArticleWords(Base):
    """By which words the article `id` is found, as CustomerWords."""

    __tablename__ = "article_words"

    id: Mapped[int] = mapped_column(
        Key, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Mapped[str] = mapped_column(Text)


class ArticleOpening(Base):
    """Somebody opened an article at the console, during `call_id` where a call was open. Rows are only added."""

    __tablename__ = "article_opening"
    __table_args__ = (Index("ix_article_opening_article", "article_id", "opened_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    opened_at: Mapped[datetime]
