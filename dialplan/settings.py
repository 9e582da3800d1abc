"""What a site can say about its Asterisk (`Settings`), and everything that one rendering needs (`Site`).

`Settings` stands in the configuration file. `Site` adds what others decide: the lines and operators of the office, the
folders and ports of this instance, its secrets.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

Digits = Annotated[str, Field(pattern=r"^[0-9*#]{1,32}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Address = Annotated[str, Field(pattern=r"^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$")]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,100}(:[0-9]{1,5})?$")]

_FROZEN = ConfigDict(frozen=True, extra="forbid")


class Settings(BaseModel):
    """How this site's Asterisk behaves."""

    model_config = _FROZEN

    sip_address: Address = Field(default="127.0.0.1", description="Address on which SIP (UDP) is heard.")
    rtp_first_port: Port = Field(default=10000, description="First UDP port for voice.")
    rtp_last_port: Port = Field(default=20000, description="Last UDP port for voice.")
    no_voice_s: int = Field(
        default=300,
        ge=0,
        le=86_400,
        description="Seconds without a voice packet from a caller or a desk phone after which the call is ended, because "
        "that phone has gone without a word; 0: never.",
    )
    trunk_addresses: tuple[Address, ...] = Field(
        default=("127.0.0.1",), min_length=1, description="Addresses whose calls come in over the trunk."
    )
    outgoing: Host | None = Field(
        default=None,
        description="Where calls to customers and drivers go out (click to dial): the trunk's address, with `:port` if it is not "
        "5060. Empty: nobody is called from here.",
    )
    outgoing_ring_s: int = Field(default=60, ge=5, le=300, description="Seconds for which a call that goes out rings.")
    trust_asserted_identity: bool = Field(
        default=True, description="Believe the trunk's P-Asserted-Identity and Privacy headers (RFC 3325)."
    )
    codecs: tuple[Name, ...] = Field(default=("ulaw", "alaw"), min_length=1, description="Voice codecs, best first.")
    tone_country: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = Field(
        default="kr", description="Country whose ringing and busy tones are played (a table of indications.conf)."
    )
    answer_before_queue: bool = Field(
        default=True, description="Answer a caller who waits for an operator; otherwise he hears early media only."
    )
    while_waiting: Literal["music", "ringing"] = Field(default="music", description="What a waiting caller hears.")
    strategy: Literal["ringall", "rrmemory", "leastrecent", "fewestcalls", "random", "linear"] = Field(
        default="ringall",
        description="Which operators' phones ring for a waiting call. With ringall Asterisk rings one caller at a time, so "
        "that about one a second is answered at most; the others ring several callers at once, each at one phone: choose "
        "leastrecent from about five operators on.",
    )
    ring_in_use: bool = Field(default=False, description="Ring operators who are on a call already.")
    ring_s: int = Field(
        default=15, ge=5, le=300, description="Seconds of ringing before the queue looks again who is free."
    )
    stand_in_phones: bool = Field(
        default=True, description="An operator without a registered desk phone is rung at a stand-in phone."
    )
    demo_callers: bool = Field(default=False, description="Let the demo place calls to the lines from inside Asterisk.")
    demo_patience_s: int = Field(default=40, ge=5, le=600, description="Seconds after which a demo caller hangs up.")
    agi_patience_s: float = Field(
        default=1.6,
        ge=0.5,
        le=2.5,
        description="Seconds of silence from the IVR after which a caller goes to the queue.",
    )
    oneshot_patience_s: float = Field(
        default=0.8,
        ge=0.3,
        le=2.5,
        description="Seconds of silence from the one-shot script before the caller goes on.",
    )
    manager_port: Port | None = Field(
        default=None,
        description="Port on which Asterisk's manager listens, where something lies between it and us (a tunnel); "
        "empty: `port` of [ami].",
    )
    custom_folder: Path | None = Field(
        default=None,
        description="Folder of a site's own *-custom.conf files; empty: `asterisk/custom` in the state folder.",
    )

    @property
    def way_out(self) -> bool:
        """Whether calls can be placed: over the trunk, or in a demo to a stand-in."""
        return self.outgoing is not None or self.demo_callers

    @model_validator(mode="after")
    def _port_range_is_a_range(self) -> Settings:
        if self.rtp_last_port < self.rtp_first_port + 10:
            raise ValueError("rtp_last_port must be at least 10 above rtp_first_port")
        return self


class Line(BaseModel):
    """A number that callers dial: `did` as the trunk spells it, the IVR flow and the prompt language that greet them."""

    model_config = _FROZEN

    did: Digits
    flow: Name = "welcome"
    language: Name = "en"


class Operator(BaseModel):
    """A desk phone's number, and the password with which a real phone registers as it."""

    model_config = _FROZEN

    extension: Digits
    sip_password: SecretStr

    @field_validator("sip_password")
    @classmethod
    def _long(cls, value: SecretStr) -> SecretStr:
        return _at_least(value, 12, "a phone's password")


class Ports(BaseModel):
    """Where this instance listens: SIP on UDP, the others on TCP of 127.0.0.1."""

    model_config = _FROZEN

    sip: Port
    ami: Port
    agi: Port


class Secrets(BaseModel):
    """Random words between callboard and Asterisk, each at least 32 characters."""

    model_config = _FROZEN

    ami_reader: SecretStr
    ami_actor: SecretStr
    agi_token: SecretStr

    @field_validator("*")
    @classmethod
    def _long(cls, value: SecretStr) -> SecretStr:
        return _at_least(value, 32, "a secret")


class Folders(BaseModel):
    """Absolute paths: `modules` and `sbin` are the engine's, all others this instance's own."""

    model_config = _FROZEN

    etc: Path
    lib: Path
    db: Path
    keys: Path
    spool: Path
    run: Path
    log: Path
    data: Path
    custom: Path
    modules: Path
    sbin: Path

    @classmethod
    def under(cls, state: Path, *, modules: Path, sbin: Path, custom: Path | None = None) -> Folders:
        """The folders of the instance whose state folder is `state`."""
        here = state / "asterisk"
        own = {name: here / name for name in ("etc", "lib", "db", "keys", "spool", "run", "log", "data")}
        return cls(**own, custom=custom or here / "custom", modules=modules, sbin=sbin)


class Site(BaseModel):
    """Everything that one rendering needs; equal sites give equal text."""

    model_config = _FROZEN

    settings: Settings
    lines: tuple[Line, ...] = Field(min_length=1)
    operators: tuple[Operator, ...]
    ports: Ports
    secrets: Secrets
    folders: Folders
    system_name: Name
    oneshot_script: Path | None = None

    @model_validator(mode="after")
    def _numbers_are_unique(self) -> Site:
        for what, numbers in (
            ("line", [line.did for line in self.lines]),
            ("extension", [operator.extension for operator in self.operators]),
        ):
            if len(set(numbers)) != len(numbers):
                raise ValueError(f"the same {what} stands twice")
        return self


def _at_least(value: SecretStr, length: int, what: str) -> SecretStr:
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{{length},}}", value.get_secret_value()):
        raise ValueError(f"{what} must be at least {length} letters, digits, - or _")
    return value
