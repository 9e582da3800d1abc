"""What happens at the desk while somebody sits at the console: calls, customers with a past, and phones that are picked up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from sqlalchemy import select

from callboard.phones import NoExtension
from desk.call import call_life, caller_choice, calls
from desk.call.calls import Target
from desk.errors import Conflict
from desk.events import CallDialled, CallIdentified, CallSeen
from desk.work import Desk
from models import Call, Customer, CustomerPhone, Order, Place
from tests.site import GANGNAM, Site
from web.keys import Person

DID = "15880001"


@dataclass(frozen=True, slots=True)
class Trip:
    """A way that a customer has gone `count` times."""

    origin: str
    destination: str
    fare: int
    count: int = 1


USUAL = (
    Trip("강남역 10번 출구", "판교역", 25_000, 9),
    Trip("역삼동", "판교역", 23_000, 2),
    Trip("여의도", "서초동", 28_000, 1),
)


class DeskPhone:
    """The operator's phone as the panel reaches it. In production the PBX moves the call; what it tells of that is the same."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.broken = False
        self.rings: int | None = None
        self.placed = count(1)

    async def next(self, operator: Person) -> int | None:
        return self.rings

    async def answer(self, call_id: int, operator: Person) -> None:
        if self.broken:
            raise Conflict("somebody else has the call")
        async with self.desk.work() as work:
            call = await work.session.get_one(Call, call_id)
            await call_life.answered(work, call.linkedid or "", operator.extension or "")

    async def hangup(self, call_id: int, operator: Person) -> None:
        async with self.desk.work() as work:
            call = await work.session.get_one(Call, call_id)
            await call_life.gone(work, call.linkedid or "", "16")

    async def dial(self, target: Target, operator: Person) -> None:
        """The operator's phone has picked up: the number is dialled, and rings."""
        if operator.extension is None:
            raise NoExtension("you have no extension, so no phone of yours can be rung")
        async with self.desk.work() as work:
            dial = await calls.dial_of(work.session, operator.office_id, target)
            linkedid = f"callboard-dial-{next(self.placed)}"
            placed = CallDialled(work.now, linkedid, dial.line, dial.digits, operator.extension)
            await calls.place_call(work, placed)
            await call_life.rang(work, linkedid, operator.extension)


@dataclass
class Scene:
    """The world outside the console."""

    desk: Desk
    site: Site
    phone: DeskPhone
    _calls: int = 0

    async def customer(
        self,
        number: str = "+821012345678",
        name: str = "김철수",
        grade: str | None = "VIP",
        note: str | None = "트렁크에 자전거",
        trips: tuple[Trip, ...] = USUAL,
    ) -> int:
        """Somebody known, with finished orders behind him."""
        async with self.desk.work() as work:
            total = sum(trip.count for trip in trips)
            customer = Customer(
                office_id=self.site.office_id,
                name=name,
                grade=grade,
                note=note,
                trips=total,
                cancels=0,
                last_trip_at=work.now - timedelta(days=4),
                created_at=work.now - timedelta(days=400),
            )
            work.session.add(customer)
            await work.session.flush()
            work.session.add(CustomerPhone(office_id=self.site.office_id, customer_id=customer.id, number=number))
            for text in dict.fromkeys(end for trip in trips for end in (trip.origin, trip.destination)):
                work.session.add(
                    Place(
                        customer_id=customer.id,
                        text=text,
                        lat=GANGNAM[0],
                        lon=GANGNAM[1],
                        accuracy_m=15,
                        source="saved",
                        uses=1,
                        last_used_at=work.now - timedelta(days=4),
                    )
                )
            for trip in reversed(trips):
                work.session.add_all(self._past(customer.id, number, trip, day) for day in range(trip.count))
            return customer.id

    def _past(self, customer_id: int, number: str, trip: Trip, day: int) -> Order:
        taken = self.desk.clock() - timedelta(days=5 + day)
        return Order(
            office_id=self.site.office_id,
            trade="proxy",
            state="completed",
            customer_id=customer_id,
            number=number,
            origin_text=trip.origin,
            origin_lat=GANGNAM[0],
            origin_lon=GANGNAM[1],
            origin_accuracy_m=15,
            origin_source="saved",
            destination_text=trip.destination,
            destination_source="saved",
            fare=trip.fare,
            currency="KRW",
            taken_at=taken,
            closed_at=taken + timedelta(minutes=50),
        )

    async def ring(
        self,
        number: str | None = "01012345678",
        name: str | None = None,
        presentation: str = "allowed",
        extension: str | None = "1001",
        source: str = "pbx",
    ) -> int:
        """A call comes in, and (unless `extension` is None) an operator's phone rings for it."""
        self._calls += 1
        linkedid = f"cb1-{self._calls}.1"
        async with self.desk.work() as work:
            seen = CallSeen(work.now, source, linkedid, DID, number, name, presentation, linkedid=linkedid)
            call_id = (await calls.open_call(work, seen)).id
        if extension is not None:
            async with self.desk.work() as work:
                await call_life.rang(work, linkedid, extension)
        return call_id

    async def find_customer(self, call_id: int, customer_id: int) -> None:
        """The desk finds out, a little late, who calls."""
        async with self.desk.work() as work:
            (await work.session.get_one(Call, call_id)).customer_id = customer_id
            work.tell(CallIdentified(work.now, call_id, customer_id))

    async def choose(self, call_id: int, kind: str, **more: object) -> None:
        """The caller answers the IVR."""
        async with self.desk.work() as work:
            await caller_choice.choose(work, call_id, kind, **more)  # type: ignore[arg-type]

    async def choose_place(self, call_id: int, text: str) -> None:
        """The caller presses the key of the place called `text`."""
        async with self.desk.look() as session:
            place_id = (await session.scalars(select(Place.id).where(Place.text == text))).one()
        await self.choose(call_id, "place", place_id=place_id)

    async def pick_up(self, call_id: int, extension: str = "1001") -> None:
        """An operator's phone answers."""
        async with self.desk.work() as work:
            call = await work.session.get_one(Call, call_id)
            assert call.linkedid is not None
            await call_life.answered(work, call.linkedid, extension)

    async def hang_up(self, call_id: int) -> None:
        """The caller is gone."""
        async with self.desk.work() as work:
            call = await work.session.get_one(Call, call_id)
            assert call.linkedid is not None
            await call_life.gone(work, call.linkedid, "16")
