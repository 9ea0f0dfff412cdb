"""What is sent next, case by case. The protocol as a whole is in test_protocol."""

import json
import random
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.message import Nack, Receipt
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.courier import HARD_PAYLOAD_BYTES, LIVE_EVENTS, Courier
from edge_agent.uplink.orders import Send, Withheld
from edge_agent.uplink.tally import Tally
from spool.transaction import Entry

EPOCH = "e5c1d20be5c1d20b"
SUCCESS, NO_SUBSCRIBERS, NOT_AUTHORIZED = 0, 0x10, 0x87


def a_receipt(upto: int, **more: object) -> Receipt:
    values: dict[str, object] = {"epoch": EPOCH, "gen": 1, "upto": upto, "t": "2026-11-24T08:00:00.000+09:00"}
    return Receipt(**(values | more))  # type: ignore[arg-type]


class Desk:
    """A courier, its spool and its clock. The line is the test itself."""

    def __init__(self, events: int = 0, *, upto: int = 0, generation: int = 1, receipt: str = "receiver") -> None:
        self.entries: dict[int, bytes] = {}
        self.quarantine: dict[int, str] = {}
        self.now_ns = 1_000 * NS_PER_S
        self.touch(events)
        tally = Tally(
            epoch=EPOCH,
            upto=upto,
            generation=generation,
            last=events,
            receipt=receipt,  # type: ignore[arg-type]
            receipt_timeout_s=60,
        )
        self.courier = Courier(tally, last=events, backlog_bytes=40_000, batch_events=200)

    def touch(self, count: int = 1, *, size: int = 20) -> None:
        for _ in range(count):
            seq = len(self.entries) + 1
            rest = random.Random(seq).randbytes(size).hex()
            self.entries[seq] = json.dumps({"n": seq, "rest": rest}).encode()

    def connect(self, *, payload_bytes: int = 99_000, receive_maximum: int = 20, hold_s: float = 0) -> "Desk":
        self.courier.connected(
            self.now_ns,
            last=len(self.entries),
            payload_bytes=payload_bytes,
            receive_maximum=receive_maximum,
            hold_ns=round(hold_s * NS_PER_S),
        )
        return self

    def wait(self, seconds: float) -> None:
        self.now_ns += round(seconds * NS_PER_S)

    def sends(self, *, slots: int = 20) -> list[Send]:
        """Return everything that goes out now."""
        sent = []
        self.courier.appended(len(self.entries))
        while True:
            while (want := self.courier.wants(self.now_ns)) is not None:
                rows = [seq for seq in range(want.after + 1, want.upto + 1) if seq not in self.quarantine]
                self.courier.give(want, [Entry(seq=seq, body=self.entries[seq]) for seq in rows[: want.limit]])
            send = self.courier.next(self.now_ns, slots=slots - self.courier.in_flight)
            if send is None:
                self.quarantine |= {held.seq: held.code for held in self.courier.take_withheld()}
                return sent
            sent.append(send)

    def acknowledge(self, *sends: Send, code: int = SUCCESS) -> None:
        for send in sends:
            self.courier.published(send.number, code, self.now_ns)

    def drain(self) -> list[Send]:
        """Send and acknowledge until nothing more goes out."""
        everything = []
        while sends := self.sends():
            self.acknowledge(*sends)
            everything += sends
        return everything

    def hear(self, receipt: Receipt, *, is_fresh: bool = False) -> None:
        self.courier.receipt(receipt, self.now_ns, is_fresh=is_fresh)


def numbers(sends: list[Send]) -> list[int]:
    """Return which events travelled, in order."""
    events = []
    for send in sends:
        bodies = [json.loads(send.payload)] if send.is_live else json.loads(zlib.decompress(send.payload))
        events += [event["n"] for event in bodies]
    return events


# ---------------------------------------------------------------- the lanes


def test_what_was_spooled_before_the_connection_travels_in_batches() -> None:
    desk = Desk(450).connect()
    sends = desk.drain()

    assert ["batchz"] * 3 == [send.leaf for send in sends]
    assert [200, 200, 50] == [send.count for send in sends]
    assert list(range(1, 451)) == numbers(sends)


def test_a_batch_is_a_deflated_array_of_the_very_bytes() -> None:
    """I2: the receiver checks the hash of what was committed, not of something like it."""
    desk = Desk(3).connect()
    (send,) = desk.sends()

    assert b"[" + b",".join(desk.entries.values()) + b"]" == zlib.decompress(send.payload)


def test_a_live_touch_travels_alone_before_the_next_batch() -> None:
    """I7: a worker's touch does not wait behind last week's."""
    desk = Desk(5_000).connect()
    first = desk.sends()
    desk.touch()
    desk.acknowledge(first[0])
    after = desk.sends()

    assert "touch" == after[0].leaf
    assert desk.entries[5_001] == after[0].payload
    assert "batchz" == after[1].leaf


def test_live_touches_that_pile_up_join_the_backlog() -> None:
    """A line slower than the gate: one by one they would never end."""
    desk = Desk().connect(receive_maximum=2)
    desk.touch(LIVE_EVENTS + 1)
    sends = desk.drain()

    assert ["batchz"] == [send.leaf for send in sends]
    assert list(range(1, LIVE_EVENTS + 2)) == numbers(sends)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=400), st.integers(1_000, 60_000), st.booleans())
def test_the_backlog_under_way_never_exceeds_its_budget(sizes: list[int], budget: int, in_order: bool) -> None:  # noqa: FBT001 - drawn
    """I7: what is under way on a slow line is what a live touch waits for."""
    desk = Desk()
    for size in sizes:
        desk.touch(size=size)
    desk.courier = Courier(
        Tally(epoch=EPOCH, upto=0, generation=1, last=len(sizes), receipt="receiver", receipt_timeout_s=60),
        last=len(sizes),
        backlog_bytes=budget,
        batch_events=200,
    )
    desk.connect()
    under_way: list[Send] = []
    seen = []
    while under_way := under_way + desk.sends():
        assert sum(len(send.payload) for send in under_way) <= budget or len(under_way) == 1
        send = under_way.pop(0 if in_order else -1)
        seen += numbers([send])
        desk.acknowledge(send)

    assert list(range(1, len(sizes) + 1)) == sorted(seen)


@pytest.mark.parametrize(("receive_maximum", "batches"), [(1, 1), (2, 1), (3, 2)])
def test_one_place_of_the_brokers_window_is_kept_for_live_touches(receive_maximum: int, batches: int) -> None:
    desk = Desk(1_000).connect(receive_maximum=receive_maximum)

    assert batches == len(desk.sends(slots=receive_maximum))


def test_no_batch_is_larger_than_the_broker_takes() -> None:
    desk = Desk(1_000).connect(payload_bytes=1_500)
    sends = desk.drain()

    assert max(len(send.payload) for send in sends) <= 1_500
    assert list(range(1, 1_001)) == numbers(sends)


def test_an_event_too_large_for_this_broker_waits_for_another() -> None:
    """A broker's narrow limit is the broker's mistake: nothing is put into quarantine for it."""
    desk = Desk()
    desk.touch(1, size=2_000)
    desk.touch(3)
    desk.courier.appended(4)
    narrow = desk.connect(payload_bytes=1_000)
    sent = numbers(narrow.drain())
    too_large = desk.courier.too_large
    desk.courier.disconnected(is_reaction=False)
    wide = desk.connect()

    assert [2, 3, 4] == sent
    assert 1 == too_large
    assert {} == desk.quarantine
    assert [1] == numbers(wide.drain())


def test_an_event_too_large_for_any_broker_goes_to_quarantine() -> None:
    desk = Desk()
    desk.touch(1, size=HARD_PAYLOAD_BYTES)
    desk.touch(2)
    desk.connect()

    assert [2, 3] == numbers(desk.drain())
    assert {1: "oversize"} == desk.quarantine


# ---------------------------------------------------------------- receipts


def test_a_puback_is_no_receipt() -> None:
    """Brokers acknowledge what an access rule denies, and what they lose a moment later."""
    desk = Desk(10).connect()
    desk.drain()

    assert 0 == desk.courier.tally.upto


def test_a_receipt_advances_and_nothing_is_sent_again() -> None:
    desk = Desk(10).connect()
    desk.drain()
    desk.hear(a_receipt(10))
    desk.wait(100_000)

    assert 10 == desk.courier.tally.upto
    assert [] == desk.sends()
    assert desk.courier.is_idle


@pytest.mark.parametrize(
    "receipt",
    [
        a_receipt(9, epoch="0000000000000000"),
        a_receipt(3),
        a_receipt(9, gen=0),
    ],
    ids=["another epoch", "an older one", "an older generation"],
)
def test_an_old_or_foreign_receipt_changes_nothing(receipt: Receipt) -> None:
    desk = Desk(10, upto=5).connect()
    desk.hear(receipt)

    assert (5, 1) == (desk.courier.tally.upto, desk.courier.tally.generation)
    assert list(range(6, 11)) == numbers(desk.drain())


def test_a_restored_receiver_is_believed_and_gets_everything_again() -> None:
    desk = Desk(10, upto=8).connect()
    desk.drain()
    desk.hear(a_receipt(3, gen=2))

    assert (3, 2) == (desk.courier.tally.upto, desk.courier.tally.generation)
    assert list(range(4, 11)) == numbers(desk.drain())


def test_what_is_under_way_to_a_restored_receiver_is_not_sent_twice() -> None:
    desk = Desk(250, upto=100).connect()
    under_way = numbers(desk.sends())
    desk.hear(a_receipt(0, gen=2))

    assert list(range(101, 251)) == under_way
    assert list(range(1, 101)) == numbers(desk.sends())


def test_the_first_receipt_ever_is_no_restore() -> None:
    """A new box on a new receiver must not send everything twice."""
    desk = Desk(10, generation=0).connect()
    desk.drain()
    desk.hear(a_receipt(4))

    assert (4, 1) == (desk.courier.tally.upto, desk.courier.tally.generation)
    assert [] == desk.drain()


def test_what_the_receiver_names_above_the_gap_is_not_sent_again() -> None:
    desk = Desk(10).connect()
    desk.hear(a_receipt(2, more=[(5, 6), (9, 10)]))

    assert [3, 4, 7, 8] == numbers(desk.drain())


def test_a_receipt_from_the_future_is_a_fork_and_stops_everything() -> None:
    """Two boxes from one disk image: whichever goes on sending would overwrite the other's history."""
    desk = Desk(10, upto=5).connect()
    desk.hear(a_receipt(11))
    desk.touch()

    assert desk.courier.tally.is_forked
    assert [] == desk.sends()
    assert 5 == desk.courier.tally.upto


def test_a_refused_event_goes_to_quarantine_once_and_the_receipt_passes_it() -> None:
    desk = Desk(4).connect()
    desk.drain()
    nacked = a_receipt(4, nack=[Nack(seq=2, code="schema", detail="site unknown")])
    desk.hear(nacked)
    first = desk.courier.take_withheld()
    desk.hear(nacked)

    assert [Withheld(2, "schema", "site unknown", is_refused=True)] == first
    assert [] == desk.courier.take_withheld()
    assert 4 == desk.courier.tally.upto


def test_a_restored_receiver_has_forgotten_its_refusals_also_the_one_just_heard() -> None:
    """Found by test_protocol: the event was neither sent nor asked for again."""
    desk = Desk(1, upto=1).connect()
    desk.hear(a_receipt(1, nack=[Nack(seq=1, code="schema")]))
    desk.hear(a_receipt(0, gen=2))

    assert 0 == desk.courier.take_released()
    assert [] == desk.courier.take_withheld()
    assert [1] == numbers(desk.sends())


def test_a_pause_holds_the_backlog_but_no_live_touch() -> None:
    desk = Desk(10).connect()
    desk.hear(a_receipt(0, pause_ms=5_000))
    desk.touch()
    during = numbers(desk.sends())
    desk.wait(5)

    assert [11] == during
    assert list(range(1, 11)) == numbers(desk.sends())


def test_the_backlog_waits_a_moment_for_the_retained_receipt() -> None:
    desk = Desk(10).connect(hold_s=1)
    desk.touch()
    before = numbers(desk.sends())
    desk.hear(a_receipt(7))

    assert [11] == before
    assert [8, 9, 10] == numbers(desk.sends())


def test_the_backlog_waits_no_longer_than_a_receipt_could_take() -> None:
    desk = Desk(10).connect(hold_s=1)
    desk.courier.no_receipt_before(desk.now_ns + NS_PER_S // 10)
    early = desk.sends()
    desk.wait(0.1)

    assert [] == early
    assert list(range(1, 11)) == numbers(desk.sends())


def test_without_a_retained_receipt_the_backlog_goes_after_that_moment() -> None:
    desk = Desk(10).connect(hold_s=1)
    due_ns = desk.courier.due_ns(desk.now_ns)
    desk.wait(1)

    assert desk.now_ns == due_ns
    assert list(range(1, 11)) == numbers(desk.sends())


# ---------------------------------------------------------------- a receiver that is away


def test_a_receiver_that_answers_without_naming_what_was_sent_gets_it_again_soon() -> None:
    """The broker took it while the receiver was away: nobody waits a minute for what cannot come."""
    desk = Desk(10).connect()
    desk.drain()
    desk.hear(a_receipt(4), is_fresh=True)
    at_once = desk.sends()
    desk.wait(2.1)

    assert [] == at_once
    assert list(range(5, 11)) == numbers(desk.drain())


def test_what_the_broker_remembers_of_a_receiver_is_no_answer() -> None:
    desk = Desk(10).connect()
    desk.drain()
    desk.hear(a_receipt(4), is_fresh=False)
    desk.wait(2.1)

    assert [] == desk.sends()


def test_a_missing_receipt_is_asked_for_with_one_batch_at_growing_distances() -> None:
    """A receiver that is down for a month must not find a flood."""
    desk = Desk(1_000).connect()
    desk.drain()
    probes = []
    for wait_s in (59, 1, 119, 1, 239, 1):
        desk.wait(wait_s)
        probes.append(numbers(desk.drain()))

    batch = list(range(1, 201))
    assert [[], batch, [], batch, [], batch] == probes


def test_the_distance_grows_to_an_hour_and_no_further() -> None:
    desk = Desk(1).connect()
    desk.drain()
    for _ in range(20):
        desk.wait(3_600)
        desk.drain()
    desk.wait(3_599)
    early = desk.drain()
    desk.wait(1)

    assert [] == early
    assert [1] == numbers(desk.drain())


def test_a_receiver_that_is_back_gets_everything_at_once() -> None:
    desk = Desk(1_000).connect()
    desk.drain()
    desk.wait(60)
    desk.drain()
    desk.hear(a_receipt(200))

    assert list(range(201, 1_001)) == numbers(desk.drain())


def test_a_live_touch_goes_out_at_once_and_once_while_the_receiver_is_away() -> None:
    desk = Desk(1_000).connect()
    desk.drain()
    desk.wait(60)
    desk.drain()
    desk.touch()

    assert [1_001] == numbers(desk.drain())
    assert [] == desk.drain()


def test_a_reconnect_sends_again_what_was_in_flight_and_not_what_the_broker_has() -> None:
    desk = Desk(400).connect()
    first, second = desk.sends()
    desk.acknowledge(first)
    desk.courier.disconnected(is_reaction=False)
    desk.connect()

    assert (201, 400) == (second.first, second.last)
    assert list(range(201, 401)) == numbers(desk.drain())


def test_time_without_a_connection_does_not_count_as_waiting_for_a_receipt() -> None:
    desk = Desk(10).connect()
    desk.drain()
    desk.courier.disconnected(is_reaction=False)
    desk.wait(100_000)
    desk.connect()

    assert [] == desk.drain()


# ---------------------------------------------------------------- a broker that refuses


def test_a_refused_message_is_not_delivered_and_tried_again_slowly() -> None:
    desk = Desk(10).connect()
    desk.acknowledge(*desk.sends(), code=NOT_AUTHORIZED)
    refused = dict(desk.courier.refused)
    desk.wait(299)
    early = desk.sends()
    desk.wait(1)
    again = desk.sends()
    desk.acknowledge(*again)

    assert {"batchz": NOT_AUTHORIZED} == refused
    assert [] == early
    assert list(range(1, 11)) == numbers(again)
    assert {} == desk.courier.refused


def test_a_refused_backlog_does_not_hold_up_live_touches() -> None:
    desk = Desk(10).connect()
    desk.acknowledge(*desk.sends(), code=NOT_AUTHORIZED)
    desk.touch()

    assert [11] == numbers(desk.sends())


def test_a_second_puback_for_the_same_message_is_ignored() -> None:
    desk = Desk(10).connect()
    (send,) = desk.sends()
    desk.acknowledge(send, send)

    assert 0 == desk.courier.in_flight


# ---------------------------------------------------------------- receipt = "broker"


@pytest.mark.parametrize("code", [SUCCESS, NO_SUBSCRIBERS])
def test_in_broker_mode_the_brokers_word_is_the_receipt(code: int) -> None:
    desk = Desk(10, receipt="broker").connect()
    desk.acknowledge(*desk.sends(), code=code)

    assert 10 == desk.courier.tally.upto


def test_in_broker_mode_only_a_row_without_gaps_counts() -> None:
    desk = Desk(400, receipt="broker").connect()
    first, second = desk.sends()
    desk.acknowledge(second)
    before = desk.courier.tally.upto
    desk.acknowledge(first)

    assert 0 == before
    assert 400 == desk.courier.tally.upto


def test_in_broker_mode_a_refusal_does_not_count() -> None:
    desk = Desk(10, receipt="broker").connect()
    desk.acknowledge(*desk.sends(), code=NOT_AUTHORIZED)

    assert 0 == desk.courier.tally.upto


def test_in_broker_mode_a_quarantined_event_does_not_hold_the_mark_for_ever() -> None:
    desk = Desk(10, receipt="broker")
    desk.quarantine = {1: "poison", 4: "poison", 10: "poison"}
    desk.connect()
    desk.drain()

    assert 10 == desk.courier.tally.upto


# ---------------------------------------------------------------- what will not come, what should not be


def test_what_the_spool_no_longer_has_is_told_to_whoever_keeps_the_books() -> None:
    """A receiver restored from a backup older than the retention asks for events of long ago."""
    desk = Desk(10, upto=8).connect()
    desk.drain()
    desk.quarantine = {1: "gone", 2: "gone", 5: "gone"}
    desk.hear(a_receipt(0, gen=2))

    assert [3, 4, 6, 7, 8, 9, 10] == numbers(desk.drain())
    assert [(1, 2), (5, 5)] == desk.courier.take_missing()
    assert [] == desk.courier.take_missing()


@pytest.mark.parametrize(
    ("receipt", "own_head"),
    [
        (a_receipt(5, head="1" * 32), "2" * 32),
        (a_receipt(3, head="1" * 32), "2" * 32),
        (a_receipt(5, nack=[Nack(seq=5, code="fork")]), ""),
    ],
    ids=["another head", "another head of long ago", "told so"],
)
def test_other_events_under_our_numbers_are_a_fork_and_stop_everything(receipt: Receipt, own_head: str) -> None:
    """A copied disk: from now on no receipt of this epoch allows pruning."""
    desk = Desk(10, upto=4).connect()
    desk.courier.receipt(receipt, desk.now_ns, own_head=own_head)
    desk.hear(a_receipt(10))

    assert desk.courier.tally.is_forked
    assert [] == desk.sends()
    assert 4 == desk.courier.tally.upto


@pytest.mark.parametrize(("head", "own_head"), [("", "1" * 32), ("1" * 32, ""), ("1" * 32, "1" * 32)])
def test_a_head_that_is_ours_or_cannot_be_compared_is_no_fork(head: str, own_head: str) -> None:
    desk = Desk(10).connect()
    desk.courier.receipt(a_receipt(5, head=head), desk.now_ns, own_head=own_head)

    assert not desk.courier.tally.is_forked
    assert 5 == desk.courier.tally.upto


def test_a_broken_chain_is_an_alarm_and_holds_up_nothing() -> None:
    """The receiver keeps those bytes: there is nothing to withhold."""
    desk = Desk(10).connect()
    desk.hear(a_receipt(10, nack=[Nack(seq=5, code="chain")]))

    assert 5 == desk.courier.broken_at
    assert [] == desk.courier.take_withheld()
    assert 10 == desk.courier.tally.upto


def test_a_broker_that_never_acknowledges_is_left_after_a_minute() -> None:
    """A black hole looks like a broker: it takes everything, answers every ping, and that is all."""
    desk = Desk(10).connect()
    desk.sends()
    desk.wait(59)
    before = desk.courier.is_unanswered(desk.now_ns)
    desk.wait(21)
    after = desk.courier.is_unanswered(desk.now_ns)
    desk.courier.disconnected(is_reaction=False)
    desk.connect()

    assert (False, True) == (before, after)
    assert not desk.courier.is_unanswered(desk.now_ns)
    assert list(range(1, 11)) == numbers(desk.drain())


def test_one_lost_puback_among_many_is_noticed_too() -> None:
    desk = Desk(10).connect()
    desk.sends()  # never acknowledged
    for _ in range(13):
        desk.wait(5)
        desk.touch()
        desk.acknowledge(*desk.sends())

    assert desk.courier.is_unanswered(desk.now_ns)


def test_a_receiver_that_is_away_for_a_month_is_not_flooded_and_the_books_stay_small() -> None:
    """100,000 touches; the broker takes and forgets them all."""
    desk = Desk(0).connect()
    sent = 0
    for _ in range(30 * 24):
        desk.wait(3600)
        desk.touch(139)
        sent += sum(send.count for send in desk.drain())
        books = (desk.courier.tally.todo, desk.courier.tally._sent, desk.courier._missing)
        assert max(len(ranges) for ranges in books) <= 200
        assert len(desk.courier._packer._seqs) <= 2_000
    desk.hear(a_receipt(0), is_fresh=True)
    desk.wait(2)
    asked = numbers(desk.drain())
    desk.hear(a_receipt(asked[-1]), is_fresh=True)
    desk.wait(2)

    assert 100_080 == len(desk.entries)
    assert sent < 100_080 + 30 * 24 * 200 * 1.1
    assert 0 < len(asked) <= 200
    assert list(range(asked[-1] + 1, 100_081)) == numbers(desk.drain())


# ---------------------------------------------------------------- poison


def _until_quiet(desk: Desk, chokes: Callable[[list[int]], bool], *, reads: int, most: int) -> list[int]:
    """Play a broker that reads so many messages, and ends the connection over some; return what got through."""
    arrived, breaks = [], 0
    while breaks <= most:
        desk.connect()
        under_way: list[Send] = []
        while under_way := under_way + desk.sends():
            if chokes(numbers(under_way[:reads])):
                break
            arrived += numbers(under_way[:1])
            desk.acknowledge(under_way.pop(0))
        else:
            return arrived
        breaks += 1
        desk.courier.disconnected(is_reaction=True)
    raise AssertionError(f"not quiet after {breaks} connections")


@given(poison=st.integers(1, 300), is_live=st.booleans(), reads=st.integers(1, 3))
def test_the_one_event_a_broker_chokes_on_is_found_and_the_others_arrive(
    *, poison: int, is_live: bool, reads: int
) -> None:
    """One event must not keep thousands from arriving, and no innocent one may be blamed."""
    desk = Desk(0 if is_live else 300)
    if is_live:
        desk.connect()
        desk.touch(300)
    arrived = _until_quiet(desk, lambda events: poison in events, reads=reads, most=40)

    assert {poison: "poison"} == desk.quarantine
    assert set(range(1, 301)) - {poison} == set(arrived)


@pytest.mark.parametrize("poison", [{1}, {150, 151}, {1, 100, 300}, {299, 300}, set(range(40, 45))], ids=str)
def test_every_event_a_broker_chokes_on_is_found(poison: set[int]) -> None:
    """At the head, in the middle, several, side by side: the others arrive."""
    desk = Desk(300)
    arrived = _until_quiet(desk, lambda events: bool(poison & set(events)), reads=2, most=400)

    assert dict.fromkeys(poison, "poison") == desk.quarantine
    assert set(range(1, 301)) - poison == set(arrived)


def test_a_bad_line_blames_nobody() -> None:
    """A tunnel, a broken antenna: the same message is lost a hundred times, and it is innocent."""
    desk = Desk(300)
    for _ in range(100):
        desk.connect()
        desk.sends()
        desk.courier.disconnected(is_reaction=False)
    desk.connect()

    assert list(range(1, 301)) == numbers(desk.drain())
    assert {} == desk.quarantine


def test_a_broker_that_ends_two_connections_has_not_named_a_culprit() -> None:
    desk = Desk(200)
    for _ in range(2):
        desk.connect()
        desk.sends()
        desk.courier.disconnected(is_reaction=True)
    desk.connect()

    assert [200] == [send.count for send in desk.drain()]
