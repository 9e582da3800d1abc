"""The first conversation: greet, offer a known caller the usual places, let others say the place after the tone.

    known    "press 1 to be picked up where we picked you up last" ... up to 3 places; 0 = operator; 3 wrong keys = operator
    others   "say the place after the tone", any key ends
    members  of a segment are greeted with its own sound or sentence where we have it, and come sooner in the queue
    always   ends in the operators' queue; silence, hang-up and errors only shorten the way there

Prompts: welcome, last-place, second-place, third-place, press-1, press-2, press-3, press-0, wrong-key, say-place, tone,
confirmed, recorded, operator.
"""

from __future__ import annotations

from collections.abc import Sequence

from agi.channel import KEYS, Channel
from agi.desk_side import Greeting, Patient, Voice
from agi.sounds import NAME, Spoken

ATTEMPTS = 3
OPERATOR = "0"
HIGHEST_PRIORITY = 10
UNNAMED = ("last-place", "second-place", "third-place")
PLACES_AT_MOST = len(UNNAMED)

Place = tuple[int, str]


async def run(channel: Channel, desk: Patient) -> None:
    """Hold the conversation and leave. Raises when the desk cannot say who calls: then Asterisk keeps the note."""
    greeting = await desk.greeting(channel.seen)
    channel.language = greeting.language
    opening = await _treat(channel, desk, greeting)
    await channel.answer()
    places = greeting.places[:PLACES_AT_MOST]
    if places:
        told = await _offer(channel, desk, greeting.call_id, places, opening)
    else:
        told = await _listen(channel, desk, greeting.call_id, opening)
    await channel.say(told)
    await channel.leave()


async def _treat(channel: Channel, desk: Patient, greeting: Greeting) -> str | Spoken:
    """Let the caller come as soon as his segments say; what he is greeted with."""
    voice = greeting.voice
    opening = _opening(channel, voice)
    priority = max(0, min(voice.priority, HIGHEST_PRIORITY))
    if priority:
        await channel.come_sooner(priority)
    if priority or opening != "welcome":
        heard = opening.text if isinstance(opening, Spoken) else None if opening == "welcome" else opening
        desk.treated(greeting.call_id, priority, heard)
    return opening


def _opening(channel: Channel, voice: Voice) -> str | Spoken:
    # A name that is no name of a sound stands in no segment that the desk has checked; here nothing rests on that.
    if voice.sound and NAME.fullmatch(voice.sound) and channel.can_say(voice.sound):
        return voice.sound
    words = Spoken(voice.said or "")
    return words if voice.said and channel.can_say(words) else "welcome"


async def _offer(
    channel: Channel, desk: Patient, call_id: int | None, places: Sequence[Place], opening: str | Spoken
) -> str:
    """Let the caller choose one of `places`; the prompt that says what happens next."""
    for _ in range(ATTEMPTS):
        # The places' sounds may be made while the caller hears the opening, so they are looked for after it.
        key = await channel.say(opening, keys=KEYS) or await channel.ask(*_menu(channel, places), "press-0")
        if key in ("", OPERATOR):
            return await _to_operator(desk, call_id, "operator" if key else "none")
        if key in [str(number) for number in range(1, len(places) + 1)]:
            place_id, text = places[int(key) - 1]
            stored = await desk.choose(call_id, "place", place_id=place_id, text=text)
            return "confirmed" if stored else "operator"
        opening = "wrong-key"
    return await _to_operator(desk, call_id, "none")


def _menu(channel: Channel, places: Sequence[Place]) -> list[str | Spoken]:
    """Each place in its own words where we have their sound, else by its rank."""
    prompts: list[str | Spoken] = []
    for rank, (_, text) in enumerate(places):
        words = Spoken(text)
        prompts += [words if channel.can_say(words) else UNNAMED[rank], f"press-{rank + 1}"]
    return prompts


async def _listen(channel: Channel, desk: Patient, call_id: int | None, opening: str | Spoken) -> str:
    """Let the caller say a place; the prompt that says what happens next."""
    key = await channel.say(opening, "say-place", keys=OPERATOR)
    if key:
        return await _to_operator(desk, call_id, "operator")
    await channel.say("tone")
    said = await channel.record()
    if said is None:
        return await _to_operator(desk, call_id, "none")
    stored = await desk.choose(call_id, "recording", recording_path=said.name)
    return "recorded" if stored else "operator"


async def _to_operator(desk: Patient, call_id: int | None, kind: str) -> str:
    await desk.choose(call_id, kind)
    return "operator"
