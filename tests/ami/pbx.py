"""A real Asterisk 22 with a small configuration of its own: two manager users, one line, a queue, two stand-in operators.

Nothing in it needs SIP: callers and operators are Local channels. It lives in one temporary folder and on one free port.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
from pathlib import Path

from callboard.pbx_engine import Engine, Root, engine_in, find_system

READER_SECRET = "reader-" + "r" * 32
ACTOR_SECRET = "actor-" + "a" * 32

_FOLDERS = ("etc", "lib", "db", "spool", "run", "log", "keys")

_ASTERISK = """
[directories]
astetcdir => {state}/etc
astmoddir => {modules}
astvarlibdir => {state}/lib
astdbdir => {state}/db
astkeydir => {state}/keys
astdatadir => {data}
astagidir => {data}/agi-bin
astspooldir => {state}/spool
astrundir => {state}/run
astlogdir => {state}/log
[options]
systemname = {systemname}
hideconnect = yes
"""

_MODULES = """
[modules]
autoload = no
load = app_confbridge.so
load = app_dial.so
load = app_directed_pickup.so
load = app_exec.so
load = app_queue.so
load = app_userevent.so
load = app_stack.so
load = app_transfer.so
load = bridge_builtin_features.so
load = bridge_simple.so
load = bridge_softmix.so
load = bridge_holding.so
load = chan_bridge_media.so
load = codec_ulaw.so
load = format_pcm.so
load = func_callerid.so
load = func_channel.so
load = func_logic.so
load = func_strings.so
load = func_uri.so
load = pbx_config.so
load = res_musiconhold.so
load = res_timing_timerfd.so
"""

_MANAGER = """
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {port}
displayconnects = no
timestampevents = yes
authtimeout = 30
authlimit = 50

[callboard-reader]
secret = {reader}
read = call,agent,user,system
write = reporting
writetimeout = 5000
eventfilter(action(exclude),name(VarSet)) =
eventfilter(action(exclude),name(Newexten)) =
eventfilter(action(exclude),name(TestEvent)) =
eventfilter(action(exclude),name(LocalBridge)) =

[callboard-actor]
secret = {actor}
read =
write = originate,call,agent,reporting
writetimeout = 5000
"""

_QUEUES = """
[general]
persistentmembers = no
shared_lastcall = no

[callboard-15880001]
strategy = ringall
timeout = 30
retry = 1
ringinuse = yes
autofill = yes
joinempty = yes
member => Local/1001@callboard-operator/n
member => Local/1002@callboard-operator/n

[15880001]
strategy = ringall
timeout = 30
retry = 1
ringinuse = yes
autofill = yes
joinempty = yes
member => Local/1001@callboard-operator/n
member => Local/1002@callboard-operator/n

[1588000103]
strategy = ringall
timeout = 30
joinempty = yes
member => Local/1001@callboard-operator/n
member => Local/1002@callboard-operator/n
member => Local/1003@callboard-operator/n

[1588000199]
strategy = ringall
timeout = 1
retry = 1
ringinuse = yes
joinempty = yes
member => Local/1001@callboard-operator/n
member => Local/1002@callboard-operator/n
"""

_EXTENSIONS = """
[callboard-incoming]
exten => 15880001,1,Set(__CB_LINE=${EXTEN})
 same => n,Set(CB_NUMBER=${FILTER(0-9+*#,${CALLERID(num)})})
 same => n,Set(CB_PRESENTATION=${IF($[${LEN(${CB_NUMBER})} > 0]?allowed:unavailable)})
 same => n,ExecIf($["${CALLERID(num-pres):0:6}" = "prohib"]?Set(CB_PRESENTATION=withheld))
 same => n,ExecIf($["${CB_PRESENTATION}" = "withheld"]?Set(CB_NUMBER=))
 same => n,Set(CB_NAME=${URIENCODE(${CALLERID(name)})})
 same => n,UserEvent(CallboardArrived,Line: ${EXTEN},Number: ${CB_NUMBER},Presentation: ${CB_PRESENTATION},Name: ${CB_NAME})
 same => n,Goto(callboard-queue,${EXTEN},1)

[callboard-queue]
exten => 15880001,1,Queue(callboard-${EXTEN})
 same => n,Hangup()

[callboard-operator]
exten => _X.,1,Goto(callboard-standin,${EXTEN},1)

[callboard-standin]
exten => _X.,1,Ringing()
 same => n,Wait(600)
 same => n,Hangup()

[callboard-standin-answered]
exten => _X.,1,Answer()
 same => n,Wait(600)
 same => n,Hangup()

[callboard-demo-caller]
exten => 0,1,Wait(600)
 same => n,Hangup()

; Not in the product: other ways into the queue, and where conferences, pick-ups and calls outside happen.
[test-features]
exten => _X.,1,Set(CB_NUMBER=${CALLERID(num)})
 same => n,UserEvent(CallboardArrived,Line: 15880001,Number: ${CB_NUMBER},Presentation: allowed,Name: )
 same => n,Queue(${EXTEN},t)
 same => n,Hangup()

[test-conference]
exten => _X.,1,ConfBridge(${EXTEN})
 same => n,Hangup()

[test-outside]
exten => _X.,1,Dial(Local/${EXTEN}@test-customer/n)
 same => n,Hangup()

[test-customer]
exten => _X.,1,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Wait(600)

; Not in the product: a caller who withholds his number, one whose arrival is not told, and where a transfer leads.
[test-withheld]
exten => 15880001,1,Set(CALLERID(num-pres)=prohib_not_screened)
 same => n,Goto(callboard-incoming,15880001,1)

[test-untold]
exten => 15880001,1,Goto(callboard-queue,15880001,1)

[test-transfer]
exten => _X.,1,Dial(Local/${EXTEN}@callboard-operator/n)
 same => n,Hangup()
"""


def engine() -> Engine:
    """The Asterisk that the set-up made; CALLBOARD_ASTERISK_ROOT names another private root."""
    folder = os.environ.get("CALLBOARD_ASTERISK_ROOT")
    private = Path(folder) if folder else Path(__file__).parents[2] / ".cache" / "asterisk-root"
    return engine_in(Root(private)) if private.is_dir() else find_system() or engine_in(Root(private))


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Asterisk:
    """One Asterisk process; `start()` and `stop()` may follow one another."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.engine = engine()
        self.port = free_port()
        self.starts = 0
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and return at once; whoever connects finds out when it is there."""
        self.starts += 1
        self._write_configuration()
        self.process = await asyncio.create_subprocess_exec(
            *self.engine.program,
            "-C",
            str(self.state / "etc/asterisk.conf"),
            "-f",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=(self.state / "stdout").open("ab"),
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, kindly or not, and wait until it is gone."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(how)
        try:
            await asyncio.wait_for(self.process.wait(), 20)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    def _write_configuration(self) -> None:
        for folder in _FOLDERS:
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        (self.state / "run" / "asterisk.ctl").unlink(missing_ok=True)
        shutil.copytree(self.engine.data / "documentation", self.state / "lib/documentation", dirs_exist_ok=True)
        values = {
            "state": self.state,
            "modules": self.engine.modules,
            "data": self.engine.data,
            "systemname": f"cbtest{self.starts}",
            "port": self.port,
            "reader": READER_SECRET,
            "actor": ACTOR_SECRET,
        }
        files = {"asterisk": _ASTERISK, "manager": _MANAGER}
        texts = {name: text.format_map(values) for name, text in files.items()}
        texts |= {"modules": _MODULES, "queues": _QUEUES, "extensions": _EXTENSIONS}
        texts["logger"] = "[general]\n[logfiles]\nfull => notice,warning,error,verbose\n"
        texts |= dict.fromkeys(
            ("confbridge", "features", "stasis", "ccss", "cdr", "cel", "udptl", "rtp", "musiconhold", "acl"), ""
        )
        for name, text in texts.items():
            (self.state / "etc" / f"{name}.conf").write_text(text.replace("](!)", "]") if name == "asterisk" else text)
