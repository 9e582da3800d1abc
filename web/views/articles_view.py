"""What the pages of articles have in common: who may write, and on which calls an article is suggested, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk.knowledge.articles import ArticleView
from web.views.page_view import PageView


@dataclass(frozen=True, slots=True)
class ArticlesPage(PageView):
    """One visit to a page of articles."""

    AREA = "articles"

    @property
    def writes(self) -> bool:
        """Whether the visitor may write, change and archive."""
        return "articles.write" in self.visitor.may

    def state(self, state: str) -> str:
        """A state of an order, in words."""
        key = f"panel.order.state.{state}"
        return self.words.text(key) if self.words.templates(key) else state

    def suggested(self, article: ArticleView) -> str:
        """On which calls it is suggested; empty: on none by itself."""
        told = [article.line, article.segment, self.state(article.order_state) if article.order_state else None]
        return " · ".join(each for each in told if each)

    def standing(self, article: ArticleView, name: str, stands: Mapping[str, str]) -> str:
        """What a field of the form says now, in words."""
        words = {"line_id": article.line, "segment_id": article.segment, "order_state": stands["order_state"]}
        told = words.get(name, stands.get(name))
        if name == "order_state" and told:
            return self.state(told)
        return told or ("–" if name == "keywords" else self.m("form.any"))
