"""Each danger is found where it stands; each of Asterisk's notations is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialplan.lint import findings
from dialplan.reading import read

DANGEROUS_STEPS = [
    "System(rm x)",
    "TrySystem(x)",
    "ExternalIVR(/x)",
    "EAGI(x)",
    "Exec(System,x)",
    "ExecIf(1?System:x)",
    "DISA(x)",
    "MixMonitor(a.wav,b,rm x)",
    "Set(A=${SHELL(id)})",
    "Set(A=${EVAL(${B})})",
    "Set(A=${FILE(/etc/passwd)})",
    "Set(ENV(PATH)=x)",
    "Set(A=${CURL(http://x)})",
    "AGI(agi://192.0.2.1/x)",
    "AGI(${X})",
    "Dial(PJSIP/${EXTEN}@out)",
    "NoOp(${CALLERID(name)})",
    'GotoIf($["${CALLERID(num)}" = "1"]?a)',
    "Set(X=$[${CALLERID(name)}])",
    "Goto(${CALLERID(num)},1)",
    "Set(CDR(x)=${CALLERID(all)})",
    "UnknownThing()",
]


@pytest.mark.parametrize("step", DANGEROUS_STEPS)
def test_a_dangerous_step_is_found(step: str, tmp_path: Path) -> None:
    """Seen failing without each look of `_step`, one at a time, and with `same` lines passed over."""
    (tmp_path / "extensions.conf").write_text(f"[a]\nexten => 1,1,{step}\n same => n(label),{step}\n")
    lines = {finding.split(":")[1] for finding in findings(tmp_path)}
    assert "2" in lines
    assert "3" in lines or step.startswith("x"), findings(tmp_path)


@pytest.mark.parametrize("pattern", ["_X.", "_.", "_X!", "_0!"])
def test_an_open_pattern_without_a_filter_is_found(pattern: str, tmp_path: Path) -> None:
    file = tmp_path / "extensions.conf"
    file.write_text(f"[a]\nexten => {pattern},1,NoOp(${{EXTEN}})\n")
    assert "open pattern" in findings(tmp_path)[0]
    file.write_text(f"[a]\nexten => {pattern},1,NoOp(${{FILTER(0-9,${{EXTEN}})}})\n")
    assert findings(tmp_path) == []


def test_what_an_included_site_file_does_is_found(tmp_path: Path) -> None:
    (tmp_path / "extensions.conf").write_text('[a]\n#tryinclude "custom/*.conf"\n#tryinclude "nowhere.conf"\n')
    (tmp_path / "custom").mkdir()
    (tmp_path / "custom" / "site.conf").write_text("[b]\nexten => 1,1,System(x)\n")
    assert [finding.split(":")[0] for finding in findings(tmp_path)] == ["site.conf"]


def test_exec_is_found_in_any_file(tmp_path: Path) -> None:
    (tmp_path / "queues.conf").write_text('#exec "/bin/x"\n')
    assert "#exec" in findings(tmp_path)[0]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("manager.conf", "bindaddr = 0.0.0.0"),
        ("manager.conf", "webenabled = yes"),
        ("manager.conf", "write = call,system"),
        ("manager.conf", "write = all"),
        ("manager.conf", "secret = short"),
        ("manager.conf", "permit = 0.0.0.0/0.0.0.0"),
        ("asterisk.conf", "live_dangerously = yes"),
        ("asterisk.conf", "execincludes = yes"),
        ("modules.conf", "autoload = yes"),
        ("modules.conf", "load = func_shell.so"),
    ],
)
def test_a_dangerous_setting_is_found(name: str, line: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(f"[general]\n{line}\n")
    assert len(findings(tmp_path)) == 1


NOTATIONS = b"""; caf\xe9 in latin-1
[template](!,other)
host = dynamic ; a comment
;-- a block
[not a section]
;-- nested --;
x = y
--;
[100](template,more)
secret = a\\;b
 same => n,NoOp(1\\;2)
[100](+)
later=yes;comment
;--- only a comment
empty =
"""


def test_every_notation_of_asterisk_s_files_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_bytes(NOTATIONS)
    file = read(path)
    assert [(entry.section, entry.key, entry.value) for entry in file.entries] == [
        ("template", "host", "dynamic"),
        ("100", "secret", "a;b"),
        ("100", "same", "n,NoOp(1;2)"),
        ("100", "later", "yes"),
        ("100", "empty", ""),
    ]
    assert [entry.key for entry in file.section("100")] == ["host", "secret", "same", "later", "empty"]
    assert file.entries[1].number == 10


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text('#include "x.conf"\na=b\n')
    assert read(path).entries


def test_a_missing_include_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text('#include "y.conf"\n#tryinclude "z.conf"\n')
    assert [entry.value for entry in read(path).missing] == ["y.conf"]
