"""What the sender is told: which provider, how fast, and when to give up. A provider's own keys stand in its own table.

[sms]
provider = "smpp"

[sms.providers.smpp]
host = "..."
"""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

import sms.providers
from desk import plugins
from desk.errors import NoSuchPlugin
from sms.outcome import Provider


class Settings(BaseModel):
    """Sending texts. Only the provider that is named is loaded, and only its table is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str = Field(default="console", description="File name of the provider in sms/providers.")
    providers: dict[str, dict[str, Any]] = Field(default={}, description="One table of keys for each provider.")
    rate_per_s: float = Field(
        default=10.0, gt=0, le=1000, description="Texts a second at most, as the contract with the network says."
    )
    stop_grace_s: float = Field(default=5.0, ge=0, description="How long a stop waits for the network's last answers.")

    @model_validator(mode="after")
    def _provider_exists_and_its_keys_are_right(self) -> Settings:
        try:
            self.provider_settings()
        except NoSuchPlugin as error:
            raise ValueError(str(error)) from None
        return self

    def provider_settings(self) -> BaseModel:
        """The chosen provider's own settings, read from its table. Raises NoSuchPlugin, pydantic's ValidationError."""
        module = plugins.load(sms.providers, self.provider)
        return cast(BaseModel, module.Settings(**self.providers.get(self.provider, {})))

    def open_provider(self) -> Provider:
        """The chosen provider, not yet running."""
        module = plugins.load(sms.providers, self.provider)
        return cast(Provider, module.open_provider(self.provider_settings()))
