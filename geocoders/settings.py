"""Which geocoders are asked, and how patiently. A provider's own keys stand in its own table; secrets come from the environment.

[geocoders]
use = ["kakao"]
                     CALLBOARD_GEOCODERS__PROVIDERS__KAKAO__KEY=...
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

import geocoders.providers
from desk import plugins
from desk.errors import NoSuchPlugin


class ProviderSettings(BaseModel):
    """What every provider may be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    accuracy_m: int = Field(default=100, ge=0, le=10_000, description="How sure its exact places are, in metres.")
    per_second: float = Field(default=1.0, gt=0, le=100, description="Questions a second at most.")
    cache_s: float = Field(default=0.0, ge=0, le=86400, description="How long an answer is kept, in seconds.")


class Settings(BaseModel):
    """Geocoders on the network. Those that are neither used nor given a table are not loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    use: tuple[str, ...] = Field(
        default=(), description="File names in geocoders/providers, the best first; empty: none."
    )
    timeout_s: float = Field(default=1.5, gt=0, le=1.5, description="How long one question may take, all in all.")
    providers: dict[str, dict[str, Any]] = Field(
        default={},
        repr=False,
        exclude=True,
        description="One table of keys for each; key_file names a file with the key.",
    )

    @model_validator(mode="after")
    def _providers_exist_and_their_keys_are_right(self) -> Settings:
        wrong: list[str] = []
        for name in dict.fromkeys((*self.use, *self.providers)):
            try:
                self.settings_of(name)
            except NoSuchPlugin as error:
                wrong.append(str(error))
            except OSError as error:
                wrong.append(f"providers.{name}.key_file: {error.strerror}")
            except ValidationError as error:
                wrong += [f"providers.{name}.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        if wrong:
            raise ValueError("; ".join(sorted(wrong)))
        return self

    def settings_of(self, name: str) -> ProviderSettings:
        """The own settings of provider `name`, read from its table. Raises NoSuchPlugin, ValidationError, OSError."""
        table = dict(self.providers.get(name, {}))
        module = plugins.load(geocoders.providers, name)
        if file := table.pop("key_file", None):
            table["key"] = Path(str(file)).read_text(encoding="utf-8").strip()
        return cast(ProviderSettings, module.Settings(**table))
