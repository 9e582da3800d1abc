"""`python -m callboard`: the commands and their names."""

from __future__ import annotations

import gc
import importlib
import sys

import typer

# Each command's name, in the order of the help, and its module in callboard/commands, which holds a function of that name, or an
# `app` of several.
MODULES = {
    "run": "run",
    "serve": "serve",
    "check": "check",
    "migrate": "migrate",
    "dialplan": "dialplan",
    "simulate": "simulate",
    "prompts": "prompts",
    "places": "places",
    "backup": "backup",
    "restore": "backup",
    "search-index": "search",
    "export": "exports",
    "doctor": "doctor",
    "prepare": "prepare",
    "docs": "docs",
    "office": "office",
    "tariff": "tariff",
    "user": "user",
    "audit": "audit",
    "wall": "wall",
    "driver": "driver",
    "import": "imports",
}


def commands(asked: str | None = None) -> typer.Typer:
    """All commands; or the one that was `asked` for, where there is such a one: to load all of them takes a second more."""
    app = typer.Typer(
        help="callboard: an Asterisk-integrated telephony server for people who dispatch by phone.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_whichever)
    for name in [asked] if asked in MODULES else MODULES:
        module = importlib.import_module(f"callboard.commands.{MODULES[name]}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name.replace("-", "_")))
    return app


def _whichever() -> None:
    """With it an application of one command still wants that command's name."""


def main() -> None:
    """Run the command that the command line names."""
    gc.disable()  # what is loaded is no garbage: to look for some in it takes a sixth of the start
    app = commands(sys.argv[1] if len(sys.argv) > 1 else None)
    gc.freeze()
    gc.enable()
    app()


if __name__ == "__main__":
    main()
