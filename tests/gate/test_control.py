"""The control socket: asked by the right people, with bounded requests, it answers; nobody else disturbs the gate."""

import json
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.control import server as server_module
from edge_agent.control.client import NotRunning, Refused, ask
from edge_agent.control.feed import KEPT, Feed
from edge_agent.control.server import Answers, Server
from edge_agent.intake import Recorded


def echo(wish: Mapping[str, object]) -> Answers:
    return [{"heard": wish}]


def count(wish: Mapping[str, object]) -> Answers:
    return ({"number": number} for number in range(int(str(wish["upto"]))))


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "control.sock"
    server = Server(path, handlers={"echo": echo, "count": count})
    server.start()
    yield path
    server.stop()


def raw(path: Path, request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(str(path))
        try:
            sock.sendall(request)
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(65536), b""))
        except (BrokenPipeError, ConnectionResetError):  # the answer came before we had said everything
            return b""


def test_a_request_is_answered(path: Path) -> None:
    assert [{"heard": {"do": "echo", "word": "入場"}}] == list(ask(path, "echo", word="入場"))


def test_an_answer_may_be_a_stream(path: Path) -> None:
    assert [{"number": 0}, {"number": 1}] == list(ask(path, "count", upto=2))


def test_only_the_owner_can_reach_the_socket(path: Path) -> None:
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_an_unknown_request_is_told_what_there_is(path: Path) -> None:
    with pytest.raises(Refused, match="count, echo"):
        list(ask(path, "open-the-gate"))


def test_a_stranger_is_not_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Peers are known by the kernel's word; here the agent runs as somebody else than the peer."""
    monkeypatch.setattr(server_module.struct, "unpack", lambda *_: (1, 12345, 12345))
    server = Server(tmp_path / "control.sock", handlers={"echo": echo})
    server.start()
    try:
        with pytest.raises(Refused, match="not allowed"):
            list(ask(tmp_path / "control.sock", "echo"))
    finally:
        server.stop()


def test_a_stranger_is_heard_out_but_nothing_of_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """I8: who may not ask must not fill the memory either."""
    monkeypatch.setattr(server_module.struct, "unpack", lambda *_: (1, 12345, 12345))
    taken: list[object] = []
    monkeypatch.setattr(Server, "_heard", lambda *_: taken.append(_))
    server = Server(tmp_path / "control.sock", handlers={"echo": echo})
    server.start()
    try:
        told = raw(tmp_path / "control.sock", b"x" * (4 << 20))
    finally:
        server.stop()

    assert told == b"" or "not allowed" in json.loads(told)["error"]
    assert [] == taken


def test_a_request_of_megabytes_is_taken_from_who_may_ask(path: Path) -> None:
    [answer] = ask(path, "echo", word="場" * (4 << 20))

    assert 4 << 20 == len(answer["heard"]["word"])


def test_a_request_that_is_too_large_is_not_even_sent(path: Path) -> None:
    with pytest.raises(Refused, match="too much at once"):
        list(ask(path, "echo", word="x" * server_module.MAX_REQUEST_BYTES))


def test_one_large_request_is_heard_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """I8."""
    monkeypatch.setattr(server_module, "PATIENCE_S", 0.2)
    path = tmp_path / "control.sock"
    server = Server(path, handlers={"echo": echo})
    server.start()
    try:
        with server._large, pytest.raises(Refused, match="another large request"):  # another is under way
            list(ask(path, "echo", word="x" * 100_000))
        with server._large:
            assert 1 == len(list(ask(path, "echo")))
        assert 1 == len(list(ask(path, "echo", word="x" * 100_000)))
    finally:
        server.stop()


def test_nesting_without_end_is_told(path: Path) -> None:
    assert "error" in json.loads(raw(path, b"[" * 60_000 + b"\n"))


def test_a_socket_file_left_by_a_dead_agent_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()

    with pytest.raises(NotRunning, match="is it running"):
        list(ask(path, "echo"))
    server = Server(path, handlers={"echo": echo})
    server.start()
    answers = list(ask(path, "echo"))
    server.stop()

    assert 1 == len(answers)
    assert not path.exists()


def test_a_request_without_end_is_cut_off(path: Path) -> None:
    told = raw(path, b"x" * (server_module.MAX_REQUEST_BYTES + 10_000))

    assert told == b"" or "at most" in json.loads(told)["error"]
    assert [{"heard": {"do": "echo"}}] == list(ask(path, "echo"))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_get_an_error_and_nothing_breaks(path: Path, noise: bytes) -> None:
    told = raw(path, noise)

    assert "error" in json.loads(told)


def test_silent_peers_do_not_keep_others_out_for_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every socket is bounded: sixteen silent peers at once, and the next is turned away, not queued for ever."""
    monkeypatch.setattr(server_module, "PATIENCE_S", 0.2)
    silent = [socket.socket(socket.AF_UNIX) for _ in range(server_module.MAX_CLIENTS)]
    for sock in silent:
        sock.settimeout(10)
        sock.connect(str(path))
    for sock in silent:  # each is given up on
        assert sock.recv(1) == b""
        sock.close()

    assert 1 == len(list(ask(path, "echo")))


def test_a_slow_watcher_is_told_what_it_missed_and_holds_up_nobody() -> None:
    feed = Feed()
    watcher = feed.watch()
    recorded = object.__new__(Recorded)
    for _ in range(KEPT + 7):
        feed.put(recorded)

    touches, missed = watcher.take(0)
    assert (KEPT, 7) == (len(touches), missed)
    assert ([], 0) == watcher.take(0)


def test_a_watcher_who_left_is_forgotten() -> None:
    feed = Feed()
    feed.leave(feed.watch())

    assert [] == feed._watchers


def test_without_a_group_nobody_is_its_member() -> None:
    assert not server_module._is_member(os.geteuid(), os.getegid(), "")
    assert not server_module._is_member(1, 1, "no-such-group")


def test_a_socket_that_cannot_be_opened_is_told_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """I11: a wrong path in the configuration must not close the gate."""
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    server = Server(tmp_path / "file" / "control.sock", handlers={"echo": echo})
    server.start()
    server.stop()

    assert ["control socket cannot be opened"] == [record.getMessage() for record in caplog.records]
