"""Each call is told exactly once, whatever order and haste the modem tells of it in."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from drivers.calls import GRACE_NS, SILENCE_NS, Call, Calls
from drivers.wire.at_message import CallEnded, CallerId, Message, Ring, Signal

S = 1_000_000_000
A, B = "09011111111", "09022222222"
A_TOLD, B_TOLD = "+819011111111", "+819022222222"
WITHHELD = CallerId(number="", kind=128, validity=1)
UNAVAILABLE = CallerId(number="", kind=128, validity=2)
NOTHING_YET = CallerId(number="", kind=128, validity=0)
END = CallEnded()


def clip(number: str) -> CallerId:
    return CallerId(number=number, kind=129, validity=0)


def told(*said: tuple[float, Message | None], calls: Calls | None = None) -> list[tuple[float, str, str]]:
    calls = calls or Calls()
    found = []
    for at_s, message in said:
        now_ns = round(at_s * S)
        new = calls.tick(now_ns) if message is None else calls.take(message, now_ns)
        found += [(at_s, call.number, call.how) for call in new]
    return found


def test_a_call_is_told_with_its_first_number() -> None:
    assert [(0.1, A_TOLD, "call")] == told((0, Ring()), (0.1, clip(A)), (5, Ring()), (5.1, clip(A)), (8, END))


def test_a_number_told_before_the_ring_is_the_same_call() -> None:
    assert [(0, A_TOLD, "call")] == told((0, clip(A)), (0.01, Ring()), (5, clip(A)), (5.01, Ring()))


def test_a_number_that_comes_with_the_second_ring_is_no_withheld_one() -> None:
    """Some networks and modems are late with it: who shows the number must not wait as a stranger."""
    assert [(5.3, A_TOLD, "call")] == told((0, Ring()), (2, None), (5, Ring()), (5.3, clip(A)), (9, None))


def test_a_withheld_number_is_told_at_once_where_the_network_says_so() -> None:
    assert [(0.1, "", "call-withheld")] == told((0, Ring()), (0.1, WITHHELD), (5, Ring()), (5.1, WITHHELD))
    assert [(0.1, "", "call-unavailable")] == told((0, Ring()), (0.1, UNAVAILABLE))


def test_without_a_word_it_is_withheld_only_after_the_second_ring() -> None:
    assert [] == told((0, Ring()), (4.9, None))
    assert [] == told((0, Ring()), (0.1, NOTHING_YET), (4.9, None))
    assert [(6.2, "", "call-unknown")] == told((0, Ring()), (5, Ring()), (5.9, None), (6.2, None), (9, None))


def test_two_words_on_one_ring_are_one_ring() -> None:
    assert [] == told((0, Ring()), (0.02, Ring()), (4, None))


def test_a_call_that_ends_before_its_number_came_is_told_as_unknown() -> None:
    """Somebody rang for one second: they believe to be recorded."""
    assert [(1, "", "call-unknown")] == told((0, Ring()), (1, END))


def test_a_call_whose_end_nobody_tells_is_over_after_the_silence() -> None:
    assert [(0, A_TOLD, "call"), (20, A_TOLD, "call")] == told((0, clip(A)), (9, None), (20, clip(A)))


def test_the_same_number_seconds_later_is_another_call() -> None:
    assert [(0, A_TOLD, "call"), (3, A_TOLD, "call")] == told((0, clip(A)), (1, END), (3, Ring()), (3, clip(A)))


def test_two_calls_within_a_second_are_two() -> None:
    assert [A_TOLD, B_TOLD] == [
        number for _, number, _ in told((0, Ring()), (0, clip(A)), (0.2, END), (0.4, Ring()), (0.5, clip(B)))
    ]


def test_another_number_without_an_end_between_is_another_call() -> None:
    assert [(0, A_TOLD, "call"), (2, B_TOLD, "call")] == told((0, clip(A)), (2, Ring()), (2, clip(B)))


def test_a_call_during_a_call_is_told_once() -> None:
    waiting = CallerId(number=B, kind=129, validity=0, is_waiting=True)

    assert [A_TOLD, B_TOLD] == [
        number for _, number, _ in told((0, clip(A)), (1, waiting), (2, waiting), (5, Ring()), (6, waiting))
    ]


def test_who_waits_during_the_next_call_is_told_again() -> None:
    waiting = CallerId(number=B, kind=129, validity=0, is_waiting=True)

    assert [A_TOLD, B_TOLD] * 2 == [
        number for _, number, _ in told((0, clip(A)), (1, waiting), (2, END), (20, clip(A)), (21, waiting))
    ]


def test_who_is_said_to_wait_while_nobody_calls_is_a_caller() -> None:
    waiting = CallerId(number=B, kind=129, validity=0, is_waiting=True)

    assert [(0, B_TOLD, "call"), (30, B_TOLD, "call")] == told((0, waiting), (1, waiting), (30, waiting))


def test_a_modem_that_tells_only_the_number_again_and_not_the_ring_tells_one_call() -> None:
    assert [(0.1, A_TOLD, "call")] == told((0, Ring()), (0.1, clip(A)), (6, clip(A)), (12, clip(A)), (18, clip(A)))


def test_a_number_nobody_can_read_is_an_unknown_caller() -> None:
    assert [(0, "", "call-unreadable")] == told((0, clip("*31#anonymous")), (5, Ring()), (9, None))


def test_after_we_hung_up_a_belated_ring_is_no_new_call_and_the_next_caller_is() -> None:
    """After our own AT+CHUP no NO CARRIER comes: a second caller was swallowed until the silence was over."""
    calls = Calls()
    assert 1 == len(told((0, Ring()), (0.1, clip(A)), calls=calls))
    assert [] == calls.hung_up(round(0.3 * S))

    assert [(1.2, B_TOLD, "call")] == told((0.4, Ring()), (0.5, clip(A)), (1.1, Ring()), (1.2, clip(B)), calls=calls)


@dataclass(frozen=True)
class Planned:
    """One call as somebody makes it."""

    number: str
    told_at_ring: int
    """With which ring the number comes, counted from 0; beyond the last one: never."""
    rings: int
    every_s: float
    clip_after_s: float
    pause_s: float
    is_end_told: bool


PLANNED = st.builds(
    Planned,
    number=st.sampled_from([A, B, "withheld", ""]),
    told_at_ring=st.integers(0, 3),
    rings=st.integers(1, 5),
    every_s=st.floats(2.0, 6.0),
    clip_after_s=st.floats(0.0, 0.9),
    pause_s=st.floats(0.0, 4.0),
    is_end_told=st.booleans(),
)


def played(plan: list[Planned]) -> list[tuple[float, Message | None]]:
    """Return what a modem says of these calls; between two words time is looked at four times a second."""
    said: list[tuple[float, Message | None]] = []
    now_s = 0.0
    for call in plan:
        for ring in range(call.rings):
            said.append((now_s, Ring()))
            if ring >= call.told_at_ring and call.number:
                who = WITHHELD if call.number == "withheld" else clip(call.number)
                said.append((now_s + call.clip_after_s, who))
            now_s += call.every_s
        if call.is_end_told:
            said.append((now_s, END))
        now_s += call.pause_s + (0 if call.is_end_told else SILENCE_NS / S + 1)
    ticks = [(quarter / 4, None) for quarter in range(int(now_s * 4) + 80)]
    return sorted([*said, *ticks], key=lambda each: each[0])


@given(st.lists(PLANNED, max_size=6))
def test_whatever_calls_come_each_is_told_once_and_by_its_number_where_it_came_in_time(plan: list[Planned]) -> None:
    expected = []
    for call in plan:
        is_in_time = call.told_at_ring < min(call.rings, 2) and call.number
        expected.append({A: A_TOLD, B: B_TOLD}.get(call.number, "") if is_in_time else "")

    assert expected == [number for _, number, _ in told(*played(plan))]


WAITING = CallerId(number=A, kind=129, validity=0, is_waiting=True)
WORDS = st.sampled_from(
    [
        Ring(),
        END,
        clip(A),
        clip(B),
        WITHHELD,
        UNAVAILABLE,
        NOTHING_YET,
        clip("x"),
        Signal(dbm=-70),
        WAITING,
        None,
        "cut",
    ]
)


@given(st.lists(st.tuples(WORDS, st.floats(0, 12)), max_size=60))
def test_no_sequence_of_words_crashes_it_tells_a_call_twice_or_keeps_one_back(words: list) -> None:
    calls, now_ns, seen = Calls(), 0, []
    for word, wait_s in words:
        now_ns += round(wait_s * S)
        if word is None:
            seen += calls.tick(now_ns)
        elif word == "cut":
            seen += calls.hung_up(now_ns)
        else:
            seen += calls.take(word, now_ns)
    seen += calls.tick(now_ns + SILENCE_NS + GRACE_NS + 1)
    ids = [call.id for call in seen]

    assert len(ids) == len(set(ids)) == calls._calls
    assert not calls.is_ringing
    assert all(isinstance(call, Call) for call in seen)
