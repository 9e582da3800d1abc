"""The packages have short names, so it is worth knowing that they are ours, and that the arrows between them hold."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PYPROJECT["tool"]["setuptools"]["packages"]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_of_ours_is_imported_from_this_checkout(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve().is_relative_to(ROOT)


def test_every_package_of_ours_is_listed_and_no_name_hides_a_module_of_python() -> None:
    found = {
        str(init.parent.relative_to(ROOT)).replace("/", ".")
        for top in {name.split(".")[0] for name in PACKAGES}
        for init in (ROOT / top).rglob("__init__.py")
    }
    assert found == set(PACKAGES)
    assert not {name.split(".")[0] for name in PACKAGES} & set(sys.stdlib_module_names)


def test_the_arrows_between_packages_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
