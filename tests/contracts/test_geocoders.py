"""What every file in geocoders/providers must do, whatever its network answers: told in the shapes of each one's documentation.

The network is a stand-in: an HTTP server of our own on this machine. A new provider adds one `Spoken` here; without, no pass.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from aiohttp import web
from pydantic import ValidationError

import geocoders.providers
from desk import plugins
from geocoders.asking import FAILURES, MOST_BYTES, REST_OF_BAD_KEY_S, REST_S, Geocoders
from geocoders.settings import Settings

KEY = "not-to-be-seen-anywhere"
TYPED = "강남역 10번 출구"


@dataclass
class Spoken:
    """How one provider speaks: its settings, where it is asked, an answer with one place, an empty one, and a refused key."""

    settings: dict[str, Any]
    path: str
    query: str
    one: Any
    empty: Any
    several: Any
    bad_key: tuple[int, Any] | None


def _kakao(*names: str) -> Any:
    documents = [
        {"place_name": name, "address_name": "서울 강남구 역삼동 858", "road_address_name": "서울 강남구 강남대로 396",
         "x": "127.02761", "y": "37.49794", "id": "21160"} for name in names
    ]  # fmt: skip
    return {"documents": documents, "meta": {"is_end": True, "total_count": len(names)}}


def _naver(*names: str) -> Any:
    house = [{"types": ["BUILDING_NUMBER"], "longName": "396", "shortName": "", "code": ""}]
    addresses = [
        {"roadAddress": name, "jibunAddress": "서울특별시 강남구 역삼동 858", "x": "127.02761", "y": "37.49794",
         "addressElements": house, "distance": 0.0} for name in names
    ]  # fmt: skip
    return {"status": "OK", "meta": {"totalCount": len(names)}, "addresses": addresses, "errorMessage": ""}


def _vworld(*names: str) -> Any:
    items = [
        {"id": "1", "title": name, "address": {"road": "서울 강남구 강남대로 396", "parcel": "역삼동 858"},
         "point": {"x": "127.02761", "y": "37.49794"}} for name in names
    ]  # fmt: skip
    return {"response": {"status": "OK", "result": {"crs": "EPSG:4326", "items": items}}}


def _nominatim(*names: str) -> Any:
    return [
        {"place_id": 1, "lat": "37.49794", "lon": "127.02761", "name": name, "display_name": f"{name}, 역삼동, 서울",
         "boundingbox": ["37.4979", "37.4980", "127.0275", "127.0277"]} for name in names
    ]  # fmt: skip


REFUSED = (401, {"errorType": "AccessDeniedError", "message": "wrong appKey"})
SPOKEN = {
    "kakao": Spoken(
        {"key": KEY}, "/v2/local/search/keyword.json", "query", _kakao("강남역"), _kakao(), _kakao("가", "나", "다"), REFUSED,
    ),
    "naver": Spoken(
        {"key_id": "id", "key": KEY}, "/map-geocode/v2/geocode", "query",
        _naver("강남대로 396"), _naver(), _naver("가", "나", "다"),
        (401, {"error": {"errorCode": "200", "message": "Authentication Failed"}}),
    ),
    "vworld": Spoken(
        {"key": KEY}, "/req/search", "query", _vworld("강남역"), {"response": {"status": "NOT_FOUND"}}, _vworld("가", "나", "다"),
        (200, {"response": {"status": "ERROR", "error": {"code": "INVALID_KEY", "text": "등록되지 않은 인증키입니다."}}}),
    ),
    "nominatim": Spoken({}, "/search", "q", _nominatim("강남역"), [], _nominatim("가", "나", "다"), (403, {})),
}  # fmt: skip


@dataclass
class StandIn:
    """The network: answers as it is told, and counts."""

    base: str = ""
    status: int = 200
    body: bytes = b"{}"
    wait_s: float = 0.0
    asked: list[web.Request] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        await asyncio.sleep(self.wait_s)
        headers = {"Location": f"{self.base}/elsewhere"} if self.status == 302 else {}
        return web.Response(status=self.status, body=self.body, headers=headers, content_type="application/json")


@pytest.fixture
async def network() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", stand_in.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stand_in.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stand_in
    await runner.cleanup()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def asking(name: str, network: StandIn, clock: Clock | None = None, timeout_s: float = 1.5, **more: Any) -> Geocoders:
    table = {**SPOKEN[name].settings, "url": network.base, **more}
    return Geocoders(Settings(use=(name,), timeout_s=timeout_s, providers={name: table}), clock or Clock())


def test_every_provider_has_a_recorded_shape() -> None:
    assert set(plugins.names(geocoders.providers)) == set(SPOKEN)


every = pytest.mark.parametrize("name", SPOKEN)


@every
async def test_it_asks_as_documented_and_reads_what_comes(name: str, network: StandIn) -> None:
    network.body = json.dumps(SPOKEN[name].one).encode()
    (found,) = await asking(name, network).find(f" {TYPED}\u202e")
    (asked,) = network.asked
    assert (asked.path, asked.query[SPOKEN[name].query]) == (SPOKEN[name].path, TYPED)
    assert (found.lat, found.lon, found.source, found.accuracy_m) == (37.49794, 127.02761, name, 100)
    assert found.text in ("강남역", "강남대로 396")
    assert found.district
    for body, count in ((SPOKEN[name].empty, 0), (SPOKEN[name].several, 3)):
        network.body = json.dumps(body).encode()
        assert len(await asking(name, network).find(TYPED)) == count


@every
async def test_a_refused_key_is_left_alone_for_long_and_never_told(name: str, network: StandIn) -> None:
    assert SPOKEN[name].bad_key is not None
    network.status, body = SPOKEN[name].bad_key
    network.body = json.dumps(body).encode()
    clock = Clock()
    asker = asking(name, network, clock)
    with structlog.testing.capture_logs() as logged:
        assert await asker.find(TYPED) == ()
    assert [line["why"] for line in logged] == ["bad_key"]
    assert KEY not in str(logged)
    assert "강남" not in str(logged)
    clock.now = REST_OF_BAD_KEY_S - 1
    await asker.find(TYPED)
    assert len(network.asked) == 1
    clock.now = REST_OF_BAD_KEY_S + 1
    await asker.find(TYPED)
    assert len(network.asked) == 2


@every
async def test_asked_too_often_it_rests(name: str, network: StandIn) -> None:
    network.status, clock = 429, Clock()
    asker = asking(name, network, clock)
    assert await asker.find(TYPED) == ()
    clock.now = REST_S - 1
    assert await asker.find(TYPED) == ()
    assert len(network.asked) == 1


SENSELESS = (
    b"", b"<html>", b"\xff\xfe", b"null", b"1", b'"x"', b"[1, null]", b"{}", b"[" * 50_000, b'{"a":' * 50_000,
    b'{"documents": {}, "addresses": 7, "status": "OK", "response": {"status": "OK", "result": []}}',
    b'{"status": "OK", "response": []}', b" " * (MOST_BYTES + 1),
)  # fmt: skip


@every
async def test_a_senseless_answer_is_no_answer_and_after_a_few_it_rests(name: str, network: StandIn) -> None:
    endless = json.dumps(SPOKEN[name].one).encode() + b" " * MOST_BYTES
    for body in (*SENSELESS, endless):
        network.body = body
        assert await asking(name, network).find(TYPED) == (), body[:40]
    clock, asker = Clock(), None
    network.asked.clear()
    network.body = b"<html>"
    asker = asking(name, network, clock)
    for _ in range(FAILURES + 5):
        clock.now += 2
        assert await asker.find(TYPED) == ()
    assert len(network.asked) == FAILURES


@every
@pytest.mark.parametrize("wrong", [None, True, [], {}, "", "x", "1e999", "NaN", 1e400, 200, -91, 0, "0", 10**400])
async def test_a_place_without_a_usable_point_is_left_out(name: str, network: StandIn, wrong: Any) -> None:
    told = json.dumps(SPOKEN[name].one).replace('"37.49794"', json.dumps(wrong))
    network.body = told.encode()
    assert await asking(name, network).find(TYPED) == ()


@every
async def test_who_does_not_answer_in_time_is_not_waited_for(name: str, network: StandIn) -> None:
    network.wait_s, network.body = 5.0, json.dumps(SPOKEN[name].one).encode()
    async with asyncio.timeout(3):
        assert await asking(name, network, timeout_s=0.05).find(TYPED) == ()


@every
@pytest.mark.parametrize("status", [302, 404, 500, 503])
async def test_our_key_follows_no_redirect_and_an_error_is_no_answer(name: str, network: StandIn, status: int) -> None:
    network.status, network.body = status, json.dumps(SPOKEN[name].one).encode()
    assert await asking(name, network).find(TYPED) == ()
    assert [asked.path for asked in network.asked] == [SPOKEN[name].path]


async def test_an_area_is_as_wide_as_it_is_and_what_names_no_house_is_never_sure(network: StandIn) -> None:
    for text, at_least in (("서울특별시 서초구 서초동", 1_570), ("강남대로", 2_000)):
        body = _naver(text)
        body["addresses"][0]["addressElements"] = [{"types": ["SIDO"], "longName": "서울특별시"}]
        network.body = json.dumps(body).encode()
        (found,) = await asking("naver", network).find(TYPED)
        assert found.accuracy_m >= at_least


async def test_it_is_asked_no_faster_than_it_allows_and_keeps_only_what_may_be_kept(network: StandIn) -> None:
    clock = Clock()
    network.body = json.dumps(SPOKEN["nominatim"].one).encode()
    asker = asking("nominatim", network, clock, cache_s=60)
    assert len(await asker.find("강남역")) == 1
    assert await asker.find("판교역") == ()  # within the same second
    assert len(await asker.find("강남역")) == 1  # kept
    assert len(network.asked) == 1
    clock.now = 61
    assert len(await asker.find("강남역")) == 1
    assert len(network.asked) == 2


async def test_several_are_asked_at_once_and_one_that_is_down_harms_nobody(network: StandIn) -> None:
    network.body = json.dumps(_kakao("강남역")).encode()
    tables = {"kakao": {"key": KEY, "url": network.base}, "vworld": {"key": KEY, "url": "http://127.0.0.1:9"}}
    asker = Geocoders(Settings(use=("vworld", "kakao"), providers=tables))
    assert asker.names == ("vworld", "kakao")
    assert [found.source for found in await asker.find(TYPED)] == ["kakao"]
    assert await Geocoders(Settings()).find(TYPED) == ()
    assert await asker.find("강") == ()


@pytest.mark.parametrize(
    "table",
    [
        {"use": ["kakao"]},
        {"use": ["nobody"]},
        {"providers": {"kakao": {"key": KEY, "colour": "red"}}},
        {"use": ["nominatim"], "providers": {"nominatim": {"url": "https://nominatim.openstreetmap.org"}}},
        {"timeout_s": 2},
        {"use": ["kakao"], "providers": {"kakao": {"key_file": "/there/is/no/such/file"}}},
    ],
)
def test_a_wrong_setting_is_found_at_the_start_and_the_key_is_in_no_message(table: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**table)
    assert KEY not in str(refused.value)


def test_a_key_may_stand_in_a_file_and_is_in_no_print_out(tmp_path: Any) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    settings = Settings(use=("kakao",), providers={"kakao": {"key_file": str(tmp_path / "key")}})
    own = settings.settings_of("kakao")
    assert own.key.get_secret_value() == KEY  # type: ignore[attr-defined]
    assert KEY not in repr(settings) + repr(own) + settings.model_dump_json()
