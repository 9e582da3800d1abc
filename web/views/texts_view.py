"""What the pages of texts have in common: whose language, the office's clock, its words, files to take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from desk import numbers
from desk.errors import Invalid
from desk.message import campaigns, messages
from desk.message.campaign_views import LeftOut, Result
from desk.message.campaigns import PLACES
from desk.texts import consents
from desk.texts.message_states import TOO_LATE
from web.views.money_view import FORMS
from web.views.page_view import PageView
from web.views.sheets import Kind, Sheet, as_csv, as_xlsx

_DETAILS = {
    campaigns.CANCELLED: "detail.cancelled",
    consents.REFUSED: "detail.refused",
    consents.NO_CONSENT: "detail.no_consent",
    consents.SAID_ANEW: "detail.said_anew",
    TOO_LATE: "detail.too_late",
    messages.NOT_SERVED: "detail.not_served",
}


@dataclass(frozen=True, slots=True)
class TextsView(PageView):
    """One visit to a page of texts."""

    AREA = "texts"

    def moment(self, typed: str, field: str = "send_at") -> datetime | None:
        """What was typed as a day and a time of the office's clock; null for nothing. Raises Invalid."""
        if not typed.strip():
            return None
        try:
            told = datetime.fromisoformat(typed.strip()[:32])
        except ValueError:
            raise Invalid("that is no time", field=field) from None
        return told.replace(tzinfo=ZoneInfo(self.office.timezone)).astimezone(UTC)

    def phone(self, e164: str) -> str:
        """A number as people there write it."""
        return numbers.display(e164, self.office.country)

    def detail(self, detail: str | None) -> str:
        """Why a text did not leave, in words; what a network said stays as it said it."""
        return self.m(_DETAILS[detail]) if detail in _DETAILS else detail or ""

    def day(self, at: datetime | None) -> str:
        """A day by the office's clock; a dash for none."""
        return f"{at.astimezone(ZoneInfo(self.office.timezone)):%Y-%m-%d}" if at is not None else "–"

    def minute(self, minute: int) -> str:
        """A minute of the day, as a clock shows it."""
        return f"{minute // 60:02}:{minute % 60:02}"

    def weekdays(self, told: str) -> str:
        """Days of the week ("0" is Monday), in words."""
        return self.m("standing.every_day") if len(told) == 7 else " ".join(self.m(f"weekday.{day}") for day in told)

    def reasons(self, counts: dict[str, int]) -> str:
        """Of how many people why they got none."""
        return " · ".join(f"{self.m(f'why.{why}')} {count:,}" for why, count in counts.items())

    def why_no_run(self, why: str) -> str:
        """Why a rule did not run; what was wrong with the text as the form says it."""
        key = f"standing.why.{why}"
        return self.m(key) if self.words.templates(f"texts.{key}") else self.sentence(why)

    @property
    def places(self) -> str:
        """What may stand in braces."""
        return " ".join(f"{{{name}}}" for name in PLACES)

    def results(
        self, name: str, form: str, rows: Sequence[Result], left: Sequence[LeftOut], made: datetime
    ) -> web.Response:
        """What became of each text, and who got none, as a file. It takes a while to make: not on the event loop."""
        heads: list[tuple[str, Kind]] = [
            (self.m(f"head.{head}"), "text") for head in ("name", "number", "text", "state", "detail")
        ]
        lines = [
            (row.name, self.phone(row.recipient), row.text, self.m(f"state.{row.state}"), self.detail(row.detail))
            for row in rows
        ]
        lines += [
            (
                one.person.name,
                self.phone(one.person.phone or ""),
                "",
                self.m("state.left_out"),
                self.m(f"why.{one.why}"),
            )
            for one in left
        ]
        sheet = Sheet(self.m("title.results"), (), heads, lines)
        body = as_xlsx([sheet], made.replace(tzinfo=None)) if form == "xlsx" else as_csv(sheet)
        return web.Response(
            body=body,
            content_type=FORMS[form],
            charset="utf-8" if form == "csv" else None,
            headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
        )
