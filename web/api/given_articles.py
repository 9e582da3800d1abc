"""What the articles' API takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from desk.knowledge import articles
from web.api.given_customers import Version
from web.api.shapes import Given, Id, Limit, Typed, storable

Keyword = Annotated[str, Field(max_length=articles.LONGEST_KEYWORD), AfterValidator(storable)]


class ArticlesQuery(Given):
    """What is typed, and for whom: the open call, or the customer who was looked up. Without `q`, what fits comes first.

    `q` is any part of a title, a keyword or the text; of titles and keywords also first consonants, or one letter wrong.
    `archived`: those that are out of sight, by their titles, instead; nothing else counts then.
    """

    q: Typed = ""
    call_id: Id | None = None
    customer_id: Id | None = None
    archived: bool = False
    limit: Limit = 50


class ArticleGiven(Given):
    """An article in plain text. A line that begins with "- " is a bullet, a blank line ends a paragraph.

    It is suggested where all that it names is so: the call's line, a segment of the customer's, the state of his live order.
    `version`: of the article as read, for a change; if somebody has changed it since, the answer is 409 `outdated`, and
    `details.fields` are those that stand otherwise.
    """

    title: Annotated[str, Field(max_length=articles.LONGEST_TITLE), AfterValidator(storable)]
    text: Annotated[str, Field(max_length=articles.LONGEST_TEXT), AfterValidator(storable)]
    keywords: Annotated[list[Keyword], Field(max_length=articles.MOST_KEYWORDS)] = Field(default_factory=list)
    line_id: Id | None = None
    segment_id: Id | None = None
    order_state: Annotated[str, Field(max_length=16), AfterValidator(storable)] | None = None
    version: Version | None = None


class OpeningGiven(Given):
    """During which call the article is opened; null: during none."""

    call_id: Id | None = None
