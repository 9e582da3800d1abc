"""Opens a recording for playing, of either kind: callboard's own, or the bare bytes of an event link."""

from __future__ import annotations

from pathlib import Path

from callboard.tape_format import BadRecording, Entry, Header, from_ami_bytes, read_lines


def open_recording(file: Path) -> list[Header | Entry]:
    """Headers and entries in order; the first is a header. Raises BadRecording."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise BadRecording(f"{file} cannot be read: {error.strerror}") from error
    try:
        if raw.lstrip().startswith(b"{"):
            return list(read_lines(raw.splitlines()))
        return list(from_ami_bytes(raw))
    except BadRecording as bad:
        raise BadRecording(f"{file} cannot be played: {bad}") from None


def whole_header(items: list[Header | Entry]) -> Header:
    """What all parts of a recording say of the site, from the first one's start."""
    headers = [item for item in items if isinstance(item, Header)]
    boxes = {str(box.get("name")): box for header in headers for box in header.boxes}
    lines = dict.fromkeys(line for header in headers for line in header.lines)
    return Header(headers[0].started_at, headers[0].masked, tuple(lines), tuple(boxes.values()))
