"""What a touch counts as after everything people said of it: the last word on each thing, and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.effective import Effective, Word, amended, fold, judged
from edge_agent.core.parts import PersonData, Ref
from edge_agent.core.said import AmendedData, JudgedData

SAID: dict[str, Any] = {
    "epoch": "e5c1d20be5c1d20b", "seq": 9, "prev": "0" * 32, "by": "tanaka", "why": "seen", "boot": "b", "boot_ms": 1,
    "clock": "ntp",
}  # fmt: skip
OF = Ref(epoch="e5c1d20be5c1d20b", seq=1)
TOUCH = Effective(
    site="13-0042", person="hmac:0f", company=None, method="phone", meaning="entry",
    time="2026-11-24T07:41:03.127+09:00", day="2026-11-24", standing="pending", because=("unknown", "phone"),
)  # fmt: skip


def amend(kind: str, **told: Any) -> Word:
    return amended(AmendedData(**SAID, of=OF, kind=kind, **told))  # type: ignore[arg-type]  # as given


def judge(verdict: str) -> Word:
    return judged(JudgedData(**SAID, of_epoch=OF.epoch, seqs=[1], verdict=verdict))  # type: ignore[arg-type]  # as given


words = st.lists(
    st.one_of(
        st.builds(amend, st.just("void")),
        st.builds(judge, st.sampled_from(["approved", "refused"])),
        st.builds(
            amend,
            st.sampled_from(["name", "change"]),
            person=st.none() | st.builds(PersonData, ccus=st.sampled_from("AB"), company=st.none() | st.just("c")),
            meaning=st.none() | st.sampled_from(["entry", "exit", "tap"]),
            at=st.none() | st.just("2026-11-25T08:00:00.000+09:00"),
            day=st.none() | st.just("2026-11-25"),
            standing=st.none() | st.sampled_from(["accepted", "pending"]),
        ),
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    ("said", "standing", "counts"),
    [
        ([], "pending", False),
        ([amend("name", person=PersonData(ccus="A"), standing="accepted")], "accepted", True),
        ([amend("name", person=PersonData(ccus="A"))], "pending", False),
        ([judge("approved")], "approved", True),
        ([judge("approved"), judge("refused")], "refused", False),
        ([judge("refused"), judge("approved")], "approved", True),
        ([judge("approved"), amend("change", meaning="exit")], "pending", False),
        ([judge("approved"), amend("name", person=PersonData(ccus="A"))], "approved", True),
        ([judge("approved"), amend("void")], "void", False),
        ([amend("void"), judge("approved")], "approved", True),
    ],
)
def test_the_last_word_on_the_standing_counts(said: list[Word], standing: str, *, counts: bool) -> None:
    now = fold(TOUCH, said)

    assert (standing, counts) == (now.standing, now.counts)


def test_what_a_word_does_not_tell_stays() -> None:
    now = fold(TOUCH, [amend("change", meaning="exit"), amend("name", person=PersonData(ccus="A", company="c"))])

    assert ("exit", "A", "c", TOUCH.time, TOUCH.day) == (now.meaning, now.person, now.company, now.time, now.day)


def test_who_is_named_anew_does_not_keep_the_others_company() -> None:
    """A pension day must not go to the firm of somebody who was not there."""
    first = amend("name", person=PersonData(ccus="A", company="c"))

    assert fold(TOUCH, [first, amend("name", person=PersonData(ccus="B"))]).company is None


def test_a_time_somebody_told_can_be_believed() -> None:
    undated = fold(Effective(**{**_fields(TOUCH), "is_timed": False, "day": None}), [])
    told = fold(undated, [amend("change", at="2026-11-25T08:00:00.000+09:00", day="2026-11-25")])

    assert (None, True) == (undated.at_ns, told.at_ns is not None)
    assert "2026-11-25" == told.day


def test_a_repeat_waits_for_nobody_and_counts_for_nothing() -> None:
    repeat = Effective(**{**_fields(TOUCH), "meaning": "repeat"})

    assert not repeat.waits
    assert not fold(repeat, [judge("approved")]).counts


def test_what_was_approved_of_nobody_still_waits_for_a_name() -> None:
    nameless = Effective(**{**_fields(TOUCH), "person": None})

    now = fold(nameless, [judge("approved")])
    assert (True, False) == (now.waits, now.counts)


@given(said=words, at=st.integers(0, 5))
def test_a_word_heard_twice_changes_nothing(said: list[Word], at: int) -> None:
    doubled = said[: at + 1] + said[at : at + 1] + said[at + 1 :]

    assert fold(TOUCH, said) == fold(TOUCH, doubled)


@given(said=words)
def test_each_thing_is_as_the_last_word_that_tells_it_says(said: list[Word]) -> None:
    now = fold(TOUCH, said)

    for name in ("meaning", "time", "day", "standing"):
        told = [value for word in said if (value := getattr(word, name)) is not None]
        assert getattr(now, name) == (told or [getattr(TOUCH, name)])[-1]
    named = [(word.person, word.company) for word in said if word.person]
    assert (now.person, now.company) == (named or [(TOUCH.person, TOUCH.company)])[-1]


def _fields(touch: Effective) -> dict[str, Any]:
    return {name: getattr(touch, name) for name in Effective.__dataclass_fields__}
