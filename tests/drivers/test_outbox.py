"""What waits for room in a pipe: in order, bounded, told anew, and never to whatever took the pipe's number."""

import pytest

from drivers.outbox import Outbox


class Pipe:
    """Takes as many lines as it has room for."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.told: list[bytes] = []
        self.is_broken = False

    def tell(self, line: bytes) -> bool:
        if self.is_broken:
            raise BrokenPipeError
        if len(self.told) >= self.room:
            return False
        self.told.append(line)
        return True


def test_a_course_comes_before_what_waits_and_is_drawn_only_while_there_is_room() -> None:
    pipe, drawn = Pipe(room=2), []
    outbox = Outbox(pipe.tell)
    outbox.begin(drawn.append(number) or b"%d" % number for number in range(1000))
    outbox.put(b"question")
    drawn_before = len(drawn)
    pipe.room = 2000
    outbox.flush()

    assert drawn_before == 3
    assert [b"%d" % number for number in range(1000)] + [b"question"] == pipe.told
    assert outbox.is_empty


def test_a_new_course_takes_the_place_of_the_old_one() -> None:
    pipe = Pipe(room=1)
    outbox = Outbox(pipe.tell)
    outbox.begin([b"old-1", b"old-2", b"old-3"])
    outbox.begin([b"new-1", b"new-2"])
    pipe.room = 10
    outbox.flush()

    assert [b"old-1", b"old-2", b"new-1", b"new-2"] == pipe.told


def test_what_waits_is_bounded() -> None:
    outbox = Outbox(Pipe(room=0).tell, most=3)

    assert [True] * 4 + [False] == [outbox.put(b"line") for _ in range(5)]


def test_nothing_is_told_after_the_end() -> None:
    """The pipe's number may be the database's by then."""
    pipe = Pipe(room=0)
    outbox = Outbox(pipe.tell)
    outbox.put(b"line")
    outbox.close()
    pipe.room = 10
    outbox.flush()
    with pytest.raises(BrokenPipeError):
        outbox.put(b"line")

    assert not pipe.told


def test_who_flushes_into_a_broken_pipe_is_not_told_and_who_tells_is() -> None:
    pipe = Pipe(room=0)
    outbox = Outbox(pipe.tell)
    outbox.put(b"line")
    pipe.is_broken = True
    outbox.flush()
    with pytest.raises(BrokenPipeError):
        outbox.put(b"line")

    assert outbox.is_empty
