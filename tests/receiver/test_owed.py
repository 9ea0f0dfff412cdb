"""One receipt in a while for each gateway, and none forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.receiver.owed import Owed
from edge_agent.receiver.unpack import Stream

EVERY_NS = 200

streams = st.builds(Stream, st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"]))
steps = st.lists(st.one_of(streams, st.tuples(st.integers(0, 300), st.integers(0, 3))), max_size=40)


@given(steps=steps)
def test_receipts_keep_their_distance_and_the_last_is_never_lost(steps: list[Stream | tuple[int, int]]) -> None:
    owed, now_ns, waiting = Owed(every_ns=EVERY_NS), 0, set()
    last_ns: dict[str, int] = {}

    def take(limit: int) -> None:
        for stream in owed.take(now_ns, limit=limit):
            assert now_ns - last_ns.get(stream.gateway, -EVERY_NS) >= EVERY_NS
            last_ns[stream.gateway] = now_ns
            waiting.remove(stream)

    for step in steps:
        if isinstance(step, Stream):
            owed.owe(step)
            waiting.add(step)
        else:
            now_ns += step[0]
            take(step[1])
    ended_ns = now_ns
    while (due_ns := owed.due_ns()) is not None:
        now_ns = max(now_ns, due_ns)
        take(100)

    assert not waiting
    assert now_ns - ended_ns <= 2 * EVERY_NS


def test_who_waits_longest_is_first() -> None:
    owed = Owed(every_ns=EVERY_NS)
    for name in "cab":
        owed.owe(Stream(name, "1"))

    assert ["c", "a"] == [stream.gateway for stream in owed.take(0, limit=2)]


def test_in_a_hurry_nothing_waits() -> None:
    owed, stream = Owed(every_ns=EVERY_NS), Stream("a", "1")
    owed.owe(stream)
    owed.take(0, limit=1)
    owed.owe(stream)

    assert [] == owed.take(1, limit=1)
    owed.hurry()
    assert [stream] == owed.take(1, limit=1)
