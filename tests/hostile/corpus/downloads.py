"""F23. Recordings: tokens that are none, rows whose file is not a plain file in the folder, and ranges."""

from __future__ import annotations

from tests.hostile.corpus.shell import PATHS

TOKENS: tuple[str, ...] = (
    *(
        path.replace("?", "%3F").replace("#", "%23")
        for path in PATHS
        if not path.startswith("/") and path not in (".", "..")
    ),
    "x" * 15,
    "x" * 16,
    "x" * 64,
    "x" * 65,
    "tok" * 9,
    "TOK" * 10,
    "tok" * 10 + "%00",
    "tok" * 10 + "%20",
    "tok" * 10 + ".wav",
    "tok" * 10 + "/",
    "%74ok" * 10,
)[:75]

FILES: tuple[str, ...] = ("../secret.wav", "/etc/passwd", "link.wav", "folder", "gone.wav", "folder/../../secret.wav", "", ".", "..", "loop.wav", "device.wav", "fifo.wav", "r4nd0m12.wav\x00.txt", "a" * 300, "folder/inner-link.wav")  # fmt: skip

RANGES: tuple[tuple[str, int], ...] = (
    ("bytes=0-", 206), ("bytes=0-0", 206), ("bytes=-1", 206), ("bytes=4-13", 206), ("bytes=0-999999", 206), ("bytes=-999999", 206),
    ("bytes=999999-", 416), ("bytes=13-4", 416), ("bytes=-0", 416), ("bytes=", 416), ("bytes=-", 416), ("bytes=x-y", 416), ("bytes=0-0,1-1", 416),
    ("bytes=0x1-2", 416), ("bytes=-1-1", 416), ("items=0-1", 416), ("bytes = 0-1", 416), ("bytes=1e1-", 416), ("0-1", 416), ("bytes=" + "9" * 400 + "-", 416),
    ("bytes=0-" + "9" * 400, 206), ("bytes=+1-2", 416), ("bytes=１-２", 416), ("BYTES=0-1", 416), ("bytes=0-,0-,0-", 416), ("bytes=0-0;x", 416),
    ("", 416), ("bytes=٠-١", 416), ("bytes=00-01", 206), ("bytes=4-4", 206),
)  # fmt: skip
