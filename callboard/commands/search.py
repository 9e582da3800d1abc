"""The words by which customers are found: whether they are in step with the customers, and how they are brought back."""

from __future__ import annotations

from typing import Annotated

import typer

from callboard.commands.at_the_desk import do
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption
from desk import customer_words
from desk.work import Work


def search_index(
    repair: Annotated[bool, typer.Option("--repair", help="Write anew what is wrong.")] = False,
    state: StateOption = DEFAULT_STATE,
    config: ConfigOption = None,
) -> None:
    """Compare every customer with what he is found by. Exit code 1 if something is wrong and was not repaired.

    Nothing else is written meanwhile: about a minute for a million customers, so not at a busy hour.
    """

    async def act(work: Work) -> None:
        connection = await work.session.connection()
        if repair:
            typer.echo(f"Written anew: {await connection.run_sync(customer_words.repair)}.")
        found = await connection.run_sync(customer_words.differences)
        if not found.none:
            typer.echo(f"Wrong: {found.wrong}; of customers that are not there: {found.left_over}. Use --repair.")
            raise typer.Exit(1)
        typer.echo("Every customer is found by what is known of him.")

    do(state, config, act)
