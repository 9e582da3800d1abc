"""What the API of consents that are to be confirmed takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from web.api.shapes import Given, Limit, storable

Days = Annotated[int, Field(ge=0, le=365, description="Whose two years are over, or will be within so many days.")]
Said = Annotated[str, Field(max_length=4000), AfterValidator(storable)]


class DueConsentsQuery(Given):
    """Consents that are to be confirmed."""

    days: Days = 30
    limit: Limit = 100
    cursor: Annotated[str | None, Field(max_length=80, description="`next` of the answer before.")] = None


class ConsentTexts(Given):
    """What is said, by language; empty where nobody is written to in it."""

    ko: Said = ""
    en: Said = ""


class ConsentRound(Given):
    """Telling whose two years are over, or will be within so many days; places in the texts: docs/texts.md.

    `refusal`: by which number it is refused free of charge.
    """

    days: Days = 30
    texts: ConsentTexts
    refusal: Annotated[str, Field(max_length=20), AfterValidator(storable)]


class ConsentRoundSeen(ConsentRound):
    """The same as it was looked at: `seen` is what the look gave."""

    seen: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
