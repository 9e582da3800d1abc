"""What a text means: an answer only where nothing else stands in it."""

from __future__ import annotations

import pytest

from desk.texts.replies import Reading, read


@pytest.mark.parametrize(
    ("text", "meaning", "code"),
    [
        ("수락 12", "accept", "12"),
        ("수락12", "accept", "12"),
        ("12 수락", "accept", "12"),
        ("수락. 12번", "accept", "12"),
        ("[Web발신]\n수락12", "accept", "12"),
        ("[Web 발신] 수락 12", "accept", "12"),
        ("１２ 수락", "accept", "12"),
        ("12", "accept", "12"),
        ("4711", "accept", "4711"),
        ("네", "accept", None),
        ("ㅇㅇ", "accept", None),
        ("1", "accept", None),
        ("OK 12", "accept", "12"),
        ("  Yes!! ", "accept", None),
        ("수락 12번 콜", "accept", "12"),
        ("거절 12", "decline", "12"),
        ("12거절", "decline", "12"),
        ("2", "decline", None),
        ("ㄴㄴ", "decline", None),
        ("No 12", "decline", "12"),
        ("수신거부", "opt_out", None),
        ("무료 수신 거부", "opt_out", None),
        ("STOP", "opt_out", None),
        ("Stop all", "opt_out", None),
        ("운전중이라 답장할 수 없습니다", "automatic", None),
        ("[자동응답] 회의 중입니다", "automatic", None),
        ("부재중입니다", "automatic", None),
        ("I'm driving, will reply later", "automatic", None),
        ("Auto-reply: out of office", "automatic", None),
        ("", "other", None),
        ("네, 그런데 얼마예요?", "other", None),
        ("수락 12 13", "other", None),
        ("네?", "other", None),
        ("1; drop table", "other", None),
        ("1'--", "other", None),
        ("수락 거절", "other", None),
        ("취소", "other", None),
        ("0", "other", None),
        ("012", "other", None),
        ("12345", "other", None),
        ("수락 12345", "other", None),
        ("도착 12", "other", None),
        ("출근", "on_duty", None),
        ("[Web발신] 퇴근합니다.", "off_duty", None),
        ("On duty", "on_duty", None),
        ("도착했습니다", "arrived", None),
        ("출발!", "leaving", None),
        ("운행 완료", "done", None),
        ("출근?", "other", None),
        ("출근 못합니다", "other", None),
        ("도착 완료", "other", None),
        ("수신거부 하지 않음", "other", None),
        ("010-1234-5678", "other", None),
        ("١٢", "other", None),
        ("거" + "절" * 400, "other", None),
        ("please stop calling", "other", None),
    ],
)
def test_a_text_is_an_answer_only_where_nothing_else_stands_in_it(text: str, meaning: str, code: str | None) -> None:
    """Seen failing with a word looked for anywhere in the text, and with full-width digits left as they are."""
    assert read(text) == Reading(meaning, code)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("완료 25000", 25_000),
        ("완료25,000원", 25_000),
        ("[Web발신] 운행 완료. 5000 원!", 5_000),
        ("완료했습니다 １２,０００원", 12_000),
        ("done 1,250,000", 1_250_000),
        ("Completed 15000 won", 15_000),
    ],
)
def test_with_done_a_driver_says_what_an_open_fare_was(text: str, amount: int) -> None:
    assert read(text) == Reading("done", amount=amount)


@pytest.mark.parametrize(
    "text",
    [
        "완료 5000",
        "완료 12",
        "도착 25000",
        "완료 25,00",
        "완료 25000 15000",
        "완료 -25000",
        "완료 25000?",
        "완료 ٢٥٠٠٠",
        "25000 완료",
    ],
)
def test_what_could_be_a_code_or_something_else_is_no_fare(text: str) -> None:
    """Seen failing with four figures taken, and with any script's figures."""
    assert read(text).amount is None
    assert read(text).meaning == "other"
