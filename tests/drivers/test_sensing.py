"""L0: one card held to a reader is one sighting, however often it is read."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.sensing import InView, Sensing

S = 1_000_000_000


def test_same_card_still_there_is_seen_once() -> None:
    sensing = Sensing(reread_window_s=1.5)

    assert [True, False, False] == [sensing.is_new(b"a", at * S) for at in (0, 1, 3600)]


def test_card_back_within_the_window_has_not_been_away() -> None:
    """A card in a wallet drops out of the field and returns: one gesture, one answer."""
    sensing = Sensing(reread_window_s=1.5)
    sensing.is_new(b"a", 0)
    sensing.left(10 * S)

    assert not sensing.is_new(b"a", 10 * S + 3 * S // 2)


def test_card_back_after_the_window_is_new() -> None:
    sensing = Sensing(reread_window_s=1.5)
    sensing.is_new(b"a", 0)
    sensing.left(10 * S)

    assert sensing.is_new(b"a", 10 * S + 3 * S // 2 + 1)


def test_window_counts_from_when_it_first_left() -> None:
    """A reader reports "empty" again and again: that does not prolong the window."""
    sensing = Sensing(reread_window_s=1.5)
    sensing.is_new(b"a", 0)
    for at in range(10):
        sensing.left(at * S)

    assert sensing.is_new(b"a", 10 * S)


def test_next_worker_is_seen_at_once() -> None:
    sensing = Sensing(reread_window_s=1.5)
    sensing.is_new(b"a", 0)
    sensing.left(1)

    assert sensing.is_new(b"b", 2)


looks = st.lists(st.tuples(st.integers(0, 3 * S), st.sampled_from([b"a", b"b", None])), max_size=30)


@given(looks, st.floats(0, 3))
def test_doubling_every_look_changes_nothing(steps: list[tuple[int, bytes | None]], window_s: float) -> None:
    """How often a card is read is the reader's business, not the worker's."""

    def play(times: int) -> list[tuple[int, bytes]]:
        sensing, now_ns, seen = Sensing(reread_window_s=window_s), 0, []
        for passed_ns, token in steps:
            now_ns += passed_ns
            for _ in range(times):
                if token is None:
                    sensing.left(now_ns)
                elif sensing.is_new(token, now_ns):
                    seen.append((now_ns, token))
        return seen

    assert play(1) == play(2)


@given(looks, st.floats(0, 3))
def test_no_card_is_swallowed_that_differs_from_the_one_before(
    steps: list[tuple[int, bytes | None]], window_s: float
) -> None:
    sensing, now_ns, before = Sensing(reread_window_s=window_s), 0, None
    for passed_ns, token in steps:
        now_ns += passed_ns
        if token is None:
            sensing.left(now_ns)
            continue
        is_new = sensing.is_new(token, now_ns)

        assert is_new or token == before
        before = token


def told(view: InView, token: bytes, now_ns: int) -> bool:
    if view.is_in_view(token, now_ns):
        return False
    view.saw(token, now_ns)
    return True


def test_two_badges_in_turn_before_one_camera_are_two_sightings() -> None:
    view = InView(reread_window_s=1.5)

    assert 2 == sum(told(view, token, at * S // 8) for at, token in enumerate([b"a", b"b"] * 100))


def test_a_badge_that_stays_in_view_is_seen_once_however_long() -> None:
    view = InView(reread_window_s=1.5)

    assert 1 == sum(told(view, b"a", at * S) for at in range(3600))


def test_a_badge_that_was_away_longer_than_the_window_is_new() -> None:
    view = InView(reread_window_s=1.5)

    assert [True, False, True] == [told(view, b"a", at) for at in (0, 3 * S // 2, 3 * S + 1)]


@given(st.lists(st.tuples(st.integers(0, S), st.binary(max_size=2)), max_size=300))
def test_the_memory_of_what_was_in_view_is_bounded(looks: list[tuple[int, bytes]]) -> None:
    """Somebody may hold a telephone with a new code every second before the camera for hours."""
    view, now_ns = InView(most=8), 0
    for passed_ns, token in looks:
        now_ns += passed_ns
        told(view, token, now_ns)

        assert len(view._seen_ns) <= 8
