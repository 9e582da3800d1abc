"""An account at an SMSC, as its contract states it (table `[sms.providers.smpp]`)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from sms.receipts import IdSpelling


class Settings(BaseModel):
    """Lengths are those of SMPP 3.4; what the SMSC allows less of (rate, window) stands in its contract."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = Field(description="Name or address of the SMSC.")
    port: int = Field(default=2775, ge=1, le=65535, description="Port of the SMSC; with TLS usually 3550.")
    tls: bool = Field(default=False, description="Whether the connection is encrypted (certificates are checked).")
    system_id: str = Field(max_length=15, description="The account's name.")
    password: SecretStr = Field(max_length=8, description="The account's password; SMPP 3.4 allows 8 characters.")
    system_type: str = Field(default="", max_length=12, description="Usually empty.")
    source_ton: int = Field(
        default=0, ge=0, le=6, description="Kind of the sender's number: 0 unknown, 1 international."
    )
    source_npi: int = Field(default=1, ge=0, le=18, description="Plan of the sender's number: 1 is E.164.")
    dest_ton: int = Field(default=1, ge=0, le=6, description="Kind of the receiver's number: 1 international.")
    dest_npi: int = Field(default=1, ge=0, le=18, description="Plan of the receiver's number: 1 is E.164.")
    alphabet: Literal["auto", "ucs2"] = Field(
        default="auto",
        description="auto: GSM 7-bit where it suffices; ucs2 where the network's default alphabet differs.",
    )
    receipt_ids: IdSpelling = Field(
        default="same", description="How a receipt's text spells the id that the submit was answered with."
    )
    validity_minutes: int = Field(default=30, ge=1, le=10_080, description="How long the network keeps trying.")
    window: int = Field(default=10, ge=1, le=10, description="Texts that may wait for their answer at a time.")
    answer_timeout_s: float = Field(
        default=10.0, gt=0, description="Without an answer for this long a text's fate counts as unknown."
    )
    enquire_link_s: float = Field(default=30.0, gt=0, description="Silence after which the link is tried.")
