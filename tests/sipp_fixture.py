"""Callers and desk phones by SIPp, scenarios written here (SIPp's own are about load, not about people)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SDP = """v=0
o=tester 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
"""
_DIALOG = """Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: {caller};tag=[pid]t[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
Contact: <sip:tester@[local_ip]:[local_port]>
Max-Forwards: 70
"""


@dataclass
class Callers:
    """SIPp placing calls."""

    process: subprocess.Popen[bytes]
    folder: Path

    async def finished(self, limit_s: float = 60) -> int:
        """Wait for the end of all calls; SIPp's exit code (0: every call went as planned)."""
        return await asyncio.to_thread(self.process.wait, limit_s)

    def stop(self) -> None:
        """At once."""
        _end(self.process)


@dataclass
class Phone:
    """SIPp as a registered desk phone."""

    process: subprocess.Popen[bytes]
    port: int

    def stop(self) -> None:
        """At once, without telling the registrar."""
        _end(self.process)


def start_callers(
    sip_port: int,
    state: Path,
    callers: Sequence[tuple[str, str]],
    *,
    did: str,
    hold_ms: int = 2000,
    rate: int = 10,
    rate_period_s: int = 1,
    headers: str = "",
    caller: str = '"[field1]" <sip:[field0]@[local_ip]:[local_port]>',
    dtmf: str = "",
    dtmf_after_ms: int = 1000,
    cancel_after_ms: int | None = None,
    expect: int = 200,
    voice_port: int | None = None,
    patient: bool = False,
    hung_up: bool = False,
) -> Callers:
    """Call `did` as each of `callers` (number, name).

    `rate`: calls each `rate_period_s` seconds. `hold_ms`: hang up this long after the answer. `headers`: extra header lines.
    `caller`: the From header's content. `dtmf`: keys pressed (SIP INFO), the first `dtmf_after_ms` after the answer.
    `cancel_after_ms`: give up so long after the first answer instead. `expect`: the final status that makes a call a success.
    `voice_port`: where to send the voice to, instead of to SIPp. `patient`: a caller who is not answered, nor his goodbye,
    says it again for minutes (SIPp gives up after half a minute): for callers in such numbers that the machine is the limit.
    `hung_up`: the other side may hang up before `hold_ms` are over; that, too, is as it should be.
    """
    folder = Path(tempfile.mkdtemp(prefix="sipp-", dir=state))
    scenario = _scenario(headers, caller, dtmf, dtmf_after_ms, hold_ms, cancel_after_ms, expect, hung_up)
    (folder / "call.xml").write_text(
        scenario if voice_port is None else scenario.replace("[media_port]", str(voice_port))
    )
    rows = "".join(f"{number};{name}\n" for number, name in callers)
    (folder / "callers.csv").write_bytes(b"SEQUENTIAL\n" + rows.encode("utf-8", "surrogateescape"))
    return Callers(
        _sipp(
            folder,
            f"127.0.0.1:{sip_port}",
            "-sf",
            "call.xml",
            "-inf",
            "callers.csv",
            "-s",
            did,
            "-m",
            str(len(callers)),
            "-r",
            str(rate),
            "-rp",
            str(rate_period_s * 1000),
            "-l",  # else SIPp waits with new calls while old ones last longer than its scenario's pauses
            str(len(callers)),
            *(("-max_invite_retrans", "8", "-max_non_invite_retrans", "60") if patient else ()),
        ),
        folder,
    )


def _scenario(
    headers: str,
    caller: str,
    dtmf: str,
    dtmf_after_ms: int,
    hold_ms: int,
    cancel_after_ms: int | None,
    expect: int,
    hung_up: bool,
) -> str:
    dialog = _DIALOG.format(caller=caller)
    invite = (
        f"INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{dialog}{headers}CSeq: 1 INVITE\n"
        f"Content-Type: application/sdp\nContent-Length: [len]\n\n{_SDP}"
    )
    ack = f"ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{dialog}CSeq: 1 ACK\nContent-Length: 0\n\n"
    steps = [_send(invite, 500, "invite"), _recv(100, "invite", optional=True)]
    if cancel_after_ms is not None:
        # Same branch as the INVITE's (RFC 3261, 9.1).
        cancel = (
            (f"CANCEL sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{dialog}CSeq: 1 CANCEL\nContent-Length: 0\n\n")
            .replace("[branch]", "[branch-3]")
            .replace("[peer_tag_param]", "")
        )
        steps[-1] = _recv(100, "invite")
        steps += [
            f'<pause milliseconds="{cancel_after_ms}"/>',
            _send(cancel, 500, "cancel"),
            _recv(180, "invite", optional=True),
            _recv(183, "invite", optional=True),
            _recv(200, "cancel"),
            _recv(487, "invite"),
            _send(ack, acks="invite"),
        ]
        return _document(steps)
    steps += [
        _recv(180, "invite", optional=True),
        _recv(183, "invite", optional=True),
        _recv(expect, "invite", rrs=True),
        _send(ack, acks="invite"),
    ]
    if expect == 200:
        for index, key in enumerate(dtmf):
            body = f"Signal={key}\nDuration=160\n"
            info = (
                f"INFO [next_url] SIP/2.0\n{dialog}CSeq: {index + 2} INFO\n"
                f"Content-Type: application/dtmf-relay\nContent-Length: [len]\n\n{body}"
            )
            steps += [
                f'<pause milliseconds="{dtmf_after_ms if index == 0 else 300}"/>',
                _send(info, 500, f"info{index}"),
                _recv(200, f"info{index}"),
            ]
        bye = f"BYE [next_url] SIP/2.0\n{dialog}CSeq: 90 BYE\nContent-Length: 0\n\n"
        goodbye = [_send(bye, 500, "bye"), _recv(200, "bye")]
        steps += _until_hung_up(hold_ms, goodbye) if hung_up else [f'<pause milliseconds="{hold_ms}"/>', *goodbye]
    return _document(steps)


def _until_hung_up(hold_ms: int, goodbye: list[str]) -> list[str]:
    """Wait so long for the other side's BYE, and answer it; else say `goodbye`."""
    answer = (
        "SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n"
    )
    heard = _send(answer).replace("<send>", '<send next="2">')
    tired = '<label id="1"/>'
    return [f'<recv request="BYE" timeout="{hold_ms}" ontimeout="1"/>', heard, tired, *goodbye, '<label id="2"/>']


def start_phone(
    sip_port: int, state: Path, extension: str, password: str, *, answer_after_ms: int = 200, answers: bool = True
) -> Phone:
    """Register as `extension` (must succeed), then wait for one call; answer it, or ring until it is cancelled."""
    folder = Path(tempfile.mkdtemp(prefix="phone-", dir=state))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    register = (
        "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n"
        "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]\n"
        f"From: <sip:{extension}@[remote_ip]>;tag=[pid]r\nTo: <sip:{extension}@[remote_ip]>\nCall-ID: [call_id]\n"
        f"Contact: <sip:{extension}@[local_ip]:[local_port]>\nMax-Forwards: 70\nExpires: 300\nCSeq: NUMBER REGISTER\n"
    )
    login = f"[authentication username={extension} password={password}]\n"
    (folder / "register.xml").write_text(
        _document(
            [
                _send(register.replace("NUMBER", "1") + "Content-Length: 0\n\n", 500),
                '<recv response="401" auth="true"/>',
                _send(register.replace("NUMBER", "2") + login + "Content-Length: 0\n\n", 500),
                '<recv response="200"/>',
            ]
        )
    )
    (folder / "answer.xml").write_text(_document(_answering(answer_after_ms, answers)))
    here = f"127.0.0.1:{sip_port}"
    registering = _sipp(folder, here, "-sf", "register.xml", "-m", "1", "-p", str(port))
    if registering.wait(20):
        raise AssertionError(f"extension {extension} could not register: see {folder}")
    return Phone(_sipp(folder, "-sf", "answer.xml", "-p", str(port)), port)


def _answering(answer_after_ms: int, answers: bool) -> list[str]:
    reply = (
        "SIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]p[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n"
        "Contact: <sip:phone@[local_ip]:[local_port]>\n"
    )
    plain = (
        "SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n"
    )
    empty = "Content-Length: 0\n\n"
    steps = ['<recv request="INVITE"/>', _send(reply.format(status="180 Ringing") + empty)]
    if not answers:
        return [*steps, '<recv request="CANCEL"/>', _send(plain)]
    sdp = f"Content-Type: application/sdp\nContent-Length: [len]\n\n{_SDP}"
    return [
        *steps,
        f'<pause milliseconds="{answer_after_ms}"/>',
        _send(reply.format(status="200 OK") + sdp, 500),
        '<recv request="ACK"/>',
        '<recv request="BYE"/>',
        _send(plain),
    ]


def _document(steps: list[str]) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="test">\n' + "\n".join(steps) + "\n</scenario>\n"


def _send(message: str, retrans: int = 0, begins: str = "", acks: str = "") -> str:
    """`begins` names the transaction. Without names an answer that comes again is taken for that of a later request, and a
    caller leaves before anybody has heard him say goodbye.
    """
    words = {"retrans": str(retrans or ""), "start_txn": begins, "ack_txn": acks}
    return f"<send{_attributes(words)}><![CDATA[\n{message}]]></send>"


def _recv(response: int, of: str, *, optional: bool = False, rrs: bool = False) -> str:
    words = {"optional": "true" if optional else "", "rrs": "true" if rrs else ""}
    return f'<recv response="{response}" response_txn="{of}"{_attributes(words)}/>'


def _attributes(words: dict[str, str]) -> str:
    return "".join(f' {key}="{value}"' for key, value in words.items() if value)


def _sipp(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    with (folder / "sipp.log").open("ab") as said:
        return subprocess.Popen(
            ["sipp", *words, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-trace_err"],
            cwd=folder,
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
