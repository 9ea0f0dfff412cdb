"""What a touch means: promises to workers and to the clerk who counts."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from edge_agent.core.attendance import (
    Decision,
    Flag,
    Inside,
    Meaning,
    Moment,
    Never,
    Outside,
    Policy,
    Presence,
    Role,
    decide,
)
from edge_agent.core.touch import NS_PER_S, Stamp, Trust

POLICY = Policy(repeat_window_ns=60 * NS_PER_S, longest_stay_ns=16 * 3600 * NS_PER_S)
H = 3600.0
DAY_0_UTC_NS = 1_795_000_000 * NS_PER_S


def at(seconds: float, *, seq: int = 0, boot: str = "b1", trust: Trust = Trust.NTP, wall_step_s: float = 0.0) -> Moment:
    ns = round(seconds * NS_PER_S)
    stamp = Stamp(boot=boot, boot_ns=ns, utc_ns=DAY_0_UTC_NS + ns + round(wall_step_s * NS_PER_S), trust=trust)
    return Moment(seq=seq, at=stamp)


def play(touches: list[tuple[Moment, Role]], start: Presence | None = None) -> list[Decision]:
    """Let one person touch, and return each decision."""
    presence: Presence = start or Never()
    decisions = []
    for touch, role in touches:
        decision = decide(presence, touch=touch, role=role, policy=POLICY)
        presence = decision.presence
        decisions.append(decision)
    return decisions


def meanings(decisions: list[Decision]) -> list[Meaning]:
    return [decision.meaning for decision in decisions]


def test_toggle_reader_alternates_entry_and_exit() -> None:
    decisions = play([(at(8 * H), Role.TOGGLE), (at(12 * H), Role.TOGGLE), (at(13 * H), Role.TOGGLE)])

    assert meanings(decisions) == [Meaning.ENTRY, Meaning.EXIT, Meaning.ENTRY]


def test_second_touch_within_window_is_a_repeat_and_names_the_first() -> None:
    """A card held to the reader for 59.9 s is one entry, not an entry and an exit."""
    decision = decide(Inside(since=at(0, seq=7)), touch=at(59.9, seq=8), role=Role.TOGGLE, policy=POLICY)

    assert (decision.meaning, decision.repeat_of) == (Meaning.REPEAT, 7)


def test_card_held_too_long_at_the_exit_does_not_come_in_again() -> None:
    decision = decide(Outside(since=at(0)), touch=at(59.9), role=Role.TOGGLE, policy=POLICY)

    assert Meaning.REPEAT is decision.meaning


def test_touch_at_the_end_of_the_window_counts() -> None:
    decision = decide(Inside(since=at(0)), touch=at(60), role=Role.TOGGLE, policy=POLICY)

    assert Meaning.EXIT is decision.meaning


def test_forgotten_exit_is_marked_and_never_invented() -> None:
    """Who forgot to touch out yesterday comes in today: one entry, with a mark; no exit appears out of nowhere."""
    [_, decision] = play([(at(8 * H), Role.TOGGLE), (at(32 * H), Role.TOGGLE)])

    assert (decision.meaning, decision.flags) == (Meaning.ENTRY, (Flag.MISSING_EXIT,))


def test_night_shift_leaves_as_an_exit_though_the_date_changed() -> None:
    [_, decision] = play([(at(20 * H), Role.TOGGLE), (at(29 * H), Role.TOGGLE)])

    assert (decision.meaning, decision.flags) == (Meaning.EXIT, ())


def test_exit_knows_its_entry_for_the_day_of_the_stay() -> None:
    entry = at(20 * H)
    [_, decision] = play([(entry, Role.IN), (at(29 * H), Role.OUT)])

    assert entry.at == decision.entered


def test_entry_reader_records_a_second_entry_and_marks_the_missing_exit() -> None:
    [_, decision] = play([(at(8 * H), Role.IN), (at(13 * H), Role.IN)])

    assert (decision.meaning, decision.flags) == (Meaning.ENTRY, (Flag.MISSING_EXIT,))


def test_exit_a_day_after_a_forgotten_one_ends_another_stay() -> None:
    """In yesterday at eight and never out; today out at five: nobody stayed 33 hours, and two touches are missing."""
    [_, decision] = play([(at(8 * H), Role.IN), (at(41 * H), Role.OUT)])

    assert (Meaning.EXIT, None) == (decision.meaning, decision.entered)
    assert (Flag.MISSING_EXIT, Flag.MISSING_ENTRY) == decision.flags


def test_exit_without_entry_is_recorded_and_marked() -> None:
    [decision] = play([(at(17 * H), Role.OUT)])

    assert (decision.meaning, decision.flags) == (Meaning.EXIT, (Flag.MISSING_ENTRY,))


def test_walking_through_entry_and_exit_readers_within_the_window_is_both() -> None:
    decisions = play([(at(0), Role.IN), (at(20), Role.OUT)])

    assert meanings(decisions) == [Meaning.ENTRY, Meaning.EXIT]


def test_tap_reader_leaves_the_direction_alone() -> None:
    inside = Inside(since=at(0))

    decision = decide(inside, touch=at(2 * H), role=Role.TAP, policy=POLICY)

    assert Meaning.TAP is decision.meaning
    assert isinstance(decision.presence, Inside)
    assert inside.since == decision.presence.since


def test_unknown_time_between_boots_is_no_repeat_and_no_missing_exit() -> None:
    """A box without a clock, restarted at noon: nobody can say how long it was, so nothing is claimed."""
    [_, decision] = play(
        [(at(8 * H, trust=Trust.NONE), Role.TOGGLE), (at(1, boot="b2", trust=Trust.NONE), Role.TOGGLE)]
    )

    assert (decision.meaning, decision.flags) == (Meaning.EXIT, ())


def test_across_boots_trusted_wall_time_tells_a_repeat() -> None:
    first = at(100)
    after = Moment(
        seq=2, at=Stamp(boot="b2", boot_ns=5 * NS_PER_S, utc_ns=first.at.utc_ns + 30 * NS_PER_S, trust=Trust.RTC)
    )

    decision = decide(Inside(since=first), touch=after, role=Role.TOGGLE, policy=POLICY)

    assert Meaning.REPEAT is decision.meaning


roles = st.sampled_from(Role)
gaps_s = st.floats(min_value=0.0, max_value=40 * H) | st.sampled_from([0.0, 59.9, 60.0, 61.0, 16 * H, 16 * H - 1])
walks = st.lists(st.tuples(gaps_s, roles), max_size=12)


def times(gaps: list[tuple[float, Role]]) -> list[tuple[Moment, Role]]:
    now, touches = 0.0, []
    for number, (gap, role) in enumerate(gaps, start=1):
        now += gap
        touches.append((at(now, seq=number), role))
    return touches


@given(walks)
def test_doubling_every_touch_changes_nothing(gaps: list[tuple[float, Role]]) -> None:
    """I10: whatever makes a card be read twice, the days counted are the same."""
    touches = times(gaps)
    doubled = [touch for touch in touches for _ in range(2)]

    once = [(decision.meaning, decision.flags) for decision in play(touches) if decision.meaning is not Meaning.REPEAT]
    twice = [(decision.meaning, decision.flags) for decision in play(doubled) if decision.meaning is not Meaning.REPEAT]

    assert once == twice


@given(
    walks,
    st.lists(st.floats(min_value=-1e9, max_value=1e9), min_size=12, max_size=12),
    st.lists(st.sampled_from(Trust), min_size=12, max_size=12),
)
def test_wall_clock_steps_never_change_a_decision_within_one_boot(
    gaps: list[tuple[float, Role]], steps_s: list[float], trusts: list[Trust]
) -> None:
    """I9: NTP that comes late, a dead RTC battery, a clock set by hand: the same meaning."""
    touches = times(gaps)
    stepped = [
        (replace(touch, at=replace(touch.at, utc_ns=touch.at.utc_ns + round(step_s * NS_PER_S), trust=trust)), role)
        for (touch, role), step_s, trust in zip(touches, steps_s, trusts, strict=False)
    ]

    steady_told = [(decision.meaning, decision.flags, decision.repeat_of) for decision in play(touches)]
    stepped_told = [(decision.meaning, decision.flags, decision.repeat_of) for decision in play(stepped)]

    assert steady_told == stepped_told


@given(walks)
def test_entries_and_exits_pair_up_unless_marked(gaps: list[tuple[float, Role]]) -> None:
    """Between two entries there is an exit or a mark; before each exit there is an entry or a mark."""
    inside = False
    for decision in play(times(gaps)):
        if decision.meaning is Meaning.ENTRY:
            assert inside == (Flag.MISSING_EXIT in decision.flags)
            inside = True
        elif decision.meaning is Meaning.EXIT:
            # Marked both: somebody was inside, and had forgotten to leave long before.
            is_another_stay = Flag.MISSING_EXIT in decision.flags
            assert inside == (is_another_stay or Flag.MISSING_ENTRY not in decision.flags)
            inside = False


@given(walks)
def test_a_repeat_leaves_presence_untouched(gaps: list[tuple[float, Role]]) -> None:
    touches = times(gaps)
    decisions = play(touches)
    assume(any(decision.meaning is Meaning.REPEAT for decision in decisions))

    before: Presence = Never()
    for decision in decisions:
        if decision.meaning is Meaning.REPEAT:
            assert before == decision.presence
        before = decision.presence
