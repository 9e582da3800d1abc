"""A SIP phone on one UDP port that does what a person does with it, one step at a time, and waits for what the step brings.

SIPp goes by its clock; between the steps of a recording others look. Only what the scenes need of RFC 3261, 2617, 3515, 3891.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import socket
from dataclasses import dataclass, field

HERE = "127.0.0.1"
LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Sip:
    """One request or response."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @classmethod
    def read(cls, data: bytes) -> Sip:
        """As it came."""
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(start, tuple((name.strip().lower(), value.strip()) for name, _, value in pairs), body)

    def all(self, name: str) -> list[str]:
        """Every value of this header."""
        return [value for key, value in self.headers if key == name]

    def one(self, name: str) -> str:
        """The first one, or nothing."""
        return next(iter(self.all(name)), "")

    @property
    def status(self) -> int:
        """0: a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """Of the request, or of that which this answers."""
        return self.one("cseq").split()[-1]


class Softphone(asyncio.DatagramProtocol):
    """A caller (without a password) or a desk phone. `busy` and `early` say how it takes the next call."""

    def __init__(self, sip_port: int, user: str, name: str = "", password: str | None = None) -> None:
        self.server = (HERE, sip_port)
        self.user, self.name, self.password = user, name, password
        self.calls_as = f"op{user}" if password else user  # the name by which Asterisk knows a phone that calls
        self.busy = self.early = False
        self.calls: dict[str, Leg] = {}
        self.rung: asyncio.Queue[Leg] = asyncio.Queue()
        self.answers: dict[str, asyncio.Queue[Sip]] = {}
        self._voice = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # what is said goes nowhere
        self._voice.bind((HERE, 0))

    async def open(self) -> Softphone:
        """Take a free port."""
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, (HERE, 0))
        return self

    def close(self) -> None:
        """Gone, without a word."""
        self.transport.close()
        self._voice.close()

    @property
    def contact(self) -> str:
        """Where it is reached."""
        return f"sip:{self.user}@{HERE}:{self.transport.get_extra_info('sockname')[1]}"

    def sdp(self, version: int, direction: str) -> str:
        """What it offers: PCMU, and which way the voice may go."""
        return (
            f"v=0\r\no=phone 1 {version} IN IP4 {HERE}\r\ns=-\r\nc=IN IP4 {HERE}\r\nt=0 0\r\n"
            f"m=audio {self._voice.getsockname()[1]} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na={direction}\r\n"
        )

    async def register(self) -> None:
        """Be rung as this extension."""
        answer = await Leg(self, self.user).ask("REGISTER", f"sip:{HERE}", "Expires: 300\r\n")
        assert answer.status == 200, answer.start

    async def dial(self, number: str) -> Leg:
        """Call; returns before anybody has said anything."""
        leg = Leg(self, number)
        self.calls[leg.call_id] = leg
        leg.outcome = asyncio.create_task(leg.invite("sendrecv"))
        return leg

    def send(self, start: str, headers: str, body: str = "") -> None:
        """Any message."""
        kind = "Content-Type: application/sdp\r\n" if body.startswith("v=0") else ""
        text = f"{start}\r\n{headers}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        self.transport.sendto(text.encode(), self.server)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = Sip.read(data)
        if message.status:
            branch = re.search(r"branch=([^;,]+)", message.one("via"))
            if branch and branch[1] in self.answers:
                self.answers[branch[1]].put_nowait(message)
        elif (leg := self.calls.get(message.one("call-id"))) is not None:
            leg.hear(message)
        elif message.method == "INVITE":
            leg = self.calls[message.one("call-id")] = Leg.called(self, message)
            if self.busy:
                leg.answer(486, "Busy Here")
            else:
                leg.answer(*((183, "Session Progress") if self.early else (180, "Ringing")))
                self.rung.put_nowait(leg)
        elif message.method == "OPTIONS":
            Leg.called(self, message).answer(200, "OK", sdp=False)


@dataclass(eq=False)
class Leg:
    """One call of a phone."""

    phone: Softphone
    number: str
    call_id: str = field(default_factory=lambda: secrets.token_hex(8))
    cseq: int = 0
    target: str = ""
    early: str = ""
    offers: int = 0
    invited: Sip | None = None
    outcome: asyncio.Task[Sip] | None = None
    rings: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        name = f'"{self.phone.name}" ' if self.phone.name else ""
        self.tag = secrets.token_hex(4)
        self.local = f"{name}<sip:{self.phone.calls_as}@{HERE}>;tag={self.tag}"
        self.remote = f"<sip:{self.number}@{HERE}>"
        self.target = f"sip:{self.number}@{HERE}:{self.phone.server[1]}"
        self.branch = ""

    @classmethod
    def called(cls, phone: Softphone, invite: Sip) -> Leg:
        """The phone is called."""
        leg = cls(phone, phone.user, invite.one("call-id"), invited=invite)
        leg.remote, leg.local = invite.one("from"), f"{invite.one('to')};tag={leg.tag}"
        leg.target = _address(invite.one("contact")) or leg.target
        return leg

    # --- what a person does ----------------------------------------------------------------------------------------

    async def answered(self) -> None:
        """Wait until the other side has taken the call."""
        assert self.outcome is not None
        answer = await asyncio.wait_for(self.outcome, LIMIT_S)
        assert answer.status == 200, answer.start

    def pick_up(self) -> None:
        """Take the call."""
        self.answer(200, "OK")

    async def hold(self) -> None:
        """The other side is to hear music: a new offer, in which this one only sends (RFC 3264, 8.4)."""
        await self._offer("sendonly")

    async def take_back(self) -> None:
        """Both hear each other again."""
        await self._offer("sendrecv")

    async def refresh(self) -> None:
        """The same again, for the session timer's sake (RFC 4028)."""
        await self._offer("sendrecv", "Session-Expires: 1800;refresher=uac\r\n")

    async def press(self, key: str) -> None:
        """A key, by INFO."""
        headers = "Content-Type: application/dtmf-relay\r\n"
        answer = await self.ask("INFO", self.target, headers, f"Signal={key}\r\nDuration=160\r\n")
        assert answer.status == 200, answer.start

    async def refer(self, number: str, consulted: Leg | None = None) -> int:
        """Hand the other side on: to `number`, or to whoever was asked first. The status that Asterisk answers."""
        replaces = ""
        if consulted is not None:
            theirs = re.search(r"tag=([^;]+)", consulted.early or consulted.remote)
            assert theirs is not None
            replaces = f"?Replaces={consulted.call_id}%3Bto-tag%3D{theirs[1]}%3Bfrom-tag%3D{consulted.tag}"
        to = f"Refer-To: <sip:{number}@{HERE}:{self.phone.server[1]}{replaces}>\r\n"
        return (await self.ask("REFER", self.target, f"{to}Referred-By: <sip:{self.phone.user}@{HERE}>\r\n")).status

    async def cancel(self) -> None:
        """Give up before anybody has answered: same branch and number as the INVITE (RFC 3261, 9.1)."""
        assert self.outcome is not None
        self.phone.send(f"CANCEL {self.target} SIP/2.0", self._headers("CANCEL", self.branch, self.cseq))
        answer = await asyncio.wait_for(self.outcome, LIMIT_S)
        assert answer.status == 487, answer.start

    async def hang_up(self) -> None:
        """Say goodbye."""
        answer = await self.ask("BYE", self.target)
        assert answer.status == 200, answer.start

    async def over(self) -> None:
        """Wait until the other side has said goodbye."""
        await asyncio.wait_for(self.ended.wait(), LIMIT_S)

    # --- what the phone does ---------------------------------------------------------------------------------------

    async def _offer(self, direction: str, headers: str = "") -> None:
        answer = await self.invite(direction, headers)
        assert answer.status == 200, answer.start

    async def invite(self, direction: str, headers: str = "") -> Sip:
        """An INVITE, the first or another one."""
        self.offers += 1
        return await self.ask("INVITE", self.target, headers, self.phone.sdp(self.offers, direction))

    async def ask(self, method: str, uri: str, headers: str = "", body: str = "") -> Sip:
        """A request and its final answer; once more with the password where that is asked for."""
        answer = await self._ask_once(method, uri, headers, body)
        if answer.status == 401 and self.phone.password:
            login = _login(answer.one("www-authenticate"), method, uri, self.phone.user, self.phone.password)
            answer = await self._ask_once(method, uri, headers + login, body)
        return answer

    async def _ask_once(self, method: str, uri: str, headers: str, body: str) -> Sip:
        self.cseq += 1
        branch = self.branch = f"z9hG4bK{secrets.token_hex(8)}"
        answers = self.phone.answers[branch] = asyncio.Queue()
        self.phone.send(f"{method} {uri} SIP/2.0", self._headers(method, branch, self.cseq) + headers, body)
        async with asyncio.timeout(LIMIT_S * 2):
            while (answer := await answers.get()).status < 200 or answer.method != method:
                if answer.status in (180, 183):
                    self.early = answer.one("to")
                    self.rings.set()
        if method == "INVITE":
            if answer.status == 200:
                self.remote, self.target = answer.one("to"), _address(answer.one("contact"))
                branch = f"z9hG4bK{secrets.token_hex(8)}"
            self.phone.send(f"ACK {self.target} SIP/2.0", self._headers("ACK", branch, self.cseq, answer.one("to")))
        return answer

    def _headers(self, method: str, branch: str, cseq: int, to: str = "") -> str:
        here = self.phone.contact
        return (
            f"Via: SIP/2.0/UDP {here.partition('@')[2]};rport;branch={branch}\r\nMax-Forwards: 70\r\n"
            f"From: {self.local}\r\nTo: {to or self.remote}\r\nCall-ID: {self.call_id}\r\nCSeq: {cseq} {method}\r\n"
            f"Contact: <{here}>\r\nSupported: timer, replaces\r\n"
        )

    def hear(self, request: Sip) -> None:
        """A further request of the other side."""
        if request.method == "ACK" or (request.method == "INVITE" and "tag=" not in request.one("to")):
            return
        self.answer(200, "OK", request, sdp=request.method in ("INVITE", "UPDATE") and bool(request.body))
        if request.method == "CANCEL":
            self.answer(487, "Request Terminated")
        if request.method in ("CANCEL", "BYE"):
            self.ended.set()

    def answer(self, status: int, words: str, to: Sip | None = None, *, sdp: bool | None = None) -> None:
        """Answer a request; without one, the call itself."""
        request = to or self.invited
        assert request is not None
        same = "".join(f"Via: {via}\r\n" for via in request.all("via"))
        same += "".join(f"{name.title()}: {request.one(name)}\r\n" for name in ("from", "call-id", "cseq"))
        called = request.one("to") if "tag=" in request.one("to") else f"{request.one('to')};tag={self.tag}"
        with_sdp = status in (183, 200) if sdp is None else sdp
        self.offers += with_sdp
        self.phone.send(
            f"SIP/2.0 {status} {words}",
            f"{same}To: {called}\r\nContact: <{self.phone.contact}>\r\n",
            self.phone.sdp(self.offers, "sendrecv") if with_sdp else "",
        )


def _address(contact: str) -> str:
    found = re.search(r"<([^>]+)>", contact)
    return found[1] if found else ""


def _login(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """RFC 2617, with qop=auth."""
    asked = dict(re.findall(r'(\w+)="?([^",]+)', challenge))
    own, here = secrets.token_hex(4), f"{method}:{uri}"
    parts = (_md5(f"{user}:{asked['realm']}:{password}"), asked["nonce"], "00000001", own, "auth", _md5(here))
    words = {"username": user, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri, "cnonce": own}
    words |= {"response": _md5(":".join(parts)), "opaque": asked.get("opaque", "")}
    quoted = ", ".join(f'{key}="{value}"' for key, value in words.items())
    return f"Authorization: Digest {quoted}, algorithm=MD5, qop=auth, nc=00000001\r\n"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
