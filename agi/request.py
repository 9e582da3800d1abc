"""One FastAGI connection: panoramisk's Request, with replies read as res_agi writes them.

What differs from the stock class: HANGUP is a mark and never a reply; 511 and a closed socket are a hang-up; a 520 block is
read to its end; a value may be the word `hangup`; every argument is quoted; nothing is waited for without a limit.
"""

from __future__ import annotations

from asyncio import IncompleteReadError, Transport
from collections.abc import Hashable, Mapping
from functools import cached_property

from panoramisk import fast_agi

from agi import protocol
from agi.errors import AGIAppError, AGIHangup, AGIInvalidCommand, AGIUsageError
from agi.patience import Patience
from agi.protocol import Reply, Target
from agi.wire import TooLong, Wire
from desk.keeping.tape import Tape, silent

SLACK_SECONDS = 10.0
MAX_ODD_LINES = 200


class Request(fast_agi.Request):  # type: ignore[misc]
    """Commands to the Asterisk at the other end, one at a time."""

    hung_up = False
    tape: Tape = staticmethod(silent)
    reader: Wire
    writer: Transport
    _verb = ""

    def __init__(self, app: fast_agi.Application, headers: Mapping[str, str], wire: Wire, patience: Patience) -> None:
        super().__init__(app, headers, wire, wire.transport)
        self._patience = patience

    @cached_property
    def target(self) -> Target:
        """The flow and the query that the dialplan asked for."""
        return protocol.parse_target(self.headers.get("agi_network_script", ""))

    async def command(self, name: str, *arguments: Hashable, seconds: float = 0.0) -> Reply:
        """Send a command with quoted arguments; it may run for `seconds`.

        Raises AGIHangup (caller or connection gone), AGIAppError (result=-1), AGIInvalidCommand (510), AGIUsageError (520)
        and ValueError (too long).
        """
        reply = await self._converse(protocol.command(name, *arguments), seconds)
        if self.hung_up:
            raise AGIHangup("the caller hung up")
        if reply.failed:
            raise AGIAppError(f"{name} failed")
        return reply

    async def try_command(self, name: str, *arguments: Hashable, seconds: float = 0.0) -> Reply:
        """As `command`, but the reply is handed back also after result=-1 or a hang-up: some verbs tell more beside it."""
        return await self._converse(protocol.command(name, *arguments), seconds)

    async def send_command(self, command: str) -> Reply:
        """One command line as it stands; else as `try_command`."""
        return await self._converse(protocol.line(command), 0.0)

    async def _converse(self, data: bytes, seconds: float) -> Reply:
        if self.hung_up:
            raise AGIHangup("the caller has hung up")
        self._verb = protocol.verb(data)
        self._patience.begin(seconds + SLACK_SECONDS)
        try:
            # No drain(): a command is written only when the one before it was answered, so nothing can pile up.
            self.writer.write(data)
            return self._judge(await self._read_reply())
        except TimeoutError:
            raise self._gone("Asterisk did not answer a command") from None
        except IncompleteReadError as end:
            self.tape("reply", end.partial, verb=self._verb)
            raise self._gone("Asterisk closed the connection") from None
        except ConnectionError:
            raise self._gone("Asterisk closed the connection") from None
        except TooLong:
            raise self._gone("Asterisk sent an endless line") from None
        finally:
            self._patience.end()

    def over(self) -> None:
        """No command will be sent any more."""
        self._patience.stop()

    def _judge(self, reply: Reply) -> Reply:
        if reply.code == 511:
            raise self._gone("the channel is dead")
        if reply.code == 510:
            raise AGIInvalidCommand(reply.text)
        if reply.code == 520:
            raise AGIUsageError(reply.text)
        return reply

    async def _read_reply(self) -> Reply:
        """The reply to the command just sent; HANGUP, 100 and lines that are no reply are passed over, within bounds."""
        for _ in range(MAX_ODD_LINES):
            data = await self.reader.until()
            self.tape("reply", data, verb=self._verb)
            if data.startswith(b"HANGUP"):
                self.hung_up = True
                data = data.removeprefix(b"HANGUP").lstrip()
            if data.startswith(b"520-"):
                return await self._read_usage(data)
            try:
                reply = protocol.parse_reply(data)
            except ValueError:
                continue
            if reply.code != 100:
                return reply
        raise self._gone("Asterisk sent too many lines that are no reply")

    async def _read_usage(self, first: bytes) -> Reply:
        block = [first]
        for _ in range(MAX_ODD_LINES):
            block.append(await self.reader.until())
            self.tape("reply", block[-1], verb=self._verb)
            if block[-1].startswith(b"520 "):
                return Reply(520, text=" ".join(protocol.decode(part).strip() for part in block))
        raise self._gone("Asterisk sent an endless usage text")

    def _gone(self, sentence: str) -> Exception:
        self.hung_up = True
        error: Exception = AGIHangup(sentence)
        return error
