"""The judge of `make chaos`: who judges the program must not be wrong himself."""

from drivers.contract import AnswerKind
from hardware_fakes.chaos.judge import Row, Verdict, judge
from hardware_fakes.chaos.witness import Reading

GREEN, AMBER = AnswerKind.ENTERED, AnswerKind.NOT_SAVED
ANN, BOB = b"ann-----", b"bob-----"


def reading(at_ms: float, answer: AnswerKind | None, *, card: bytes = ANN, gate: str = "south") -> Reading:
    at_ns = round(at_ms * 1_000_000)
    return Reading(gate=gate, card=card, ref=card.hex(), at_ns=at_ns, answer=answer, answered_ns=at_ns)


def row(boot_ms: int, *, seq: int = 1, card: bytes = ANN, gate: str = "south") -> Row:
    return Row(epoch="e", seq=seq, gate=gate, card=card.hex(), boot_ms=boot_ms)


def counts(verdict: Verdict) -> tuple[int, int, int, int]:
    return verdict.accepted, verdict.received, len(verdict.lost), len(verdict.doubled)


def test_each_answer_with_its_row_is_good() -> None:
    verdict = judge([reading(10, GREEN), reading(20, AnswerKind.ALREADY)], [row(11), row(20, seq=2)])

    assert verdict.is_good
    assert "accepted 2 received 2 lost 0 doubled 0" == verdict.line()


def test_a_run_without_any_answer_is_not_good() -> None:
    assert not judge([], []).is_good


def test_an_answer_without_a_row_is_lost_though_others_have_two() -> None:
    """Equal sums prove nothing."""
    lost = reading(10, GREEN)
    verdict = judge([lost, reading(20, GREEN)], [row(20), row(21, seq=2)])

    assert (2, 1, 1, 1) == counts(verdict)
    assert [lost] == verdict.lost
    assert [row(21, seq=2)] == verdict.doubled


def test_a_row_is_not_taken_for_another_card_another_gate_or_a_later_reading() -> None:
    strangers = [row(11, card=BOB), row(11, gate="east"), row(9)]
    verdict = judge([reading(10, GREEN)], strangers)

    assert (1, 0, 1, 3) == counts(verdict)


def test_one_row_of_a_reading_without_a_promise_is_neither_lost_nor_doubled() -> None:
    """Killed between its commit and its lamp: nobody was told yes, and nobody may be told no."""
    verdict = judge([reading(10, GREEN), reading(20, None), reading(30, AMBER)], [row(10), row(20), row(30)])

    assert verdict.is_good
    assert (2, 2) == (verdict.unanswered, verdict.extra)


def test_two_rows_of_a_reading_without_a_promise_are_doubled() -> None:
    verdict = judge([reading(10, GREEN), reading(20, None)], [row(10), row(20), row(21)])

    assert (1, 1, 0, 1) == counts(verdict)


def test_the_millisecond_of_the_reading_itself_counts() -> None:
    """The box cuts nanoseconds off."""
    assert judge([reading(10.9, GREEN)], [row(10)]).is_good
