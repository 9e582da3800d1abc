"""The words by which customers are found: whether they are in step with the customers, and how they are brought back."""

from __future__ import annotations

from typing import Annotated

import typer

from callboard.commands.at_the_desk import at_desk
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption
from desk.customer import search_index as search_index_of
from desk.work import Desk


def search_index(
    repair: Annotated[bool, typer.Option("--repair", help="Write anew what is wrong.")] = False,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Compare every customer with what he is found by. Exit code 1 if something is wrong and was not repaired.

    The desk goes on meanwhile, unless the database's own index has to be built anew.
    """

    async def act(desk: Desk) -> None:
        if repair:
            typer.echo(f"Written anew: {await search_index_of.mend(desk)}.")
        found = await search_index_of.compare(desk)
        if not found.index:
            typer.echo("The database's index of the words does not fit to them. Use --repair.")
        if not found.words.none:
            told = f"Wrong: {found.words.wrong}; of customers that are not there: {found.words.left_over}."
            typer.echo(f"{told} Use --repair.")
        if not found.right:
            raise typer.Exit(1)
        typer.echo("Every customer is found by what is known of him.")

    at_desk(state, config, act)
