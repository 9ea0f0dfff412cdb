"""The kernel's news of the network: its bytes, how often they count, and the real thing in a namespace of its own."""

import ctypes
import multiprocessing
import os
import shutil
import struct
import subprocess
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.clock import SystemClock
from edge_agent.config import settings
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink import retry
from edge_agent.uplink.link import Box, Uplink
from edge_agent.uplink.mqtt import Endpoint
from edge_agent.uplink.news import Hurry, News, is_improvement, messages
from hardware_fakes import network
from spool.journal import Journal

NEW_LINK, NEW_ADDRESS, NEW_ROUTE, DEL_ADDRESS = 16, 20, 24, 21
CLONE_NEWNET = 0x40000000


def _message(kind: int, body: bytes) -> bytes:
    whole = struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body
    return whole + b"\0" * (-len(whole) % 4)


def _link(flags: int) -> bytes:
    return struct.pack("=BBHiII", 0, 0, 1, 2, flags, 0)


def _address(flags: int) -> bytes:
    return struct.pack("=BBBBi", 2, 24, flags, 0, 2)


def _route(kind: int) -> bytes:
    return struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 254, 3, 0, kind, 0)


@pytest.mark.parametrize(
    ("kind", "body", "is_good"),
    [
        (NEW_LINK, _link(0x1 | 0x40), True),
        (NEW_LINK, _link(0x1), False),
        (NEW_ADDRESS, _address(0), True),
        (NEW_ADDRESS, _address(0x40), False),
        (NEW_ROUTE, _route(1), True),
        (NEW_ROUTE, _route(3), False),
        (DEL_ADDRESS, _address(0), False),
        (NEW_LINK, b"", False),
        (NEW_ADDRESS, b"", False),
        (NEW_ROUTE, b"", False),
    ],
    ids=[
        "running",
        "no carrier",
        "address",
        "tentative",
        "route",
        "broadcast route",
        "address gone",
        "short link",
        "short address",
        "short route",
    ],
)
def test_only_what_may_bring_the_broker_back_is_an_improvement(*, kind: int, body: bytes, is_good: bool) -> None:
    assert is_good is is_improvement(kind, body)


def test_several_messages_of_one_read_are_told_apart() -> None:
    both = _message(NEW_LINK, _link(0x41)) + _message(NEW_ADDRESS, _address(0) + b"x")

    assert [NEW_LINK, NEW_ADDRESS] == [kind for kind, _ in messages(both)]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    assert all(is_improvement(kind, body) in {True, False} for kind, body in messages(data))


def test_a_link_that_flaps_makes_no_storm() -> None:
    hurry = Hurry()
    allowed = [second for second in range(600) if hurry.allows(second * NS_PER_S)]

    assert [0, 1, 2] == allowed[:3]
    assert len(allowed) <= 600 // 10 + 3


def test_where_netlink_is_forbidden_there_is_no_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container without it: everything else works."""

    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("socket.socket", forbidden)
    news = News()

    assert news.fd is None
    assert not news.heard()
    news.close()


def _in_a_namespace(told: Connection) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        told.send(os.strerror(ctypes.get_errno()))
        return
    news = News()
    heard = [news.heard()]
    for command in ("link set lo up", "addr add 192.0.2.1/24 dev lo", "addr del 192.0.2.1/24 dev lo"):
        subprocess.run(["ip", *command.split()], check=True)
        heard.append(news.heard())
    news.close()
    told.send(heard)


def _comes_back(told: Connection, folder: Path) -> None:
    retry.FIRST_WAIT_S = 60.0  # without news it would rest for long
    with network.Cable(folder / "broker") as cable, Journal(folder / "spool.db") as journal:
        link = Uplink(
            endpoint=Endpoint(host=network.THERE, port=network.PORT, client_id="gw-1", tls=False, keepalive_s=1),
            topics=Topics("gate/1"),
            gateway="gw-1",
            journal=journal,
            spool_path=folder / "spool.db",
            clock=SystemClock(),
            settings=settings.Uplink(receipt="broker"),
            birth=lambda: Box(agent="0.1.0", sites=("13-0042",), readers=()),
            session="session-1",
        )
        link.start()
        is_there = _wait_for(lambda: link.status().is_connected)
        cable.unplug()
        is_gone = _wait_for(lambda: not link.status().is_connected)
        journal.write(lambda tx: tx.append(b"{}", seq=1, recorded_utc_ns=1))
        threading.Event().wait(0.5)
        cable.plug()
        is_back = _wait_for(lambda: link.status().upto == 1)
        link.stop()
        told.send([is_there, is_gone, is_back])


def _wait_for(is_so: Callable[[], bool]) -> bool:
    for _ in range(500):
        if is_so():
            return True
        threading.Event().wait(0.01)
    return False


def test_the_first_event_is_at_the_broker_soon_after_the_cable_is_plugged_in(
    require: Callable[[str | None], None], tmp_path: Path
) -> None:
    """The morning after: the line is back at seven, and so are the events of the night."""
    require(network.available())

    assert [True, True, True] == _apart(_comes_back, tmp_path)


def _apart(work: Callable[..., None], *args: object) -> object:
    """Do the work in a process of its own; return what it tells."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=work, args=(there, *args), daemon=True)
    child.start()
    there.close()
    told = here.recv() if here.poll(60) else "nothing"
    child.join(10)
    return told


def test_the_kernel_tells_when_a_link_comes_up(require: Callable[[str | None], None]) -> None:
    require(None if shutil.which("ip") else "ip is not installed (Debian: apt install iproute2)")
    require(None if os.geteuid() == 0 else "a network namespace needs root")
    heard = _apart(_in_a_namespace)
    require(heard if isinstance(heard, str) else None)

    assert [False, True, True, False] == heard
