"""A small site for tests: one office with a line, two operators, and as many drivers as asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from desk.work import Desk
from models import Driver, Line, Office, Operator, Shift

GANGNAM = (37.4979, 127.0276)


@dataclass(frozen=True, slots=True)
class Site:
    """Ids of what there is. `drivers` are free and on shift, each 0.01 degrees (1.1 km) farther north of Gangnam."""

    office_id: int
    line_id: int
    operator_id: int
    colleague_id: int
    drivers: tuple[int, ...]


async def make_site(desk: Desk, drivers: int = 3, name: str = "시험 사무실", did: str = "15880001") -> Site:
    """Write the site's rows."""
    async with desk.work() as work:
        office = Office(
            name=name, country="KR", currency="KRW", timezone="Asia/Seoul", trade="proxy", sms_sender="15880001"
        )
        work.session.add(office)
        await work.session.flush()
        line = Line(office_id=office.id, did=did, name="main", language="ko", flow="welcome")
        people = [
            Operator(office_id=office.id, login=f"{did}-{n}", name=who, role="operator", extension=None, locale="ko")
            for n, who in enumerate(("김상담", "이상담"))
        ]
        team = [
            Driver(
                office_id=office.id,
                number=str(100 + n),
                name=f"기사{n}",
                phone=f"+8210{20000000 + n}",
                state="free",
                free_since=work.now - timedelta(minutes=n),
                lat=GANGNAM[0] + 0.01 * n,
                lon=GANGNAM[1],
                located_at=work.now,
            )
            for n in range(drivers)
        ]
        work.session.add_all([line, *people, *team])
        await work.session.flush()
        work.session.add_all(Shift(driver_id=driver.id, started_at=work.now) for driver in team)
        return Site(office.id, line.id, people[0].id, people[1].id, tuple(driver.id for driver in team))
