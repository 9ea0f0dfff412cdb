"""A child process that behaves as told, mostly badly: `python -m hardware_fakes.naughty MOOD [WORD]`. Has no device."""

import enum
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from drivers.contract import Medium
from drivers.wire.lines import VERSION, Alive, Failed, Hello, Message, Seen, line_of

_BEAT_S = 0.1


class Mood(enum.StrEnum):
    """What it does after it has greeted, said that it lives, and seen one card."""

    GOOD = "good"
    SEGV = "segv"
    KILLED = "killed"
    """As the kernel does when the memory is full."""
    HANG = "hang"
    """Neither speaks nor hears, and minds no signal that can be minded."""
    GARBAGE = "garbage"
    ENDLESS = "endless"
    """A line without an end, slowly."""
    FLOOD = "flood"
    SIGHTINGS = "sightings"
    STDERR = "stderr"
    CHATTY = "chatty"
    """Says more on stderr than anybody wants to log, and lives on."""
    TACITURN = "taciturn"
    """Closes its stderr, and lives on."""
    MUTE = "mute"
    """Closes its output and lives on."""
    ORPHAN = "orphan"
    """Ends, and leaves somebody behind who holds its output."""
    EXIT = "exit"
    LATE = "late"
    """Never greets."""
    OLD = "old"
    """Of another version."""
    LOST = "lost"
    BROKEN = "broken"
    FUTURE = "future"
    """Says what a later version might, and sees what nobody has seen yet."""


def command(mood: Mood, word: str = "") -> list[str]:
    """Return the command line of such a child."""
    return [sys.executable, "-m", "hardware_fakes.naughty", mood, word]


def main(mood: Mood, word: str) -> None:
    """Behave so."""
    if mood is Mood.LATE:
        _hang()
    _say(Hello(version=VERSION + (mood is Mood.OLD)))
    _alive()
    _see(word.encode() or b"card-1")
    _PLAYS[mood]()


def _say(message: Message) -> None:
    os.write(1, line_of(message))


def _alive() -> None:
    _say(Alive(is_open=True, device="naughty", detail=f"pid {os.getpid()}"))


def _see(token: bytes, *, ahead_ns: int = 0) -> None:
    now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) + ahead_ns
    _say(Seen(medium=Medium.CARD, token=token, technology="unknown", seen_ns=now_ns))


def _live(also: Callable[[], None] = lambda: None) -> NoReturn:
    os.set_blocking(0, False)
    while True:
        also()
        _alive()
        # Each time: who answers every sight at once would else be shown more than there can be.
        time.sleep(_BEAT_S)
        try:
            heard = os.read(0, 65_536)
        except BlockingIOError:
            continue
        if not heard:
            sys.exit(0)
        for line in heard.splitlines():
            _see(b"heard " + line)


def _hang() -> NoReturn:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(3600)


def _for_ever(what: Callable[[], object]) -> NoReturn:
    while True:
        what()


def _endless() -> NoReturn:
    while True:
        os.write(1, b"x" * 10)
        time.sleep(_BEAT_S)


def _chatty() -> NoReturn:
    os.write(2, b"\n".join(b"line %d" % number for number in range(2000)) + b"\n\x1b[31mred" + b"y" * 5000 + b"\n")
    _live()


def _taciturn() -> NoReturn:
    os.close(2)
    _live()


def _mute() -> NoReturn:
    os.close(1)
    _hang()


def _orphan() -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    os.write(2, b"%d\n" % left.pid)


def _exit() -> NoReturn:
    os.write(2, b"no such camera\n")
    sys.exit(7)


def _future() -> NoReturn:
    os.write(1, b'{"type":"face","vector":[1,2],"seen_ns":1}\n{"type":"alive","is_open":true,"later":{"a":1}}\n')
    _see(b"future", ahead_ns=3600 * 10**9)
    _live()


_PLAYS: dict[Mood, Callable[[], object]] = {
    Mood.GOOD: _live,
    Mood.SEGV: lambda: os.kill(os.getpid(), signal.SIGSEGV),
    Mood.KILLED: lambda: os.kill(os.getpid(), signal.SIGKILL),
    Mood.HANG: _hang,
    Mood.GARBAGE: lambda: _for_ever(lambda: os.write(1, b'{"type":"alive"}\nGarbage \xff\x00\n[1]\n')),
    Mood.ENDLESS: _endless,
    Mood.FLOOD: lambda: _for_ever(_alive),
    Mood.SIGHTINGS: lambda: _for_ever(lambda: _see(os.urandom(8))),
    Mood.STDERR: lambda: _for_ever(lambda: os.write(2, b"noise " * 1000)),
    Mood.CHATTY: _chatty,
    Mood.TACITURN: _taciturn,
    Mood.MUTE: _mute,
    Mood.ORPHAN: _orphan,
    Mood.EXIT: _exit,
    Mood.OLD: _live,
    Mood.LOST: lambda: _say(Failed(how="lost", why="the cable is out")),
    Mood.BROKEN: lambda: _say(Failed(how="broken", why="not installed")),
    Mood.FUTURE: _future,
}


if __name__ == "__main__":
    main(Mood(sys.argv[1]), sys.argv[2])
