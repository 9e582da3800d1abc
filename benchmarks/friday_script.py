"""What the callers of a Friday night want and when they call: drawn from a seed before it begins, the same for the same seed.

A caller is known by his number, and says what he wants when somebody answers him: the people of the night look it up here.
"""

from __future__ import annotations

import random
import unicodedata
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from desk.demo.places import DISTRICTS

HOURS = (0.8, 1.0, 1.15, 1.25, 1.2, 1.05, 0.85, 0.7)
"""How much busier or quieter than the whole each eighth of the night is."""
ORDER, ELSEWHERE, BOOK, WHERE, CANCEL, MENU, QUEUE = (
    "order",  # the usual trip, or where he has none, any
    "elsewhere",  # he is known and wants to go where he never went
    "book",  # for later
    "where",  # he has ordered and asks for his driver
    "cancel",  # he has ordered and does not want it any more
    "menu",  # he hangs up in the voice menu
    "queue",  # he hangs up while it rings
)
WANTS = {ORDER: 66, ELSEWHERE: 10, BOOK: 5, WHERE: 5, CANCEL: 4, MENU: 6, QUEUE: 4}
"""Of a hundred callers."""
TALKS = (ORDER, ELSEWHERE, BOOK, WHERE, CANCEL)
KNOWN = 0.7
WITHHELD_ONE_IN = 50
NOBODY_COMES_ONE_IN = 60
NO_SHOW_TAKES_S = 720.0
"""A driver waits ten minutes for who does not come, and no clock of callboard's runs faster here."""
AGAIN_AFTER_S = (20.0, 70.0)
"""Who asks for his driver, or cancels, has called so long before."""
# Strokes on a Korean keyboard: a syllable's parts, of which some vowels and finals take two.
_TWO_STROKES = frozenset("ᅪᅫᅬᅯᅰᅱᅴᆪᆬᆭᆰᆱᆲᆳᆴᆵᆶᆹ")
SHORT_LETTERS = 6


@dataclass(frozen=True, slots=True)
class Caller:
    """One call. `number` as he dials from it; with `withheld` it is not shown, and he says it when he is asked."""

    at: float
    number: str
    wants: str
    withheld: bool = False


@dataclass
class Script:
    """The night's callers in order, what each number wants next, and whose driver will wait in vain."""

    callers: list[Caller]
    nobody_comes: frozenset[str]
    _next: dict[str, deque[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for caller in self.callers:
            self._next.setdefault(caller.number, deque()).append(caller.wants)

    def wanted_by(self, number: str) -> str:
        """What who calls from there wants this time; each call is asked once. A trip, where nobody knows him."""
        wishes = self._next.get(number)
        while wishes and (wants := wishes.popleft()):
            if wants in TALKS:
                return wants
        return ORDER

    def kinds(self) -> Counter[str]:
        """How many want what."""
        return Counter(caller.wants for caller in self.callers)


def write(count: int, seconds: float, known: Sequence[str], seed: int) -> Script:
    """The callers of a night of `seconds` (of the clock, not of the night). `known` are numbers of customers."""
    chance = random.Random(seed)
    regulars = deque(chance.sample(list(known), len(known)))
    ordered: deque[Caller] = deque()
    callers, nobody = [], set()
    for at in _moments(count, seconds, chance):
        wants = chance.choices(list(WANTS), list(WANTS.values()))[0]
        earlier = _who_waits(ordered, at) if wants in (WHERE, CANCEL) else None
        if wants in (WHERE, CANCEL) and earlier is None:
            wants = ORDER
        if earlier is not None:
            callers.append(Caller(at, earlier.number, wants))
            continue
        is_known = wants == ELSEWHERE or chance.random() < KNOWN
        number = regulars.popleft() if is_known and regulars else f"010{chance.randrange(20_000_000, 10**8)}"
        withheld = wants == ORDER and not is_known and chance.randrange(WITHHELD_ONE_IN * 3 // 10) == 0
        callers.append(Caller(at, number, wants, withheld))
        if wants in (ORDER, ELSEWHERE) and not withheld:
            if chance.randrange(NOBODY_COMES_ONE_IN) == 0 and at + NO_SHOW_TAKES_S < seconds:
                nobody.add(number)
            else:
                ordered.append(callers[-1])
    return Script(callers, frozenset(nobody))


def _moments(count: int, seconds: float, chance: random.Random) -> list[float]:
    part = seconds / len(HOURS)
    hours = chance.choices(range(len(HOURS)), HOURS, k=count)
    return sorted(part * (hour + chance.random()) for hour in hours)


def _who_waits(ordered: deque[Caller], at: float) -> Caller | None:
    """The first who ordered long enough ago to ask, and not so long that he has driven home."""
    soonest, latest = AGAIN_AFTER_S
    while ordered and ordered[0].at < at - latest:
        ordered.popleft()
    return ordered.popleft() if ordered and ordered[0].at < at - soonest else None


def strokes(text: str) -> int:
    """How many keys a Korean keyboard takes for it."""
    return sum(2 if part in _TWO_STROKES else 1 for part in unicodedata.normalize("NFD", text))


STATIONS = tuple(f"{name}역" for name, *_ in DISTRICTS if name not in ("종로", "을지로", "미아", "일산", "하남"))
SHORT = tuple(name for name, *_ in DISTRICTS if strokes(name) <= SHORT_LETTERS)
"""Where one may want to go in few letters."""
