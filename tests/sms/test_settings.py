"""What is configured wrongly is said before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from callboard.config import ConfigError, load
from sms.providers.console import Console
from sms.providers.smpp import Smpp
from sms.settings import Settings
from sms.smpp_settings import Settings as Account

ACCOUNT = {"host": "127.0.0.1", "system_id": "callboard", "password": "secret"}


def test_without_a_word_the_console_is_the_provider() -> None:
    assert isinstance(Settings().open_provider(), Console)


def test_a_provider_is_named_by_its_file() -> None:
    assert isinstance(Settings(provider="smpp", providers={"smpp": ACCOUNT}).open_provider(), Smpp)


def test_an_unknown_provider_is_refused_with_the_names_of_those_that_exist() -> None:
    with pytest.raises(ValidationError, match="'smoke'; there are: console, smpp"):
        Settings(provider="smoke")


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ({}, "host"),
        (ACCOUNT | {"hots": "x"}, "hots"),
        (ACCOUNT | {"password": "123456789"}, "password"),
        (ACCOUNT | {"system_id": "x" * 16}, "system_id"),
        (ACCOUNT | {"window": 11}, "window"),
        (ACCOUNT | {"port": 0}, "port"),
    ],
)
def test_a_wrong_key_of_the_provider_is_named(keys: dict[str, object], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        Settings(provider="smpp", providers={"smpp": keys})


def test_a_table_for_a_provider_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="'smp'; there are"):
        Settings(providers={"smp": ACCOUNT})


def test_the_password_is_shown_nowhere() -> None:
    """Seen failing without SecretStr, `repr=False`, `exclude=True` and each `hide_input_in_errors`, one at a time."""
    settings = Settings(provider="smpp", providers={"smpp": ACCOUNT})
    shown = [repr(settings), str(settings), settings.model_dump_json(), repr(settings.settings_of("smpp"))]
    with pytest.raises(ValidationError) as caught:
        Settings(provider="smpp", providers={"smpp": {"port": "x"} | ACCOUNT | {"password": "secret-and-long"}})
    shown += [str(caught.value), repr(caught.value)]
    assert "providers.smpp.port" in shown[-1]
    with pytest.raises(ValidationError) as alone:
        Account.model_validate(ACCOUNT | {"password": "secret-and-long"})
    shown += [str(alone.value), repr(alone.value)]
    assert not [text for text in shown if "secret" in text]


def test_the_list_of_a_sites_mistakes_does_not_show_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "callboard.toml"
    file.write_text('[sms.providers.smpp]\nhost = "127.0.0.1"\nsystem_id = "callboard"\n', encoding="utf-8")
    monkeypatch.setenv("CALLBOARD_SMS__PROVIDERS__SMPP__PASSWORD", "12345678")
    account = load(file, {}).sms.settings_of("smpp")
    assert account.password.get_secret_value() == "12345678"  # type: ignore[attr-defined]
    monkeypatch.setenv("CALLBOARD_SMS__PROVIDERS__SMPP__PASSWORD", "secret-and-long")
    with pytest.raises(ConfigError, match=r"providers\.smpp\.password") as caught:
        load(file, {})
    assert "secret" not in str(caught.value)
