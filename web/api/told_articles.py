"""What the articles' API answers."""

from __future__ import annotations

from typing import Literal

from web.api.shapes import Id, Moment, Told


class ArticleBrief(Told):
    """An article without its text. `line` and `segment` are names; `used` is how often it was opened in the last 30 days."""

    id: Id
    title: str
    keywords: list[str]
    line_id: Id | None
    line: str | None
    segment_id: Id | None
    segment: str | None
    order_state: str | None
    made_by: str
    made_at: Moment
    changed_by: str | None
    changed_at: Moment | None
    archived_at: Moment | None
    version: int
    used: int


class BecauseTold(Told):
    """One reason why it fits the call: `words` is the line, the segment's name, or the order's state."""

    what: Literal["line", "segment", "order_state"]
    words: str


class SuggestionTold(ArticleBrief):
    """An article in a list; with reasons it is suggested, the weightiest first."""

    because: list[BecauseTold]


class BlockTold(Told):
    """Lines of plain text that belong together: of a paragraph, or one for each bullet."""

    kind: Literal["paragraph", "bullets"]
    lines: list[str]


class ArticleTold(ArticleBrief):
    """An article: its text as it was written, and in blocks as it is shown."""

    text: str
    blocks: list[BlockTold]
