"""An IVR server that does one thing wrong (or right), in a process of its own so that it can be frozen and killed.

    python ivr.py PORT BEHAVIOUR [PROMPT]

Prints a line for each call that it takes, with the dialplan's own account of it. Behaviours: `closes`, `silent`,
`garbage`, `half` (closes in the middle of a command), `plays` (plays PROMPT, extending its time, and waits for the end),
`serves` (does its job, leaves the mark), `unmarked` (does its job, forgets the mark), `asks` (waits for a key and prints it).
"""

from __future__ import annotations

import socket
import sys
import threading


def talk(link: socket.socket, behaviour: str, prompt: str) -> None:
    """One conversation."""
    lines = link.makefile("rw", encoding="utf-8", errors="replace", newline="\n")
    told = {}
    if behaviour != "closes":
        while line := lines.readline().strip():
            name, _, value = line.partition(": ")
            told[name] = value
    print(
        "took",
        told.get("agi_network_script"),
        told.get("agi_callerid"),
        ascii(told.get("agi_calleridname")),
        flush=True,
    )

    def command(text: str) -> str:
        lines.write(text + "\n")
        lines.flush()
        return lines.readline()

    if behaviour == "silent":
        lines.readline()
    elif behaviour == "garbage":
        lines.write("\x00\xff nonsense\n\n\n" * 50)
        lines.flush()
        lines.readline()
    elif behaviour == "half":
        lines.write('STREAM FILE "')
        lines.flush()
    elif behaviour == "plays":
        command("ANSWER")
        command("SET AUTOHANGUP 5")
        print("plays", flush=True)
        print("played", command(f'STREAM FILE {prompt} ""'), flush=True)
        lines.readline()
    elif behaviour == "asks":
        command("ANSWER")
        command("SET AUTOHANGUP 20")
        print("key", command("WAIT FOR DIGIT 15000"), flush=True)
    elif behaviour in ("serves", "unmarked"):
        command("ANSWER")
        if behaviour == "serves":
            command("SET VARIABLE IVR_DONE 1")
    link.shutdown(socket.SHUT_RDWR)
    link.close()


def main() -> None:
    """Serve until killed."""
    port, behaviour, prompt = int(sys.argv[1]), sys.argv[2], (sys.argv[3:] or [""])[0]
    with socket.create_server(("127.0.0.1", port)) as server:
        print("ready", flush=True)
        while True:
            link, _ = server.accept()
            threading.Thread(target=talk, args=(link, behaviour, prompt), daemon=True).start()


if __name__ == "__main__":
    main()
