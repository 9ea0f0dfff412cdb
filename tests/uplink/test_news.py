"""The kernel's news of the network: its bytes, how often they count, and the real thing in a namespace of its own."""

import ctypes
import multiprocessing
import os
import shutil
import struct
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.news import Hurry, News, is_improvement, messages

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
    ids=["running", "no carrier", "address", "tentative", "route", "broadcast route", "address gone", "short link", "short address", "short route"],
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


def _in_a_namespace(told: "multiprocessing.connection.Connection") -> None:
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


def test_the_kernel_tells_when_a_link_comes_up(require: Callable[[str | None], None]) -> None:
    require(None if shutil.which("ip") else "ip is not installed (Debian: apt install iproute2)")
    require(None if os.geteuid() == 0 else "a network namespace needs root")
    here, there = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_in_a_namespace, args=(there,), daemon=True)
    child.start()
    heard = here.recv() if here.poll(30) else "nothing"
    child.join(10)
    require(heard if isinstance(heard, str) else None)

    assert [False, True, True, False] == heard
