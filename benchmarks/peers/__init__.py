"""Other people's AMI clients and FastAGI servers, installed into a throw-away folder and run beside ours with `--peers`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from benchmarks.machine import CHECKOUT

NODE_PACKAGES = ("asterisk-manager@0.2.0", "asterisk-ami-client@1.1.5", "ding-dong@0.1.7")
FOLDER = CHECKOUT / ".cache" / "bench-peers"


def install() -> None:
    """Have the Node packages in `.cache/bench-peers`. Raises CalledProcessError."""
    mark = FOLDER / "installed"
    if mark.exists() and mark.read_text(encoding="utf-8") == " ".join(NODE_PACKAGES):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "package.json").write_text('{"private": true}', encoding="utf-8")
    words = ["npm", "install", "--no-save", "--no-package-lock", "--ignore-scripts", "--silent", *NODE_PACKAGES]
    subprocess.run(words, cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
    mark.write_text(" ".join(NODE_PACKAGES), encoding="utf-8")


def environment() -> dict[str, str]:
    """Where Node finds them."""
    return {**os.environ, "NODE_PATH": str(FOLDER / "node_modules")}


def script(name: str) -> str:
    """The path of one of our programs for them."""
    return str(Path(__file__).with_name(name))
