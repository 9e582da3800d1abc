"""`python -m callboard`: the commands and their names."""

from __future__ import annotations

import typer

from callboard.commands import (
    audit,
    backup,
    check,
    dialplan,
    docs,
    doctor,
    driver,
    exports,
    imports,
    migrate,
    office,
    places,
    prepare,
    prompts,
    run,
    search,
    serve,
    simulate,
    tariff,
    user,
    wall,
)

app = typer.Typer(
    help="callboard: an Asterisk-integrated telephony server for people who dispatch by phone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("serve")(serve.serve)
app.command("check")(check.check)
app.command("migrate")(migrate.migrate)
app.command("dialplan")(dialplan.dialplan)
app.command("simulate")(simulate.simulate)
app.command("prompts")(prompts.prompts)
app.command("places")(places.places)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("search-index")(search.search_index)
app.add_typer(office.app, name="office")
app.add_typer(tariff.app, name="tariff")
app.add_typer(user.app, name="user")
app.add_typer(audit.app, name="audit")
app.add_typer(wall.app, name="wall")
app.add_typer(driver.app, name="driver")
app.add_typer(imports.app, name="import")
app.command("export")(exports.export)
app.command("doctor")(doctor.doctor)
app.command("prepare")(prepare.prepare)
app.command("docs")(docs.docs)

if __name__ == "__main__":
    app()
