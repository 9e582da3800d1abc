"""Whether an address can be listened on: tried before anything starts, and refused in a sentence with the option that helps."""

from __future__ import annotations

import errno
import socket


def refusal(kind: socket.SocketKind, address: str, port: int, what: str, option: str) -> str | None:
    """Why `what` cannot listen on `port` of `address` (and what to do), or None where it can.

    `kind` is SOCK_STREAM (TCP) or SOCK_DGRAM (UDP); `option` is the word of the command line that names another port.
    """
    protocol = "TCP" if kind == socket.SOCK_STREAM else "UDP"
    where = f"{protocol} port {port} ({what}) on {address}"
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free to the next
            probe.bind((address, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"{where} is already in use. Stop what uses it, or choose another with {option}."
        if error.errno == errno.EACCES:
            return f"{where} needs rights that this user has not. Choose one from 1024 on with {option}."
        return f"{where} cannot be had ({error.strerror}). Is the address in the configuration this machine's own?"
    return None
