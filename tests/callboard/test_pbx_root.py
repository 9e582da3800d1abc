"""The private Asterisk is made from what the machine's own apt knows, and a failure is a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callboard.apt_private import PrivateApt
from callboard.apt_sources import Source, deb822, distribution_mirrors, machine_sources, one_line
from callboard.pbx_engine import PbxError
from callboard.pbx_root import choose, prepare_root, suites_with_asterisk

KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"
DEB822 = f"""Types: deb deb-src
# a comment
URIs: http://mirror.example/debian http://second.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: {KEY}

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://inline.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 AAAA
 -----END PGP PUBLIC KEY BLOCK-----
"""
ONE_LINE = f"""# deb http://comment.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb [ arch=amd64 signed-by={KEY} ] http://mirror.example/debian bookworm main contrib # here
deb http://tools.example/apt bookworm stable
"""


def test_both_notations_of_apt_are_read() -> None:
    first, second, inline = deb822(DEB822)
    assert first == Source("http://mirror.example/debian", ("bookworm", "bookworm-updates"), ("main", "contrib"), KEY)
    assert second.uri == "http://second.example/debian"
    assert inline.signed_by == "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----"
    line, tools = one_line(ONE_LINE)
    assert line == Source("http://mirror.example/debian", ("bookworm",), ("main", "contrib"), KEY)
    assert tools.components == ("stable",)


def test_third_parties_are_no_mirror_of_the_distribution(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(ONE_LINE)
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    (tmp_path / "sources.list.d" / "other.list").write_text("deb http://other.example/packages bookworm main\n")
    (tmp_path / "sources.list.d" / "saved.list.bak").write_text("deb http://saved.example/debian bookworm main\n")
    mirrors = [source.uri for source in distribution_mirrors(machine_sources(tmp_path), "bookworm", "debian")]
    assert mirrors == ["http://mirror.example/debian", "http://second.example/debian", "http://other.example/packages"]


@pytest.mark.parametrize(
    ("release", "suites"),
    [
        ({"ID": "debian", "VERSION_CODENAME": "bookworm", "VERSION_ID": "12"}, ("debian", ["forky", "sid"])),
        ({"ID": "debian", "VERSION_CODENAME": "duke", "VERSION_ID": "15"}, ("debian", ["duke", "forky", "sid"])),
        (
            {"ID": "ubuntu", "ID_LIKE": "debian", "VERSION_CODENAME": "noble", "VERSION_ID": "24.04"},
            ("ubuntu", ["noble"]),
        ),
        (
            {"ID": "ubuntu", "ID_LIKE": "debian", "VERSION_CODENAME": "jammy", "VERSION_ID": "22.04"},
            ("ubuntu", ["noble"]),
        ),
    ],
)
def test_the_suite_is_one_that_has_asterisk(release: dict[str, str], suites: tuple[str, list[str]]) -> None:
    assert suites_with_asterisk(release) == suites


def test_another_distribution_is_told_what_to_do() -> None:
    with pytest.raises(PbxError, match="--asterisk system"):
        suites_with_asterisk({"ID": "fedora", "PRETTY_NAME": "Fedora 44"})


def test_a_mirror_that_does_not_answer_is_told_in_a_sentence(tmp_path: Path) -> None:
    source = Source("http://127.0.0.1:9/debian", ("bookworm",), ("main",), KEY)
    apt = PrivateApt.made_in(tmp_path / "apt", source, "forky", "main")
    with pytest.raises(PbxError, match="Is the network up"):
        apt.update(print)


def test_a_machine_without_apt_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PbxError, match="apt-get is missing"):
        prepare_root(tmp_path / "cache", print)


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(PbxError, match="cannot be written"):
        prepare_root(tmp_path / "cache", print)


def test_a_root_that_is_ready_is_not_built_again(tmp_path: Path) -> None:
    root = tmp_path / "asterisk-root"
    root.mkdir()
    (root / "callboard-root.json").write_text(json.dumps({"recipe": 1}))
    said: list[str] = []
    assert prepare_root(tmp_path, said.append).folder == root
    assert said == []


def test_a_root_that_is_damaged_is_told_in_a_sentence(tmp_path: Path) -> None:
    root = tmp_path / "asterisk-root"
    root.mkdir()
    (root / "callboard-root.json").write_text(json.dumps({"recipe": 1}))
    with pytest.raises(PbxError, match=r"Delete that folder and start again"):
        choose("private", tmp_path, print)


def test_the_machine_s_mirror_stands_in_no_file_of_ours() -> None:
    hosts = {source.uri.split("/")[2] for source in machine_sources() if "://" in source.uri} - {""}
    checkout = Path(__file__).parent.parent.parent
    for folder in ("callboard", "dialplan", "scripts"):
        for path in (checkout / folder).rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                text = path.read_text(errors="replace")
                assert not [host for host in hosts if host in text], path
