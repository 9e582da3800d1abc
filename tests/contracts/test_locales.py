"""Every language says everything that English says, with the same values; and the catalog fills and fails as it promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from locales import catalog
from locales.catalog import Catalog, MissingValue, MixedForms, NoSuchText, placeholders
from locales.josa import particle
from models.order import PAYMENTS

LANGUAGES = catalog.tags()
# What a text of the desk may contain is known: a text with another placeholder would fail at night, on a live call.
ENGLISH = Catalog.load("en")


def test_korean_and_english_are_there() -> None:
    assert {"en", "ko"} <= set(LANGUAGES)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_language_has_the_keys_of_english(tag: str) -> None:
    assert Catalog.load(tag).keys() == ENGLISH.keys()


def faults(templates: dict[str, str], english: dict[str, str]) -> list[str]:
    """What is wrong with a text in a language."""
    found = []
    if "other" not in templates:
        found.append("no plural form `other`")
    if not all(text.strip() for text in templates.values()):
        found.append("empty")
    if values_of(templates) != values_of(english):
        found.append(f"takes {values_of(templates)}, and in English {values_of(english)}")
    if any("{" in catalog._PLACE.sub("", text) for text in templates.values()):
        found.append("a brace that fills nothing")
    return found


def values_of(templates: dict[str, str]) -> set[str]:
    return set().union(*(placeholders(text) for text in templates.values()))


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_text_takes_the_values_of_the_english_one_and_is_not_empty(tag: str) -> None:
    """Seen failing with a value of a Korean text left out, with an empty one, and with a brace that fills nothing."""
    told = Catalog.load(tag)
    keys = ENGLISH.keys()
    wrong = {key: found for key in keys if (found := faults(told.templates(key), ENGLISH.templates(key)))}
    assert len(keys) > 1000
    assert wrong == {}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_notice_fits_one_korean_sms(tag: str) -> None:
    """Seen failing with three more words in one notice."""
    told = Catalog.load(tag)
    values = {
        "driver_name": "남궁민수",
        "driver_number": "1234",
        "driver_phone": "010-1234-5678",
        "customer_number": "010-1234-5678",
        "origin": "강남역 10번",
        "destination": "판교역",
        "fare": "25,000원",
        "fixed": told.text("sms.fare.in_it", fare="25,000원", stops="", waiting=""),
        "way": "강남역 10번→판교역",
        "stops": "",
        "pay": max((told.text(f"sms.pay.{kind}") for kind in PAYMENTS), key=len),
        "brief": max((told.text(f"sms.pay_brief.{kind}") for kind in PAYMENTS), key=len),
        "before": "20,000원",
        "waiting": "",
        "free": "10",
        "step": "1,000원",
        "time": "11/23 01:30",
        "link": "https://desk.example.com/driver#1234567890123456789012",
        "minutes": "10",
        "code": "1234",
        "state": told.text("panel.order.state.on_the_way"),
        "next": ", ".join(told.text(f"sms.word.{meaning}") for meaning in ("arrived", "leaving")),
        "fee": "2,500원",
        "paper": max((told.text(f"drivers.paper.{paper}") for paper in ("licence", "insurance")), key=len),
        "until": "2026-12-31",
        "count": 30,
        "amount": "1,250,000원",
        "grade": "A",
        "has": "-1,250,000원",
    }
    # A rule of waiting and stops beside a fare may make it longer: that is paid for, and written whole (tests of fares).
    notices = [key for key in sorted(ENGLISH.keys()) if key.startswith("sms.")]
    sizes = {key: len(told.text(key, **values).encode("cp949")) for key in notices}
    assert len(sizes) > 20
    assert {key: size for key, size in sizes.items() if size > 80} == {}


def made(**tables: object) -> Catalog:
    english = Catalog("en", {"t": {"only": "English", "n": {"one": "{count} call", "other": "{count} calls"}}}, None)
    return Catalog("ko", {"t": tables}, english)


def test_what_a_language_lacks_is_said_in_english() -> None:
    assert made().text("t.only") == "English"
    assert Catalog.load("xx").tag == "en"
    assert Catalog.load("ko-KR").tag == "ko"


def test_a_key_that_nobody_has_is_named() -> None:
    with pytest.raises(NoSuchText, match=r"t\.nothing"):
        made().text("t.nothing")
    with pytest.raises(NoSuchText):
        made().text("t")


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(MissingValue, match=r"t\.hello.*\{name\}"):
        made(hello="안녕 {name}").text("t.hello", nam="x")
    with pytest.raises(MissingValue, match="count"):
        made().text("t.n")


def test_plural_forms_follow_the_language() -> None:
    english = Catalog("en", {"t": {"n": {"one": "{count} call", "other": "{count} calls"}}}, None)
    assert [english.text("t.n", count=n) for n in (0, 1, 2)] == ["0 calls", "1 call", "2 calls"]
    assert made(n={"other": "{count}통"}).text("t.n", count=1) == "1통"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            {"reason": {"break": "휴식", "other": "기타"}},
            r"ko/x\.toml: the table \[reason\] .*`other`.*`break`.*another name",
        ),
        ({"a": {"title": {"one": "하나", "list": "목록"}}}, r"\[a\.title\] .*`one`.*`list`"),
        ({"n": {"one": "{count} call"}}, r"\[n\] lack `other`"),
    ],
)
def test_a_table_that_mixes_plural_forms_with_other_texts_is_not_loaded(table: dict[str, Any], said: str) -> None:
    """Seen failing without the look at the tables: all of them but `other` are no keys any more, and no test sees them."""
    with pytest.raises(MixedForms, match=said):
        catalog.refuse_mixed("ko/x.toml", table)
    catalog.refuse_mixed("ko/x.toml", {"n": {"one": "{count} call", "other": "{count} calls"}, "a": {"text": "x"}})


def test_what_is_loaded_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing without the call where a language is read."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en/x.toml").write_text('[kind]\nlicence = "Licence"\nother = "Other"\n', "utf-8")
    monkeypatch.setattr(catalog, "_HERE", tmp_path)
    with pytest.raises(MixedForms):
        catalog._load.__wrapped__("en")


def test_a_value_is_never_read_as_a_template() -> None:
    assert made(hello="{name}").text("t.hello", name="{count} {name.__class__} %s") == "{count} {name.__class__} %s"


def test_a_prompt_has_a_text_and_may_name_a_sound() -> None:
    prompts = made(hi={"text": "안녕", "audio": "hi.wav"}, bye={"text": "잘 가"})
    assert (prompts.text("t.hi"), prompts.audio("t.hi"), prompts.audio("t.bye")) == ("안녕", "hi.wav", None)
    assert prompts.keys() == ["t.bye", "t.hi"]


@pytest.mark.parametrize(
    ("word", "forms", "right"),
    [
        ("강남역", "을/를", "을"),
        ("판교", "을/를", "를"),
        ("서울", "으로/로", "로"),
        ("부산", "으로/로", "으로"),
        ("대구", "으로/로", "로"),
        ("117", "이/가", "이"),
        ("42", "이/가", "가"),
        ("3", "은/는", "은"),
        ("LH", "을/를", "를"),
        ("KIM", "이/가", "이"),
        ("강남역(2호선)", "을/를", "을"),
        ("", "을/를", "를"),
    ],
)
def test_a_particle_fits_its_word(word: str, forms: str, right: str) -> None:
    consonant, vowel = forms.split("/")
    assert particle(word, consonant, vowel) == right
    assert made(t="{word|" + forms + "} ").text("t.t", word=word) == f"{word}{right} "
