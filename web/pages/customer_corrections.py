"""The API by which a customer is put right: somebody new without a call, his numbers, his places."""

from __future__ import annotations

from desk.customer import customer_edits, customer_numbers, customers, saved_places
from desk.customer.customer_edits import CustomerForm
from desk.customer.saved_places import SavedPlace
from desk.work import Work
from web.api.ask import Ask, Json
from web.api.given_customers import NewCustomer, NumberGiven, SavedPlaceGiven, VersionGiven
from web.api.shapes import Nothing


async def register(ask: Ask[NewCustomer]) -> Json:
    """Somebody new, without a call."""
    given = ask.given
    form = CustomerForm(given.name, given.grade, given.note, given.language)

    async def do(work: Work) -> Json:
        return await _card(work, (await customer_edits.register(work, ask.operator.id, form, given.numbers)).id)

    return await ask.once(do)


async def attach(ask: Ask[NumberGiven]) -> Json:
    """One more number of his."""

    async def do(work: Work) -> Json:
        await customer_numbers.attach(work, ask.operator.id, ask.id, ask.given.version, ask.given.number)
        return await _card(work, ask.id)

    return await ask.once(do)


async def detach(ask: Ask[NumberGiven]) -> Json:
    """Not his number any more."""

    async def do(work: Work) -> Json:
        await customer_numbers.detach(work, ask.operator.id, ask.id, ask.given.version, ask.given.number)
        return await _card(work, ask.id)

    return await ask.once(do)


async def add_place(ask: Ask[SavedPlaceGiven]) -> Json:
    """One more place of his."""

    async def do(work: Work) -> Json:
        await saved_places.add(work, ask.operator.id, ask.id, ask.given.version, _place(ask.given))
        return await _card(work, ask.id)

    return await ask.once(do)


async def correct_place(ask: Ask[SavedPlaceGiven]) -> Json:
    """Another text, pin or label of a place of his."""

    async def do(work: Work) -> Json:
        place = await saved_places.correct(work, ask.operator.id, ask.id, ask.given.version, _place(ask.given))
        return await _card(work, place.customer_id)

    return await ask.once(do)


async def take_place_away(ask: Ask[VersionGiven]) -> Json:
    """Not a place of his any more."""

    async def do(work: Work) -> Json:
        place = await saved_places.take_away(work, ask.operator.id, ask.id, ask.given.version)
        return await _card(work, place.customer_id)

    return await ask.once(do)


async def bring_place_back(ask: Ask[Nothing]) -> Json:
    """A place that was taken away is his again, as it was."""

    async def do(work: Work) -> Json:
        return await _card(work, (await saved_places.bring_back(work, ask.operator.id, ask.id)).customer_id)

    return await ask.once(do)


def _place(given: SavedPlaceGiven) -> SavedPlace:
    return SavedPlace(given.text, given.lat, given.lon, given.accuracy_m, given.source, given.label)


async def _card(work: Work, customer_id: int) -> Json:
    return (await customers.card(work.session, customer_id)).as_json()
