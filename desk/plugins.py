"""Plug-ins by file name: the modules of a package, listed without importing them, and loaded one by one.

A missing optional library therefore hurts only those who configured the plug-in that needs it.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from desk.errors import NoSuchPlugin


def names(package: ModuleType) -> list[str]:
    """The plug-ins in `package`, sorted; nothing is imported."""
    return sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))


@cache
def load(package: ModuleType, name: str) -> ModuleType:
    """The plug-in `name` of `package`. Raises NoSuchPlugin, which lists the valid names.

    It is looked for once: a trade is asked for with every order.
    """
    known = names(package)
    if name not in known:
        raise NoSuchPlugin(
            f"there is no {package.__name__} called {name!r}; there are: {', '.join(known) or 'none'}",
            package=package.__name__,
            name=name,
            known=", ".join(known),
        )
    return importlib.import_module(f"{package.__name__}.{name}")
