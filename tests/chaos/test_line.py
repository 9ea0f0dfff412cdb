"""The line of `make chaos`: a fault that is none would make every run good."""

import socket
from collections.abc import Iterator

import pytest

from hardware_fakes.chaos.line import Line

SOON_S = 0.2
PATIENCE_S = 10.0


@pytest.fixture
def broker() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        yield server


@pytest.fixture
def line(broker: socket.socket) -> Iterator[Line]:
    with Line(broker.getsockname()[1]) as line:
        yield line


@pytest.fixture
def ends(line: Line, broker: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_connection(("127.0.0.1", line.port), timeout=PATIENCE_S) as box:
        office, _ = broker.accept()
        with office:
            office.settimeout(PATIENCE_S)
            box.sendall(b"hello")
            office.recv(9)
            yield box, office


Ends = tuple[socket.socket, socket.socket]


def is_silent(end: socket.socket) -> bool:
    end.settimeout(SOON_S)
    try:
        return not end.recv(1) and False
    except TimeoutError:
        return True
    finally:
        end.settimeout(PATIENCE_S)


def test_what_is_said_arrives_both_ways_and_so_does_the_end(ends: Ends) -> None:
    box, office = ends
    box.sendall(b"up")
    office.sendall(b"down")

    assert (b"up", b"down") == (office.recv(9), box.recv(9))
    box.close()
    assert office.recv(9) == b""


def test_a_silent_line_lets_through_later_what_it_held_up(line: Line, ends: Ends) -> None:
    box, office = ends
    line.silent(on=True)
    box.sendall(b"up")

    assert is_silent(office)
    line.silent(on=False)
    assert office.recv(9) == b"up"


def test_a_forgotten_connection_is_dead_without_a_word_and_a_new_one_works(
    line: Line, ends: Ends, broker: socket.socket
) -> None:
    box, office = ends
    line.forget()
    box.sendall(b"up")

    assert is_silent(office)
    box.close()
    assert is_silent(office)
    with socket.create_connection(("127.0.0.1", line.port), timeout=PATIENCE_S) as anew, broker.accept()[0] as behind:
        anew.sendall(b"again")
        assert behind.recv(9) == b"again"


def test_a_reset_is_told_to_both(line: Line, ends: Ends) -> None:
    line.reset()
    for end in ends:
        with pytest.raises(ConnectionResetError):
            end.recv(9)


def test_a_line_that_is_down_refuses_and_is_on_the_same_port_afterwards(line: Line, broker: socket.socket) -> None:
    port = line.port
    line.down(on=True)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    line.down(on=False)

    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S), broker.accept()[0]:
        assert port == line.port


def test_a_narrow_line_takes_its_time(line: Line, ends: Ends) -> None:
    box, office = ends
    line.narrow(bytes_per_s=1000)
    box.sendall(bytes(400))

    assert is_silent(office)
    assert len(office.recv(4096)) == 400
