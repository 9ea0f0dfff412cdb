"""What is committed and what is said of it: the same, whatever the network does to the messages."""

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.core.message import Receipt, decode_receipt
from edge_agent.core.wire import chain_hash, encode, genesis
from edge_agent.receiver.audit import audit
from edge_agent.receiver.store import NAMED, Store
from edge_agent.receiver.unpack import Letter, Stream
from hardware_fakes.history import EPOCH, History, altered, batch
from spool.file import SpoolDamaged, SpoolInUse, SpoolUnavailable

NOW = 1_795_474_800_000_000_000
STREAM = Stream("gw-1", EPOCH)
FOREIGN = f'{{"type":"edge-agent.touch.v9","id":"{EPOCH}-%012d"}}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path, utc_s=7) as store:
        yield store


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A file per example: hypothesis runs many in one test."""
    folder = tmp_path_factory.mktemp("stores")
    numbers = iter(range(10**9))
    return lambda: folder / f"{next(numbers)}.db"


def alone(body: bytes, gateway: str = "gw-1") -> Letter:
    return Letter(gateway, "touch", body)


def together(*bodies: bytes, gateway: str = "gw-1") -> Letter:
    return Letter(gateway, "batchz", batch(bodies))


def receipt(store: Store, stream: Stream = STREAM, *, named: int = NAMED) -> Receipt:
    """As the gateway reads it: so that one it could not read would be noticed."""
    return decode_receipt(encode(store.receipt(stream, utc_ns=NOW, named=named)))


def bodies(path: Path, gateway: str = "gw-1") -> dict[int, bytes]:
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT seq, body FROM event WHERE gateway = ? ORDER BY epoch, seq", (gateway,)).fetchall()
    db.close()
    return {seq: body.encode() for seq, body in rows}


def count(path: Path, table: str) -> int:
    with sqlite3.connect(path) as db:
        found = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - a literal of this test
    db.close()
    return int(found)


def covered(said: Receipt) -> set[int]:
    return {seq for first, last in [(1, said.upto), *said.more] for seq in range(first, last + 1)}


# ---------------------------------------------------------------- what is right


def test_an_event_is_held_with_its_bytes_and_receipted(store: Store, path: Path) -> None:
    history = History().grow(3)

    owed = store.take([together(*history.bodies)], utc_ns=NOW)

    said = receipt(store)
    assert [STREAM] == owed
    assert {1: history.body(1), 2: history.body(2), 3: history.body(3)} == bodies(path)
    assert (EPOCH, 7, 3, [], []) == (said.epoch, said.gen, said.upto, said.more, said.nack)
    assert chain_hash(history.body(3)) == said.head


def test_nothing_committed_is_nothing_receipted(store: Store) -> None:
    said = receipt(store)

    assert (0, "", []) == (said.upto, said.head, said.more)


deliveries = st.lists(
    st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=5), min_size=1, max_size=4), min_size=1, max_size=8
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(polls=deliveries)
def test_any_order_repetition_and_packing_gives_the_same_rows(
    fresh: Callable[[], Path], polls: list[list[list[int]]]
) -> None:
    """I2, I4: a network may do what it likes; only what never came may be missing."""
    history = History().grow(9)
    came: set[int] = set()
    path = fresh()
    with Store(path, utc_s=1) as store:
        for letters in polls:
            store.take([together(*(history.body(seq) for seq in seqs)) for seqs in letters], utc_ns=NOW)
            came |= {seq for seqs in letters for seq in seqs}
            said = receipt(store)
            contiguous = next(seq for seq in range(11) if seq + 1 not in came)
            assert contiguous == said.upto
            assert came == covered(said) == set(bodies(path))
            assert not said.nack
    assert {seq: history.body(seq) for seq in came} == bodies(path)


def test_two_gateways_and_two_epochs_do_not_mix(store: Store) -> None:
    one, two, later = History("gw-1"), History("gw-2"), History("gw-1", "0123456789abcdef")
    for history, number in ((one, 3), (two, 2), (later, 1)):
        history.grow(number)

    store.take([together(*h.bodies, gateway=h.gateway) for h in (one, two, later)], utc_ns=NOW)

    assert [3, 2, 1] == [receipt(store, Stream(h.gateway, h.epoch)).upto for h in (one, two, later)]


def test_ranges_above_a_hole_are_named_and_grow_together(store: Store) -> None:
    history = History().grow(8)
    store.take([alone(history.body(seq)) for seq in (1, 5, 3, 6)], utc_ns=NOW)
    before = receipt(store)
    store.take([alone(history.body(seq)) for seq in (4, 2)], utc_ns=NOW)

    assert (1, [(3, 3), (5, 6)]) == (before.upto, before.more)
    assert (6, []) == (receipt(store).upto, receipt(store).more)


def test_more_holes_than_a_receipt_can_name_are_named_from_below(store: Store) -> None:
    history = History().grow(200)
    store.take([alone(history.body(seq)) for seq in range(2, 201, 2)], utc_ns=NOW)

    said = receipt(store)

    assert (0, 64, (2, 2)) == (said.upto, len(said.more), said.more[0])


# ---------------------------------------------------------------- what is wrong


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_byte_changed_on_the_way_is_noticed(fresh: Callable[[], Path], data: st.DataObject) -> None:
    """I5: whoever changes an event must change all after it, and the gateway remembers the receipts."""
    history = History().grow(3)
    seq = data.draw(st.integers(1, 2))
    sent = list(history.bodies)
    at = data.draw(st.integers(0, len(sent[seq - 1]) - 1))
    forged = bytearray(sent[seq - 1])
    forged[at] ^= data.draw(st.integers(1, 255))
    sent[seq - 1] = bytes(forged)
    path = fresh()
    with Store(path, utc_s=1) as store:
        store.take([alone(body) for body in sent], utc_ns=NOW)
        said = receipt(store)

    noticed = {nack.seq for nack in said.nack} | ({1, 2, 3} - covered(said))
    assert noticed & {seq, seq + 1}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_byte_changed_in_the_file_is_noticed(fresh: Callable[[], Path], data: st.DataObject) -> None:
    """I5: also the newest event, which no other event vouches for."""
    history, path = History().grow(3), fresh()
    with Store(path, utc_s=1) as store:
        store.take([together(*history.bodies)], utc_ns=NOW)
    assert [] == list(audit(path))
    seq = data.draw(st.integers(1, 3))
    body = bytearray(history.body(seq))
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE held SET body = ? WHERE seq = ?", (bytes(body), seq))
    db.close()

    assert seq in {finding.seq for finding in audit(path)}


def test_an_event_taken_out_of_the_file_is_noticed(store: Store, path: Path) -> None:
    store.take([together(*History().grow(5).bodies)], utc_ns=NOW)
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM held WHERE seq = 3")
    db.close()

    assert [3] == [finding.seq for finding in audit(path)]


def test_a_break_of_the_chain_is_flagged_and_loses_nothing(
    store: Store, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    history = History().grow(2)
    history.append(prev="0" * 32)
    history.grow(1)
    for body in reversed(history.bodies):
        store.take([alone(body)], utc_ns=NOW)
    store.take([together(*history.bodies)], utc_ns=NOW)

    said = receipt(store)
    assert 4 == said.upto == len(bodies(path))
    assert [(3, "chain")] == [(nack.seq, nack.code) for nack in said.nack]
    assert 1 == len(caplog.records)


def test_the_first_event_must_follow_the_epoch(store: Store) -> None:
    history = History()
    history.append(prev=genesis("0123456789abcdef"))
    store.take([alone(history.body(1))], utc_ns=NOW)

    assert [(1, "chain")] == [(nack.seq, nack.code) for nack in receipt(store).nack]


@pytest.mark.parametrize("is_one_poll", [True, False])
def test_of_two_events_with_one_number_the_first_stays(store: Store, path: Path, *, is_one_poll: bool) -> None:
    """Two boxes from one disk image: both tell of it, neither overwrites the other."""
    real, clone = History().grow(2), History()
    clone.append(reader="gate-9")
    letters = [alone(real.body(1)), alone(real.body(2)), alone(clone.body(1))]
    for poll in [letters] if is_one_poll else [[letter] for letter in letters]:
        store.take(poll, utc_ns=NOW)

    assert {1: real.body(1), 2: real.body(2)} == bodies(path)
    assert (2, [(1, "fork")]) == (receipt(store).upto, [(nack.seq, nack.code) for nack in receipt(store).nack])
    assert 1 == count(path, "rejected")


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "edge-agent.touch.v2"},
        {"data": {"role": "sideways"}},
        {"data": {"site": None}},
        {"source": "/gw/gw-2"},
        {"specversion": "2.0"},
    ],
    ids=str,
)
def test_an_event_that_breaks_the_contract_is_nacked_and_passed(
    store: Store, path: Path, changes: dict[str, object]
) -> None:
    history = History().grow(3)
    bad = altered(history.body(2), **changes)

    store.take([together(history.body(1), bad, history.body(3))], utc_ns=NOW)

    said = receipt(store)
    assert {1, 3} == set(bodies(path))
    assert 3 == said.upto
    assert (2, "schema") in [(nack.seq, nack.code) for nack in said.nack]
    assert all(nack.detail for nack in said.nack)
    with sqlite3.connect(path) as db:
        assert [(EPOCH, 2, bad)] == db.execute("SELECT epoch, seq, payload FROM rejected").fetchall()
    db.close()


def test_a_foreign_version_is_followed_by_the_chain(store: Store) -> None:
    """A newer box beside older events: what we cannot read still vouches for what comes after it."""
    history = History().grow(1)
    newer = altered(history.body(1), type="edge-agent.touch.v2")
    history.bodies[0] = newer
    history.grow(1)

    store.take([together(*history.bodies)], utc_ns=NOW)

    assert [(1, "schema")] == [(nack.seq, nack.code) for nack in receipt(store).nack]


def test_the_head_of_a_tombstone_is_the_hash_of_what_it_stands_for(store: Store) -> None:
    store.take([alone((FOREIGN % 1).encode())], utc_ns=NOW)

    assert (1, chain_hash((FOREIGN % 1).encode())) == (receipt(store).upto, receipt(store).head)


@pytest.mark.parametrize("is_tombstone_first", [True, False])
def test_no_box_writes_under_another_ones_name(store: Store, path: Path, *, is_tombstone_first: bool) -> None:
    """A stolen event, sent by box B: neither in A's history nor in B's."""
    history = History("gw-1").grow(1)
    letters = [alone(history.body(1), "gw-2"), alone(history.body(1), "gw-1")]
    store.take(letters if is_tombstone_first else letters[::-1], utc_ns=NOW)

    assert {} == bodies(path, "gw-2")
    assert {1: history.body(1)} == bodies(path, "gw-1")
    assert ["schema"] == [nack.code for nack in receipt(store, Stream("gw-2", EPOCH)).nack]
    assert [] == receipt(store).nack


def test_a_tombstone_gives_way_to_its_event(store: Store, path: Path) -> None:
    """Damaged on the way, then sent again: the second is the truth."""
    history = History().grow(3)
    damaged = altered(history.body(2), type="edge-agent.touch.v0")
    store.take([together(history.body(1), damaged, history.body(3))], utc_ns=NOW)
    nacked = {nack.seq for nack in receipt(store).nack}
    store.take([alone(history.body(2))], utc_ns=NOW)

    assert {2, 3} == nacked
    assert (3, []) == (receipt(store).upto, receipt(store).nack)
    assert {1, 2, 3} == set(bodies(path))
    assert [] == list(audit(path))


def test_damage_after_the_event_is_a_fork(store: Store, path: Path) -> None:
    history = History().grow(1)
    store.take([alone(history.body(1))], utc_ns=NOW)
    store.take([alone(altered(history.body(1), type="edge-agent.touch.v0"))], utc_ns=NOW)

    assert {1: history.body(1)} == bodies(path)
    assert ["fork"] == [nack.code for nack in receipt(store).nack]


def test_an_event_that_is_no_text_is_nacked(store: Store, path: Path) -> None:
    """Also where nobody would read it: whoever opens the file later must not stumble over it."""
    body = History().append()[:-1] + b',"more":"\xff"}'
    store.take([alone(body)], utc_ns=NOW)

    assert [(1, "schema")] == [(nack.seq, nack.code) for nack in receipt(store).nack]
    assert {} == bodies(path)


def test_an_event_too_large_is_nacked(store: Store) -> None:
    history = History().grow(1)
    large = history.body(1)[:-1] + b',"more":"' + b"x" * 70_000 + b'"}'
    store.take([alone(large)], utc_ns=NOW)

    assert [(1, "oversize")] == [(nack.seq, nack.code) for nack in receipt(store).nack]


BOMB = zlib.compress(b"[" + b" " * (17 << 20) + b"]")


@pytest.mark.parametrize(
    ("leaf", "payload"),
    [
        ("touch", b""),
        ("touch", b"{}"),
        ("touch", b"\xff\xfe"),
        ("touch", b"[" * 100_000),
        ("touch", b"x" * ((1 << 20) + 1)),
        ("batchz", b""),
        ("batchz", b"not deflated"),
        ("batchz", batch(History().grow(3).bodies)[:-9]),
        ("batchz", batch(History().grow(3).bodies)[:-2]),
        ("batchz", zlib.compress(b"[1,2")),
        ("batchz", zlib.compress(b"[" * 100_000)),
        ("batchz", zlib.compress(b"[" + b",".join([b"1"] * 5000) + b"]")),
        ("batchz", BOMB),
        ("state", b"{}"),
        ("state", b'{"gw":"gw-2","state":"lost","session":"s"}'),
    ],
    ids=range(15),
)
def test_garbage_is_kept_aside_and_nothing_else_happens(store: Store, path: Path, leaf: str, payload: bytes) -> None:
    history = History().grow(1)

    owed = store.take([Letter("gw-1", leaf, payload), alone(history.body(1))], utc_ns=NOW)

    assert [STREAM] == owed
    assert {1: history.body(1)} == bodies(path)
    assert 1 == count(path, "rejected")
    assert (1, []) == (receipt(store).upto, receipt(store).nack)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(
    leaf=st.sampled_from(["touch", "batchz", "state", "health", "else"]),
    payload=st.binary(max_size=80)
    | st.binary(max_size=80).map(zlib.compress)
    | st.lists(st.binary(max_size=20), max_size=4).map(batch)
    | st.tuples(st.integers(0, 700), st.binary(min_size=1, max_size=4)).map(
        lambda edit: (body := History().grow(1).body(1))[: edit[0]] + edit[1] + body[edit[0] + len(edit[1]) :]
    ),
    gateway=st.sampled_from(["gw-1", "", "Ünsinn", "#", "gw/1"]),
)
def test_no_bytes_whatever_break_the_receiver(
    fresh: Callable[[], Path], leaf: str, payload: bytes, gateway: str
) -> None:
    with Store(fresh(), utc_s=1) as store:
        store.take([Letter(gateway, leaf, payload)], utc_ns=NOW)
        store.take([Letter(gateway, "batchz", zlib.compress(b"[" + payload + b"]"))], utc_ns=NOW)
        store.take([together(*History("gw-9").grow(2).bodies, gateway="gw-9")], utc_ns=NOW)

        assert 2 == receipt(store, Stream("gw-9", EPOCH)).upto


def test_what_is_rejected_is_bounded_and_its_newest_kept(store: Store, path: Path) -> None:
    """A broken box must not fill the office's disk."""
    for number in range(300):
        store.take([Letter("gw-1", "touch", b"garbage %d" % number)] * 2, utc_ns=NOW)
    store.take([Letter("gw-2", "touch", b"x" * 900_000)], utc_ns=NOW)

    with sqlite3.connect(path) as db:
        [(kept,)] = db.execute("SELECT count(*) FROM rejected WHERE gateway = 'gw-1'").fetchall()
        [newest] = db.execute("SELECT payload, times FROM rejected WHERE gateway = 'gw-1' ORDER BY id DESC LIMIT 1")
        [large] = db.execute("SELECT size, length(payload) FROM rejected WHERE gateway = 'gw-2'").fetchall()
    db.close()
    assert 256 == kept
    assert (b"garbage 299", 2) == newest
    assert (900_000, 65_536) == large


# ---------------------------------------------------------------- what a receipt may cover


def test_a_refused_event_is_covered_only_where_it_is_named(store: Store) -> None:
    """I1: the gateway would prune what it believes we hold."""
    store.take([alone((FOREIGN % seq).encode()) for seq in range(1, 101)], utc_ns=NOW)

    said = receipt(store)

    assert (64, set(range(1, 65))) == (said.upto, {nack.seq for nack in said.nack})
    assert covered(said) == set(range(1, 65))


@pytest.mark.parametrize("named", [0, 1, 8])
def test_a_small_receipt_covers_less(store: Store, named: int) -> None:
    """A broker with a small packet size gets a smaller receipt, never a wrong one."""
    history = History().grow(9)
    sent = [*history.bodies[:2], (FOREIGN % 3).encode(), history.body(4), (FOREIGN % 5).encode(), history.body(7)]
    store.take([together(*sent)], utc_ns=NOW)

    said = receipt(store, named=named)

    assert {0: 2, 1: 4, 8: 5}[named] == said.upto
    assert not (covered(said) & {3, 5}) - {nack.seq for nack in said.nack}


def state(epoch: str = EPOCH, acked: int = 0, gen: int = 0, gateway: str = "gw-1", receipt: str = "receiver") -> Letter:
    said = (
        f'{{"gw":"{gateway}","state":"ready","session":"s","epoch":"{epoch}","max_seq":100,"acked":{acked},"agent":"1",'
        f'"gen":{gen},"sites":[],"readers":[],"receipt":"{receipt}","t":"2026-11-24T07:41:03.127+09:00"}}'
    )
    return Letter(gateway, "state", said.encode())


def test_who_says_that_it_is_here_is_told_what_is_committed_be_it_nothing(store: Store) -> None:
    """What the broker took before the receiver listened for the first time is asked for at once."""
    assert [Stream("gw-1", EPOCH)] == store.take([state()], utc_ns=NOW)
    assert 0 == store.receipt(Stream("gw-1", EPOCH), utc_ns=NOW).upto


def test_nacks_the_gateway_has_heard_make_room_for_others(store: Store) -> None:
    store.take([alone((FOREIGN % seq).encode()) for seq in range(1, 101)], utc_ns=NOW)
    store.take([state(acked=64)], utc_ns=NOW)

    said = receipt(store)

    assert (100, set(range(65, 101))) == (said.upto, {nack.seq for nack in said.nack})


def test_a_refused_event_that_comes_again_is_named_again(store: Store) -> None:
    """Whoever sends it again has not heard of it: a gateway whose spool was set back."""
    store.take([alone((FOREIGN % 1).encode())], utc_ns=NOW)
    store.take([state(acked=1)], utc_ns=NOW)
    heard = receipt(store).nack
    store.take([alone((FOREIGN % 1).encode())], utc_ns=NOW)

    assert [] == heard
    assert [1] == [nack.seq for nack in receipt(store).nack]


def test_a_fork_is_named_for_ever(store: Store) -> None:
    """The box that has heard of it may be the other one."""
    store.take([alone(History().grow(1).body(1))], utc_ns=NOW)
    clone = History()
    clone.append(reader="gate-9")
    store.take([alone(clone.body(1)), state(acked=1)], utc_ns=NOW)

    assert ["fork"] == [nack.code for nack in receipt(store).nack]


# ---------------------------------------------------------------- the file


def test_a_disk_that_refuses_promises_nothing_and_works_again(store: Store, path: Path) -> None:
    history = History().grow(4)
    store.take([alone(history.body(1))], utc_ns=NOW)
    blocker = sqlite3.connect(path, isolation_level=None)
    # As a full disk would: the statement fails in the middle of the transaction.
    blocker.execute(
        "CREATE TRIGGER full BEFORE INSERT ON held WHEN new.seq = 3 BEGIN SELECT raise(ABORT, 'disk is full'); END"
    )

    with pytest.raises(SpoolUnavailable, match="disk is full"):
        store.take([together(*history.bodies)], utc_ns=NOW)
    after = receipt(store)
    blocker.execute("DROP TRIGGER full")
    blocker.close()
    store.take([together(*history.bodies)], utc_ns=NOW)

    assert (1, []) == (after.upto, after.more)
    assert 4 == receipt(store).upto


def test_after_a_failed_commit_nothing_is_said_until_the_disk_has_it_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed sync leaves pages that look committed and are not on disk: only a full checkpoint writes them anew."""
    monkeypatch.setattr("spool.file.BUSY_TIMEOUT_S", 0.05)
    reader, other = (sqlite3.connect(path, isolation_level=None) for _ in range(2))
    with Store(path, utc_s=1) as store:
        store.take([alone(History().append())], utc_ns=NOW)
        other.execute("CREATE TRIGGER full BEFORE INSERT ON held BEGIN SELECT raise(ABORT, 'disk is full'); END")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM held").fetchall()
        with pytest.raises(SpoolUnavailable, match="disk is full"):
            store.take([alone(History().grow(2).body(2))], utc_ns=NOW)
        with pytest.raises(SpoolUnavailable, match="a reader holds the log"):
            receipt(store)
        reader.execute("COMMIT")

        assert 1 == receipt(store).upto
    reader.close()
    other.close()


@pytest.mark.usefixtures("store")
def test_only_one_receiver_writes_to_a_file(path: Path) -> None:
    with pytest.raises(SpoolInUse):
        Store(path, utc_s=1)


def test_a_store_keeps_its_generation_until_it_is_told(path: Path) -> None:
    with Store(path, utc_s=100) as store:
        store.take([alone(History().grow(1).body(1))], utc_ns=NOW)
        first = receipt(store).gen
    with Store(path, utc_s=200) as store:
        again = receipt(store).gen
        restored = store.new_generation(utc_s=300)
        backwards = store.new_generation(utc_s=5)

        assert (100, 100, 300, 301) == (first, again, restored, backwards)
        assert (301, 1) == (receipt(store).gen, receipt(store).upto)


# ---------------------------------------------------------------- restored from a backup


@pytest.fixture
def restored(path: Path, tmp_path: Path) -> Iterator[Store]:
    """Five events came and were receipted; then the file was put back to when there were two."""
    history, other = History().grow(5), History("gw-2").grow(1)
    with Store(path, utc_s=7) as store:
        store.take([together(*history.bodies[:2]), alone(other.body(1), "gw-2")], utc_ns=NOW)
    backup = tmp_path / "backup.db"
    backup.write_bytes(path.read_bytes())
    with Store(path, utc_s=7) as store:
        store.take([together(*history.bodies)], utc_ns=NOW)
        assert 5 == receipt(store).upto
    backup.replace(path)
    with Store(path, utc_s=8) as store:
        yield store


def test_a_restored_file_is_noticed_by_the_first_gateway_that_knows_more(
    restored: Store, caplog: pytest.LogCaptureFixture
) -> None:
    owed = restored.take([state(acked=5, gen=7)], utc_ns=NOW)

    assert (NOW // 10**9, 2) == (receipt(restored).gen, receipt(restored).upto)
    assert {STREAM, Stream("gw-2", EPOCH)} == set(owed)
    assert ["this file was set back: gateways send again"] == [record.message for record in caplog.records]


@pytest.mark.parametrize(
    "said",
    [
        state(acked=2, gen=7),
        state(acked=1, gen=7),
        state(acked=5, gen=6),
        state(acked=5, gen=0),
        state(acked=5, gen=7, receipt="broker"),
        state(acked=0, gen=1 << 41),
    ],
    ids=range(6),
)
def test_a_file_that_was_not_set_back_keeps_its_generation(restored: Store, said: Letter) -> None:
    """Also against a box that claims a generation no receiver ever had."""
    restored.take([said], utc_ns=NOW)

    assert 7 == receipt(restored).gen


def test_one_restore_is_one_generation(restored: Store) -> None:
    """A thousand boxes tell of it, some later than others."""
    restored.take([state(acked=5, gen=7)], utc_ns=NOW)
    first = receipt(restored).gen
    restored.take([state(acked=5, gen=7), state(acked=3, gen=7, gateway="gw-2")], utc_ns=NOW)

    assert first == receipt(restored).gen


def test_a_file_begun_by_a_wrong_clock_rises_above_every_receipt_heard_of(store: Store) -> None:
    """1970, and an office that had a receiver before: a lower generation would be taken for old mail, for ever."""
    store.take([state(acked=90, gen=1_795_000_000)], utc_ns=5 * 10**9)

    assert 1_795_000_001 == receipt(store).gen


def test_a_damaged_file_says_what_to_do(path: Path) -> None:
    with Store(path, utc_s=1) as store:
        store.take([together(*History().grow(300).bodies)], utc_ns=NOW)
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 2048] = b"\xa5" * 2048
    path.write_bytes(content)

    with pytest.raises(SpoolDamaged, match="put the newest backup in"), Store(path, utc_s=1) as store:
        store.take([together(*History().grow(400).bodies)], utc_ns=NOW)


def test_a_file_that_is_no_database_says_what_to_do(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 500)

    with pytest.raises(SpoolDamaged, match="put the newest backup in"):
        Store(path, utc_s=1)


def test_a_file_of_an_older_version_goes_on(path: Path) -> None:
    history = History().grow(3)
    with Store(path, utc_s=1) as store:
        store.take([together(*history.bodies)], utc_ns=NOW)
    with sqlite3.connect(path) as db:  # as the version before left it
        for table in ("carried", "correction", "gone", "beginning", "signer", "checkpoint"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DROP VIEW event")
        db.execute("CREATE VIEW event AS SELECT seq FROM held")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = '0002_what_events_say_of_others'")
    db.close()
    with Store(path, utc_s=1) as store:
        store.take([alone(history.grow(1).body(4))], utc_ns=NOW)

        assert 4 == receipt(store).upto
    assert history.bodies == list(bodies(path).values())
    assert [] == list(audit(path))


def test_the_newest_stream_of_each_gateway_is_recent(store: Store) -> None:
    for number, (gateway, epoch) in enumerate([("gw-1", EPOCH), ("gw-2", EPOCH), ("gw-1", "0123456789abcdef")]):
        history = History(gateway, epoch).grow(1)
        store.take([alone(history.body(1), gateway)], utc_ns=NOW + number)

    assert [Stream("gw-1", "0123456789abcdef"), Stream("gw-2", EPOCH)] == store.recent(9)
    assert [Stream("gw-1", "0123456789abcdef")] == store.recent(1)
