"""Asking the configured geocoders: in time or not at all, never more often than each allows, and never one that is down.

Answers are bounded in size and read as a stranger's. What goes wrong is logged by the provider's name and a word, never with the
address or the headers, which hold the key, nor with what was typed, which is where somebody lives.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from types import ModuleType

import aiohttp
import structlog

import geocoders.providers
from desk import plugins
from desk.place.geocoding import Found
from desk.text import plain
from geocoders.reading import BadKey, NotUnderstood
from geocoders.settings import ProviderSettings, Settings

MOST_BYTES = 256 * 1024
LONGEST = 100
SHORTEST = 2
FAILURES = 3
"""So many in a row, and the provider is left alone for a while."""
REST_S = 30.0
REST_OF_BAD_KEY_S = 300.0
CACHED = 500

log = structlog.get_logger(__name__)


class Provider:
    """One provider with its pace, its rest after failures, and what it answered lately where its terms allow keeping it."""

    def __init__(self, name: str, settings: ProviderSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._settings = settings
        self._module: ModuleType = plugins.load(geocoders.providers, name)
        self._clock = clock
        self._failures = 0
        self._rests_until = self._next_at = float("-inf")
        self._kept: OrderedDict[str, tuple[float, tuple[Found, ...]]] = OrderedDict()

    async def find(self, http: aiohttp.ClientSession, typed: str, timeout_s: float) -> tuple[Found, ...]:
        """Its places; nothing while it rests, where it was asked too often, or where it does not answer as it should."""
        now = self._clock()
        if (kept := self._kept.get(typed)) is not None and kept[0] > now:
            return kept[1]
        if now < self._rests_until or now < self._next_at:
            return ()
        self._next_at = now + 1 / self._settings.per_second
        try:
            async with asyncio.timeout(timeout_s):
                raw = await self._ask(http, typed)
            # In a thread: a long answer, and the first look into the gazetteer, hold nobody up.
            found = tuple(await asyncio.to_thread(self._read, raw)) if raw is not None else ()
        except BadKey:
            self._rest("bad_key", REST_OF_BAD_KEY_S)
            return ()
        except (TimeoutError, aiohttp.ClientError, OSError):
            self._failed("no_answer")
            return ()
        except (NotUnderstood, ValueError, RecursionError):
            self._failed("not_understood")
            return ()
        if raw is not None:
            self._failures = 0
            self._keep(typed, found)
        return found

    async def _ask(self, http: aiohttp.ClientSession, typed: str) -> bytes | None:
        asked = self._module.request(self._settings, typed)
        # Elsewhere our key has no business: no redirect is followed.
        async with http.get(asked.url, params=asked.params, headers=asked.headers, allow_redirects=False) as answer:
            if answer.status in (401, 403):
                raise BadKey
            if answer.status == 429:
                self._rest("too_often", REST_S)
                return None
            if answer.status != 200:
                raise NotUnderstood(f"status {answer.status}")
            return await _bounded(answer)

    def _read(self, raw: bytes) -> list[Found]:
        places = self._module.read(self._settings, json.loads(raw))
        return [each for each in places if each is not None]

    def _keep(self, typed: str, found: tuple[Found, ...]) -> None:
        if not self._settings.cache_s:
            return
        self._kept[typed] = (self._clock() + self._settings.cache_s, found)
        while len(self._kept) > CACHED:
            self._kept.popitem(last=False)

    def _failed(self, why: str) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            self._rest(why, REST_S)

    def _rest(self, why: str, seconds: float) -> None:
        self._failures = 0
        self._rests_until = self._clock() + seconds
        log.warning("a geocoder is left alone for a while", geocoder=self.name, why=why, seconds=seconds)


class Geocoders:
    """All configured providers, asked at once; see desk.geocoding.Geocoder."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeout_s = settings.timeout_s
        self._providers = tuple(
            Provider(name, settings.settings_of(name), clock) for name in dict.fromkeys(settings.use)
        )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self._providers)

    async def find(self, typed: str) -> Sequence[Found]:
        """The places of all of them, the first provider's first. The same place of two stands once."""
        asked = plain(typed, LONGEST)
        if len(asked) < SHORTEST or not self._providers:
            return ()
        async with aiohttp.ClientSession(trust_env=True) as http:
            answers = await asyncio.gather(*(each.find(http, asked, self._timeout_s) for each in self._providers))
        found: dict[tuple[str, float, float], Found] = {}
        for each in itertools.chain(*answers):
            found.setdefault((each.text, round(each.lat, 3), round(each.lon, 3)), each)
        return tuple(found.values())


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for piece in answer.content.iter_chunked(16 * 1024):
        raw += piece
        if len(raw) > MOST_BYTES:
            raise NotUnderstood("the answer is too long")
    return bytes(raw)
