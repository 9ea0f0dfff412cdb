"""The protocol whole: a real courier against a model of everything that can go wrong. No socket, no disk."""

import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from edge_agent.core.message import Nack, Receipt
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink import courier as courier_module
from edge_agent.uplink.courier import Courier
from edge_agent.uplink.orders import Send, Want
from edge_agent.uplink.ranges import Ranges
from edge_agent.uplink.tally import Tally
from spool.transaction import Entry

EPOCH = "e5c1d20be5c1d20b"
PAGE, LIVE = 5, 3
BACKLOG_BYTES = 400
TOMBSTONE = b""

Delivery = dict[int, bytes]


class Gateway:
    """A box: its disk survives, its courier does not."""

    def __init__(self, make_tally: type[Tally], make_courier: type[Courier]) -> None:
        self.make_tally, self.make_courier = make_tally, make_courier
        self.entries: dict[int, bytes] = {}
        self.truth: dict[int, bytes] = {}
        """Everything it ever committed."""
        self.told: list[tuple[int, int, int]] = []
        self.last = 0
        self.kept = (0, 0)
        self.quarantine: set[int] = set()
        self.now_ns = NS_PER_S
        self.is_connected = False
        self.restart()

    def restart(self) -> None:
        tally = self.make_tally(
            epoch=EPOCH,
            upto=self.kept[0],
            generation=self.kept[1],
            last=self.last,
            receipt="receiver",
            receipt_timeout_s=60,
        )
        self.courier = self.make_courier(tally, last=self.last, backlog_bytes=BACKLOG_BYTES, batch_events=4)
        self.is_connected = False

    def append(self, body: bytes) -> int:
        self.last += 1
        self.entries[self.last] = self.truth[self.last] = body
        return self.last

    def read(self) -> None:
        self.courier.appended(self.last)
        while (want := self.courier.wants(self.now_ns)) is not None:
            rows = [
                Entry(seq=seq, body=self.entries[seq])
                for seq in sorted(self.entries)
                if want.after < seq <= want.upto and seq not in self.quarantine
            ]
            self.courier.give(want, rows[: want.limit])

    def hear(self, receipt: Receipt, *, is_fresh: bool) -> None:
        self.courier.receipt(receipt, self.now_ns, is_fresh=is_fresh)
        released = self.courier.take_released()
        if released is not None:
            self.quarantine = {seq for seq in self.quarantine if seq <= released}

    def keep(self) -> None:
        self.kept = (self.courier.tally.upto, self.courier.tally.generation)
        self.quarantine |= {held.seq for held in self.courier.take_withheld()}
        for missing in self.courier.take_missing():
            self.tell_pruned(missing)

    def tell_pruned(self, missing: tuple[int, int]) -> None:
        """As edge_agent.uplink.tombstone does it."""
        untold = Ranges([missing])
        for seq, first, last in self.told:
            if seq in self.entries:
                untold.discard(first, last)
        for seq in self.quarantine:
            untold.discard(seq, seq)
        for first, last in untold:
            told = {"n": self.last + 1, "bad": False, "first": first, "last": last}
            self.told.append((self.append(json.dumps(told).encode()), first, last))


class Receiver:
    """The office: commits, names what it has, may be set back to its last backup."""

    def __init__(self, *, names_highest: bool) -> None:
        self.names_highest = names_highest
        self.store: Delivery = {}
        self.backup: Delivery = {}
        self.ever: set[int] = set()
        self.refused: set[int] = set()
        self.generation = 1

    def take(self, events: Delivery) -> None:
        self.ever |= events.keys()
        for seq, body in events.items():
            event = json.loads(body)
            if event["bad"]:
                self.refused.add(seq)
            if self.store.get(seq, TOMBSTONE) == TOMBSTONE:
                self.store[seq] = TOMBSTONE if event["bad"] else body
            for withheld in range(event.get("first", 1), event.get("last", 0) + 1):
                self.store.setdefault(withheld, TOMBSTONE)

    def contiguous(self, store: Delivery) -> int:
        if self.names_highest:
            return max(store, default=0)
        upto = 0
        while upto + 1 in store:
            upto += 1
        return upto

    def receipt(self) -> Receipt:
        upto = self.contiguous(self.store)
        above = sorted(seq for seq in self.store if seq > upto)
        refused = sorted(self.refused & self.store.keys())
        return Receipt(
            epoch=EPOCH,
            gen=self.generation,
            upto=upto,
            more=[(seq, seq) for seq in above][:64],
            nack=[Nack(seq=seq, code="schema") for seq in refused][-64:],
            t="2026-11-24T08:00:00.000+09:00",
        )


class Uplink(RuleBasedStateMachine):
    """Everything that can happen, in any order."""

    make_tally: type[Tally] = Tally
    make_courier: type[Courier] = Courier
    names_highest = False

    def __init__(self) -> None:
        super().__init__()
        self.gateway = Gateway(self.make_tally, self.make_courier)
        self.truth = self.gateway.truth
        self.forgotten: set[int] = set()
        self.receiver = Receiver(names_highest=self.names_highest)
        self.retained: Receipt | None = None
        self.receipts: list[Receipt] = []
        self.wire: list[Delivery] = []
        self.pubacks: list[int] = []

    # ---------------------------------------------------------------- the gate

    @rule(is_bad=st.sampled_from([False] * 9 + [True]), is_heard=st.booleans())
    def touch(self, is_bad: bool, is_heard: bool) -> None:  # noqa: FBT001 - hypothesis draws them
        body = json.dumps({"n": self.gateway.last + 1, "bad": is_bad, "fill": "x" * 40}).encode()
        self.gateway.append(body)
        if is_heard:
            self.gateway.courier.appended(self.gateway.last)

    @rule()
    def power_cut(self) -> None:
        self.pubacks.clear()
        self.gateway.restart()

    @rule()
    def keep(self) -> None:
        self.gateway.keep()

    @rule()
    def prune(self) -> None:
        """Only what is receipted, and older than any backup the receiver could be set back to (I3)."""
        too_young = self.receiver.ever - self.receiver.backup.keys()
        for seq in [seq for seq in self.gateway.entries if seq <= self.gateway.kept[0] and seq < self.gateway.last]:
            if seq not in self.gateway.quarantine | too_young:
                del self.gateway.entries[seq]

    @precondition(lambda self: self.gateway.kept[0] > 1)
    @rule()
    def prune_too_early(self) -> None:
        """The retention is shorter than the receiver's backup is old: what it then asks for is gone."""
        for seq in [seq for seq in self.gateway.entries if seq <= self.gateway.kept[0] and seq < self.gateway.last]:
            if seq not in self.gateway.quarantine:
                del self.gateway.entries[seq]
                self.forgotten |= {seq} & self.receiver.ever

    @rule(seconds=st.sampled_from([0.1, 2, 70, 400, 4000]))
    def wait(self, seconds: float) -> None:
        self.gateway.now_ns += round(seconds * NS_PER_S)

    # ---------------------------------------------------------------- the line

    @precondition(lambda self: not self.gateway.is_connected)
    @rule(receive_maximum=st.sampled_from([1, 2, 20]), payload_bytes=st.sampled_from([150, 5000]))
    def connect(self, receive_maximum: int, payload_bytes: int) -> None:
        self.gateway.is_connected = True
        self.receive_maximum = receive_maximum
        self.gateway.courier.connected(
            self.gateway.now_ns,
            last=self.gateway.last,
            payload_bytes=payload_bytes,
            receive_maximum=receive_maximum,
            hold_ns=NS_PER_S,
        )
        if self.retained is not None:
            self.gateway.hear(self.retained, is_fresh=False)

    @precondition(lambda self: self.gateway.is_connected)
    @rule()
    def disconnect(self) -> None:
        self.gateway.is_connected = False
        self.pubacks.clear()
        self.gateway.courier.disconnected(is_reaction=False)

    @precondition(lambda self: self.gateway.is_connected)
    @rule(most=st.integers(1, 6))
    def send(self, most: int) -> None:
        for _ in range(most):
            self.gateway.read()
            waiting = self.gateway.courier.last - self.gateway.courier._live_after
            slots = self.receive_maximum - self.gateway.courier.in_flight
            message = self.gateway.courier.next(self.gateway.now_ns, slots=slots)
            if message is None:
                return
            assert slots > 0
            # I7: however long the backlog, a live event goes first.
            if waiting and self.gateway.now_ns >= self.gateway.courier._refused_until_ns["touch"]:
                assert message.is_live, "I7"
            bodies = [message.payload] if message.is_live else _unpacked(message.payload)
            assert message.count == len(bodies)
            self.pubacks.append(message.number)
            self.wire.append({json.loads(body)["n"]: body for body in bodies})

    @precondition(lambda self: self.pubacks)
    @rule(code=st.sampled_from([0, 0, 0, 0, 0x10, 0x87]))
    def puback(self, code: int) -> None:
        """The broker says "Success" whatever it does with the message."""
        self.gateway.courier.published(self.pubacks.pop(0), code, self.gateway.now_ns)

    @precondition(lambda self: self.wire)
    @rule(at=st.integers(0, 50), times=st.sampled_from([1, 1, 1, 2, 0]))
    def deliver(self, at: int, times: int) -> None:
        events = self.wire.pop(at % len(self.wire))
        for _ in range(times):
            self.receiver.take(events)

    # ---------------------------------------------------------------- the office

    @rule()
    def say_receipt(self) -> None:
        self.retained = self.receiver.receipt()
        self.receipts.append(self.retained)

    @precondition(lambda self: self.receipts and self.gateway.is_connected)
    @rule(at=st.integers(0, 50), is_kept=st.booleans())
    def hear_receipt(self, at: int, is_kept: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        """Late, twice, in any order."""
        at %= len(self.receipts)
        self.gateway.hear(self.receipts[at] if is_kept else self.receipts.pop(at), is_fresh=True)

    @rule()
    def back_up(self) -> None:
        self.receiver.backup = dict(self.receiver.store)

    @rule()
    def restore(self) -> None:
        self.receiver.store = dict(self.receiver.backup)
        self.receiver.generation += 1

    @rule()
    def good_while(self) -> None:
        """Mostly it works: so the searched states lie behind long histories."""
        if not self.gateway.is_connected:
            self.connect(receive_maximum=20, payload_bytes=5000)
        self.wait(seconds=2)
        self.send(most=50)
        while self.pubacks:
            self.puback(code=0)
        while self.wire:
            self.deliver(at=0, times=1)
        self.say_receipt()
        self.gateway.hear(self.receiver.receipt(), is_fresh=True)
        self.gateway.keep()

    # ---------------------------------------------------------------- what must hold

    @invariant()
    def nothing_is_lost(self) -> None:
        for seq, body in self.truth.items():
            is_somewhere = seq in self.gateway.entries or self.receiver.store.get(seq) in {body, TOMBSTONE}
            assert is_somewhere or seq in self.forgotten, f"I1: {seq}"

    @invariant()
    def nothing_is_invented(self) -> None:
        for seq, body in self.receiver.store.items():
            assert body in {self.truth[seq], TOMBSTONE}, f"I2: {seq}"

    @invariant()
    def memory_is_bounded(self) -> None:
        courier = self.gateway.courier
        assert len(courier._packer._seqs) <= PAGE, "I8"
        assert len(courier._live) <= LIVE, "I8"
        backlog = [len(send.payload) for send in courier._flights.values() if not send.is_live]
        assert sum(backlog) <= BACKLOG_BYTES or len(backlog) == 1, "I8"

    def teardown(self) -> None:
        """I6: from now on everything arrives, once, in order."""
        if self.gateway.is_connected:
            self.disconnect()
        self.retained = self.receiver.receipt()
        self.connect(receive_maximum=20, payload_bytes=5000)
        for _ in range(200):
            if self.is_settled():
                break
            self.send(most=50)
            while self.pubacks:
                self.puback(code=0)
            while self.wire:
                self.deliver(at=0, times=1)
            self.gateway.hear(self.receiver.receipt(), is_fresh=True)
            self.gateway.keep()
            self.wait(seconds=10)
        assert self.is_settled(), (
            f"I6: {self.receiver.receipt()} of {len(self.truth)}, {self.gateway.courier.tally.todo}"
        )

    def is_settled(self) -> bool:
        has_all = self.receiver.store.keys() == self.truth.keys()
        return has_all and self.gateway.courier.tally.upto == len(self.truth) and self.gateway.courier.is_idle


def _unpacked(payload: bytes) -> list[bytes]:
    return [json.dumps(event).encode() for event in json.loads(zlib.decompress(payload))]


# ---------------------------------------------------------------- what must be caught


class PrunesOnPuback(Uplink):
    """The usual shortcut: the broker has it, so it is safe."""

    class make_tally(Tally):  # noqa: N801 - takes the place of the attribute
        def acknowledged(self, first: int, last: int, now_ns: int) -> None:
            super().acknowledged(first, last, now_ns)
            self._trusts_broker = True
            self._trust_broker()
            self._trusts_broker = False


class BelievesHighest(Uplink):
    """The receiver names the highest number it has, not the highest without a gap before it."""

    names_highest = True


class ForgetsWhatWasSent(Uplink):
    """A missing receipt is nobody's business."""

    class make_tally(Tally):  # noqa: N801 - takes the place of the attribute
        def lose_patience(self, now_ns: int) -> None:
            """Never send again what was sent once."""


class IgnoresRestore(Uplink):
    """A receiver that was set back is not believed: its lower numbers look old."""

    class make_tally(Tally):  # noqa: N801 - takes the place of the attribute
        def heard(self, receipt: Receipt, **more: Any) -> bool:
            return receipt.upto >= self.upto and super().heard(receipt, **more)


class ForgetsRefusals(Uplink):
    """What a receiver refused before it was set back is never offered again."""

    class make_courier(Courier):  # noqa: N801 - takes the place of the attribute
        def take_released(self) -> None:
            """Release nothing."""


class KeepsSilent(Uplink):
    """What is pruned is pruned, and the receiver may wait for it."""

    class make_courier(Courier):  # noqa: N801 - takes the place of the attribute
        def take_missing(self) -> list[tuple[int, int]]:
            return []


class BacklogFirst(Uplink):
    """First come, first served: a live touch waits behind the backlog."""

    class make_courier(Courier):  # noqa: N801 - takes the place of the attribute
        def _next_live(self, now_ns: int) -> Send | None:
            return self._next_backlog(now_ns) or super()._next_live(now_ns)


class ReadsEverything(Uplink):
    """The whole backlog fits into memory, until it does not."""

    class make_courier(Courier):  # noqa: N801 - takes the place of the attribute
        def wants(self, now_ns: int) -> Want | None:
            want = super().wants(now_ns)
            return want and replace(want, limit=1_000_000)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "PAGE_EVENTS", PAGE)
    monkeypatch.setattr(courier_module, "LIVE_EVENTS", LIVE)


def _settings(examples: int, *phases: Phase) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=50,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=phases or (Phase.generate, Phase.shrink),
        # A search for a known fault must not depend on luck; the search for unknown ones should.
        derandomize=bool(phases),
    )


def test_nothing_is_lost_invented_or_held_up_whatever_happens_on_the_way() -> None:
    """
    Crashes, lost, doubled and reordered messages, brokers that lie, receivers set back to a backup.
    """
    run_state_machine_as_test(Uplink, settings=_settings(500))


@pytest.mark.parametrize(
    "mutant",
    [
        PrunesOnPuback,
        BelievesHighest,
        ForgetsWhatWasSent,
        IgnoresRestore,
        ForgetsRefusals,
        KeepsSilent,
        BacklogFirst,
        ReadsEverything,
    ],
)
def test_the_usual_shortcuts_are_caught(mutant: type[Uplink]) -> None:
    """
    A model that cannot fail proves nothing.
    """
    with pytest.raises(AssertionError, match=r"I[12678]"):
        run_state_machine_as_test(mutant, settings=_settings(6000, Phase.generate))
