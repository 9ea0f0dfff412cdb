"""When somebody says whose a touch was, it counts from then on; the touch itself stays as it was written."""

import pytest

from drivers.contract import Medium
from edge_agent.control.server import BadRequest
from edge_agent.core.attendance import Inside, Never, Outside
from edge_agent.core.events import AmendedData
from edge_agent.core.touch import Worker
from edge_agent.ledger.waiting import note, of_credential
from edge_agent.naming import SLICE_TOUCHES, Word, name_waiting
from hardware_fakes.desk import DeskBox

W, V = "12345678901234", "99999999999999"
STRANGE, PHONE = b"\xee" * 4, b"09012345678"


def name_all(box: DeskBox, token: bytes, worker: Worker, medium: Medium = Medium.CARD) -> int:
    """What an enrolment does."""
    ref = box.ref(token, medium)
    return box.door.commit(
        lambda tx, epoch: name_waiting(
            tx, ref, worker, Word(gateway="gw-1", epoch=epoch, by="prime", at=box.clock.stamp())
        )
    )


def amend(box: DeskBox, seq: int, **wish: object) -> dict[str, object]:
    [answer] = box.ask("entry-amend", **{"seq": seq, "kind": "name", **wish})
    return answer


def test_touches_of_a_card_that_was_unknown_are_its_owners(box: DeskBox) -> None:
    """持ち込み不要、施工体制登録も不要: recorded with an empty roster, named later."""
    seqs = [box.touch(STRANGE)]
    box.clock.advance(9 * 3600)
    seqs.append(box.touch(STRANGE))
    before = box.bodies()
    worker = box.worker(W)

    assert 2 == name_all(box, STRANGE, worker)
    assert before == box.bodies()[:2]
    assert [("settled", W, "c1", "accepted", [])] * 2 == [
        (row.state, row.worker, row.company, row.standing, row.because) for row in map(box.waits, seqs)
    ]
    said = [event.data for event in box.events()[2:]]
    assert all(isinstance(data, AmendedData) for data in said)
    assert [(seq, "name", W, "accepted", "prime") for seq in seqs] == [
        (data.of.seq, data.kind, data.person.id, data.standing, data.by) for data in said
    ]


def test_nothing_is_named_twice(box: DeskBox) -> None:
    box.touch(STRANGE)
    worker = box.worker(W)

    assert [1, 0] == [name_all(box, STRANGE, worker) for _ in range(2)]


def test_a_call_that_is_named_still_waits_for_approval(box: DeskBox) -> None:
    """A call names a telephone, not a person."""
    seq = box.touch(PHONE, "in", medium=Medium.PHONE)
    name_all(box, PHONE, box.worker(W), Medium.PHONE)
    row = box.waits(seq)

    assert ("waiting", "pending", ["phone"], W) == (row.state, row.standing, row.because, row.worker)
    assert "pending" == box.events()[-1].data.standing


def test_presence_of_the_card_becomes_that_of_its_owner(box: DeskBox) -> None:
    """He is inside already: the next touch is his exit."""
    seq = box.touch(STRANGE)
    name_all(box, STRANGE, box.worker(W, STRANGE))
    box.clock.advance(3600)

    assert Never() == box.presence(box.ref(STRANGE))
    assert seq == box.presence(W).since.seq
    box.touch(STRANGE)
    assert "exit" == box.events()[-1].data.meaning


def test_an_owner_who_was_seen_since_stays_where_he_is(box: DeskBox) -> None:
    """He came with the new card, left with the old."""
    worker = box.worker(W, b"\x01" * 4)
    box.touch(STRANGE)
    box.clock.advance(3600)
    box.touch(b"\x01" * 4)
    box.clock.advance(60)
    before = box.presence(W)
    name_all(box, STRANGE, worker)

    assert before == box.presence(W)
    assert Never() == box.presence(box.ref(STRANGE))


def test_a_touch_with_a_flag_is_named_and_still_listed(box: DeskBox) -> None:
    """Nobody saw him come: he is named, and the anomaly stays for somebody to look at."""
    seq = box.touch(STRANGE, "out")
    name_all(box, STRANGE, box.worker(W))
    row = box.waits(seq)

    assert ("waiting", "accepted", ["missing_entry"]) == (row.state, row.standing, row.flags)


def test_one_slice_at_a_time_is_named(box: DeskBox) -> None:
    """Months of an unknown card must not hold up a gate."""
    row = box.waits(box.touch(STRANGE))
    worker = box.worker(W)

    def many(tx: object) -> None:
        for number in range(2, SLICE_TOUCHES + 12):
            note(tx, type(row)(**{n: getattr(row, n) for n in row.__slots__} | {"epoch": "0" * 16, "seq": number}))

    box.journal.write(many)
    counts = [name_all(box, STRANGE, worker) for _ in range(3)]

    assert [SLICE_TOUCHES, 11, 0] == counts
    assert [] == box.journal.write(lambda tx: of_credential(tx, box.ref(STRANGE)))


def test_a_call_named_after_the_card_and_taken_back_leaves_the_card_s_entry(box: DeskBox) -> None:
    """Both at the same gate: the call was one too many, and goes without a trace."""
    box.worker(W, b"\x01" * 4)
    box.touch(b"\x01" * 4, "in")
    before = box.presence(W)
    box.clock.advance(10)
    call = box.touch(PHONE, "in", medium=Medium.PHONE)
    name_all(box, PHONE, box.worker(W), Medium.PHONE)
    flags = box.waits(call).flags
    box.ask("entry-amend", kind="void", seq=call, why="twice")

    assert ["missing_exit"] == flags
    assert before == box.presence(W)


# ---------------------------------------------------------------- one touch, by hand


def test_one_unknown_touch_is_named_at_the_desk(box: DeskBox) -> None:
    seq = box.touch(STRANGE)
    box.worker(W)
    answer = amend(box, seq, worker=W)

    assert ("settled", "accepted", W) == (answer["state"], answer["standing"], answer["worker"])
    assert isinstance(box.presence(W), Inside)


def test_an_older_touch_of_a_card_that_was_seen_since_leaves_the_card_where_it_is(box: DeskBox) -> None:
    came = box.touch(STRANGE)
    box.clock.advance(3600)
    box.touch(STRANGE)
    box.worker(W)
    amend(box, came, worker=W)

    assert isinstance(box.presence(W), Inside)
    assert isinstance(box.presence(box.ref(STRANGE)), Outside)


@pytest.fixture
def shared(box: DeskBox) -> bytes:
    for worker in (W, V):
        box.worker(worker, PHONE, medium=Medium.PHONE)
    return PHONE


def test_a_shared_telephone_at_a_toggle_line_is_entry_or_exit_as_it_follows_for_the_worker(
    box: DeskBox, shared: bytes
) -> None:
    came = box.touch(shared, medium=Medium.PHONE)
    box.clock.advance(9 * 3600)
    left = box.touch(shared, medium=Medium.PHONE)
    answers = [amend(box, seq, worker=V) for seq in (came, left)]

    assert ["entry", "exit"] == [answer["meaning"] for answer in answers]
    assert ["entry", "exit"] == [event.data.meaning for event in box.events()[2:]]
    assert [["phone", "hand"]] * 2 == [answer["because"] for answer in answers]
    assert isinstance(box.presence(V), Outside)
    assert Never() == box.presence(W)


def test_a_shared_telephone_is_not_guessed_where_the_worker_was_seen_since(box: DeskBox, shared: bytes) -> None:
    seq = box.touch(shared, medium=Medium.PHONE)
    box.worker(V, b"\x01" * 4)
    box.clock.advance(3600)
    box.touch(b"\x01" * 4, "in")
    with pytest.raises(BadRequest, match="say entry or exit"):
        amend(box, seq, worker=V)

    assert "entry" == amend(box, seq, worker=V, meaning="entry")["meaning"]


def test_a_shared_telephone_just_after_a_card_would_be_a_repeat(box: DeskBox, shared: bytes) -> None:
    box.worker(V, b"\x01" * 4)
    box.touch(b"\x01" * 4, "in")
    box.clock.advance(10)
    seq = box.touch(shared, medium=Medium.PHONE)
    with pytest.raises(BadRequest, match="repeat"):
        amend(box, seq, worker=V)


def test_a_caller_without_a_number_is_named(box: DeskBox) -> None:
    """非通知: only whoever stood beside him knows."""
    seq = box.touch(b"", "in", medium=Medium.PHONE)
    box.worker(W)
    answer = amend(box, seq, worker=W)

    assert (["phone", "hand"], "pending", "entry") == (answer["because"], answer["standing"], answer["meaning"])
    assert isinstance(box.presence(W), Inside)
