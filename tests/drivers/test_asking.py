"""Questions by number: each gets its own answer, in time or not at all."""

from drivers.asking import Questions
from drivers.wire.lines import Captured, Looked, Verified

MATCH = Looked(verdict="match", mode="1:1")


def test_each_question_gets_its_own_answer() -> None:
    questions = Questions()
    with questions.asked(Verified) as one, questions.asked(Verified) as other:
        questions.answered(Verified(number=other.number, look=MATCH))

        assert one.number != other.number
        assert Verified(number=other.number, look=MATCH) == other.answer(within_s=0)
        assert one.answer(within_s=0) is None


def test_what_nobody_asked_what_comes_late_and_what_comes_twice_is_ignored() -> None:
    questions = Questions()
    questions.answered(Verified(number=1, look=MATCH))
    with questions.asked(Verified) as question:
        first = Verified(number=question.number, look=MATCH)
        questions.answered(first)
        questions.answered(Verified(number=question.number, look=Looked(verdict="differs", mode="1:1")))

        assert first == question.answer(within_s=0)
    questions.answered(first)


def test_an_answer_of_another_kind_is_none() -> None:
    questions = Questions()
    with questions.asked(Verified) as question:
        questions.answered(Captured(number=question.number))

        assert question.answer(within_s=0) is None


def test_nobody_waits_for_who_is_gone() -> None:
    questions = Questions()
    with questions.asked(Verified) as question:
        questions.give_up()
        questions.answered(Verified(number=question.number, look=MATCH))

        assert question.answer(within_s=60) is None
