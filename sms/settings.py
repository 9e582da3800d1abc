"""What the sender is told: which provider, how fast, and when to give up. A provider's own keys stand in its own table.

[sms]
provider = "smpp"

[sms.providers.smpp]
host = "..."
"""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

import sms.providers
from desk import plugins
from desk.errors import NoSuchPlugin
from sms.outcome import Provider


class Settings(BaseModel):
    """Sending texts. Providers that are neither named nor given a table are not loaded."""

    # Tables of providers hold passwords: they are in no print-out and in no error message.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    provider: str = Field(default="console", description="File name of the provider in sms/providers.")
    providers: dict[str, dict[str, Any]] = Field(
        default={}, repr=False, exclude=True, description="One table of keys for each provider."
    )
    rate_per_s: float = Field(
        default=10.0, gt=0, le=1000, description="Texts a second at most, as the contract with the network says."
    )
    stop_grace_s: float = Field(default=5.0, ge=0, description="How long a stop waits for the network's last answers.")

    @model_validator(mode="after")
    def _providers_exist_and_their_keys_are_right(self) -> Settings:
        """Every table is read, also of a provider that is not in use: a typing error is found on the day it is made."""
        wrong: list[str] = []
        for name in {self.provider, *self.providers}:
            try:
                self.settings_of(name)
            except NoSuchPlugin as error:
                wrong.append(str(error))
            except ValidationError as error:
                wrong += [f"providers.{name}.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        if wrong:
            raise ValueError("; ".join(sorted(wrong)))
        return self

    def settings_of(self, name: str) -> BaseModel:
        """The own settings of provider `name`, read from its table. Raises NoSuchPlugin, ValidationError."""
        module = plugins.load(sms.providers, name)
        return cast(BaseModel, module.Settings(**self.providers.get(name, {})))

    def open_provider(self) -> Provider:
        """The chosen provider, not yet running."""
        module = plugins.load(sms.providers, self.provider)
        return cast(Provider, module.open_provider(self.settings_of(self.provider)))
