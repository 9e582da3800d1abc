"""Sites to render, with everything fixed, so that equal text means equal rendering."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dialplan.settings import Folders, Line, Operator, Ports, Secrets, Settings, Site


def site(state: Path = Path("/srv/callboard"), settings: Settings | None = None, **changes: Any) -> Site:
    """The demo's site: one line, two operators."""
    fields: dict[str, Any] = {
        "settings": settings or Settings(demo_callers=True),
        "lines": (Line(did="15880001", language="ko"),),
        "operators": tuple(Operator(extension=extension, sip_password=extension * 4) for extension in ("1001", "1002")),
        "ports": Ports(sip=5060, ami=5038, agi=4573),
        "secrets": Secrets(ami_reader="r" * 32, ami_actor="a" * 32, agi_token="t" * 32),
        "folders": Folders.under(state, modules=Path("/usr/lib/asterisk/modules"), sbin=Path("/usr/sbin")),
        "system_name": "cb01234567",
        "oneshot_script": Path("/srv/callboard/oneshot"),
    }
    return Site(**{**fields, **changes})
