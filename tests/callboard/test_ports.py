"""A port that cannot be had is told with the reason: taken, not allowed, or on an address that is not ours."""

from __future__ import annotations

import socket

import pytest

from callboard.ports import refusal


@pytest.mark.parametrize(("kind", "protocol"), [(socket.SOCK_STREAM, "TCP"), (socket.SOCK_DGRAM, "UDP")])
def test_a_taken_port_is_named_with_the_option_that_changes_it(kind: socket.SocketKind, protocol: str) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        if kind == socket.SOCK_STREAM:
            taken.listen()
        sentence = refusal(kind, "127.0.0.1", port, "SIP", "--sip-port") or ""
    assert f"{protocol} port {port} (SIP) on 127.0.0.1 is already in use" in sentence
    assert "--sip-port" in sentence
    assert refusal(kind, "127.0.0.1", port, "SIP", "--sip-port") is None


@pytest.mark.parametrize("address", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_that_is_not_this_machine_s_is_not_called_a_port_in_use(address: str) -> None:
    sentence = refusal(socket.SOCK_STREAM, address, 0, "the panel", "--http-port") or ""
    assert address in sentence
    assert "in use" not in sentence
    assert "this machine's own" in sentence
