"""One configuration file (TOML) and the environment, turned into each package's Settings; every mistake told at once.

Order, strongest first: the command line, the environment (`CALLBOARD_WEB__PORT=8081`), the file, the defaults. Unknown keys are
mistakes. Secrets never stand in the file: they come from the environment, from a file that the setting names, or are made
at random in the state folder.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from agi.settings import Settings as AgiSettings
from ami.settings import Settings as AmiSettings
from callerid.settings import Settings as CalleridSettings
from desk.settings import Settings as DeskSettings
from dialplan.settings import Settings as DialplanSettings
from geocoders.settings import Settings as GeocodersSettings
from sms.settings import Settings as SmsSettings
from web.settings import Settings as WebSettings


class ConfigError(Exception):
    """The configuration cannot be used; `str()` lists every mistake with the place where it stands."""


class SiteSettings(BaseModel):
    """Which parts this instance runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    demo: bool = Field(default=True, description="Fill an empty database with the demo site and its log-ins.")
    demo_trade: str = Field(default="proxy", description="The demo's trade: the name of a file in desk/trades.")
    demo_calls: bool = Field(default=True, description="In the demo, a caller rings every few seconds.")
    demo_call_every_s: float = Field(default=8.0, gt=0, description="About how many seconds lie between demo calls.")
    asterisk: Literal["auto", "system", "private", "none"] = Field(
        default="auto",
        description="Where Asterisk comes from: the system's own if it is 20 or later, a private one from Debian's packages, "
        "whichever there is (auto), or none (boxes only).",
    )
    cdr_file: Path | None = Field(
        default=None,
        description="Where Asterisk writes its own account of calls, in the columns of our cdr_custom.conf; "
        "empty: that of our Asterisk in the state folder.",
    )
    sip_port: int = Field(
        default=5160, ge=1, le=65535, description="UDP port on which the trunk and desk phones reach us."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How much is logged.")


class Settings(BaseSettings):
    """Everything that a site may say, by package."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="CALLBOARD_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    site: SiteSettings = SiteSettings()
    desk: DeskSettings = DeskSettings()
    ami: AmiSettings = AmiSettings()
    agi: AgiSettings = AgiSettings()
    callerid: CalleridSettings = CalleridSettings()
    dialplan: DialplanSettings = DialplanSettings()
    sms: SmsSettings = SmsSettings()
    geocoders: GeocodersSettings = GeocodersSettings()
    web: WebSettings = WebSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line (as init values), then the environment, then the file."""
        file = cls.model_config.get("toml_file")
        sources = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls, file)) if file else sources


def load(file: Path | None, overrides: dict[str, dict[str, Any]]) -> Settings:
    """Settings from `file` (which must exist if given) and `overrides` by package. Raises ConfigError."""
    if file is not None:
        _check_toml(file)

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file)

    try:
        return _as_meant(FromFile(**overrides))  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [_sentence(mistake) for mistake in error.errors()]
        where = f"{file}" if file else "the configuration"
        raise ConfigError(
            f"{where} has {_count(len(lines))}:\n" + "\n".join(f"  - {line}" for line in lines)
        ) from error


def _as_meant(settings: Settings) -> Settings:
    """Where nothing is said of the second factor, a site of one's own requires it: who pays out there, pays real money."""
    if settings.web.totp is not None:
        return settings
    totp = "optional" if settings.site.demo else "required"
    return settings.model_copy(update={"web": settings.web.model_copy(update={"totp": totp})})


def _check_toml(file: Path) -> None:
    try:
        tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"There is no configuration file {file}. Name an existing one with --config.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration file {file} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The configuration file {file} is not valid TOML: {error}.") from error


def _sentence(mistake: Any) -> str:
    place = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        known = ", ".join(sorted(_siblings(mistake["loc"])))
        return f"{place}: there is no such setting. Known here: {known}."
    value = mistake.get("input")
    # A whole table is not shown: a provider's table holds its password.
    shown = "" if isinstance(value, dict | BaseModel) else f" (it is {value!r})"
    return f"{place}: {mistake['msg'].removeprefix('Value error, ')}{shown}."


def _siblings(place: tuple[Any, ...]) -> list[str]:
    model: Any = Settings
    for part in place[:-1]:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)


def _count(number: int) -> str:
    return "one mistake" if number == 1 else f"{number} mistakes"
