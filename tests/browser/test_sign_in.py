"""The log-in page, and leaving."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Console, OpenConsole

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("language", "sentence"), [("ko", "비밀번호가 맞지 않습니다"), ("en", "password is not right")]
)
async def test_a_wrong_password_is_told_in_words_and_the_name_stays(
    sit_down: OpenConsole, language: str, sentence: str
) -> None:
    console = await sit_down()
    await console.page.context.clear_cookies()
    await console.page.goto(f"{console.house.base}/login?lang={language}")
    await console.page.fill("[name=user]", "op")
    await console.page.fill("[name=password]", "wrong")
    await console.press("Enter")
    await console.sees("[role=alert]", sentence)
    assert await console.page.input_value("[name=user]") == "op"
    assert await console.focused() == "password"
    console.unharmed()


async def test_leaving_forgets_what_was_typed(console: Console) -> None:
    await console.press("n")
    await console.page.keyboard.type("01055501234")
    await console.until("sessionStorage.getItem('callboard.drafts')?.includes('5550')")
    await console.page.click("status-bar .tool:last-child")
    await console.page.wait_for_url("**/login*")
    assert await console.page.evaluate("Object.keys(sessionStorage).map((key) => sessionStorage[key]).join()") in (
        "",
        "[]",
    )
