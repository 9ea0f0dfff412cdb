"""A damaged or forked spool: every undamaged event goes on once, what is lost is told, and who is where is known."""

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from zlib import crc32

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edge_agent import recovery
from edge_agent.chain import append
from edge_agent.core import events, parts, wire
from edge_agent.core.attendance import Meaning, Moment, Never, Policy, Presence, Role, decide, follow
from edge_agent.core.touch import NS_PER_S, PersonKey, Stamp
from edge_agent.ledger.presence import presence, set_presence
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.recovery import Renewed, Renumbering, renew
from hardware_fakes.clock import FakeClock
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.outbox import Outbox
from spool.renewal import set_aside
from spool.salvage import Wreck
from spool.transaction import Transaction

GATEWAY = "gw-1"
STEPS = {"ledger": LEDGER_STEPS}
POLICY = Policy(repeat_window_ns=60 * NS_PER_S)
PEOPLE = 23


def touch(tx: Transaction, epoch: str, person: str, at: Stamp) -> int:
    """What the intake does."""
    seq = tx.head().seq + 1
    before = presence(tx, PersonKey(person))
    decision = decide(before, touch=Moment(seq=seq, at=at), role=Role.TOGGLE, policy=POLICY)
    set_presence(tx, PersonKey(person), decision.presence)

    def data(seq: int, prev: str) -> events.TouchData:
        return events.TouchData(
            epoch=epoch,
            seq=seq,
            prev=prev,
            site="13-0042",
            reader="gate-1",
            method="card",
            role="toggle",
            meaning=decision.meaning.value,
            standing="accepted",
            person=parts.PersonData(ccus=person),
            evidence=parts.Evidence(credential="hmac:" + f"{seq:032x}", technology="felica"),
            repeat_of=decision.repeat_of,
            flags=[flag.value for flag in decision.flags],
            boot=at.boot,
            boot_ms=at.boot_ns // 1_000_000,
            clock=at.trust.value,
            err_ms=at.err_ms,
        )

    return append(tx, data, gateway=GATEWAY, epoch=epoch, at=at)


def touches(journal: Journal, count: int, clock: FakeClock) -> None:
    def work(tx: Transaction) -> None:
        for _ in range(count):
            clock.advance(1.0)
            number = tx.head().seq
            touch(tx, journal.epoch, f"{number * 7 % PEOPLE:014}", clock.stamp())

    journal.write(work)


def copy(path: Path, to: Path) -> Path:
    """What a power cut leaves: file and log, as they stand."""
    for end in ("", "-wal"):
        if (old := Path(f"{path}{end}")).exists():
            Path(f"{to}{end}").write_bytes(old.read_bytes())
    return to


def bodies(path: Path) -> list[bytes]:
    with contextlib.closing(Outbox(path)) as outbox:
        return [entry.body for entry in outbox.after(0, limit=1_000_000)]


def people(path: Path) -> dict[str, Presence]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT person, state FROM presence").fetchall()
    return {person: msgspec.json.decode(state, type=Presence) for person, state in rows}


def where(path: Path) -> dict[str, tuple[str, int]]:
    """Who is where, since when: without numbers, which are another epoch's."""
    return {
        person: (type(state).__name__, state.since.at.boot_ns // 1_000_000)
        for person, state in people(path).items()
        if not isinstance(state, Never)
    }


def again(path: Path, reason: recovery.Reason = "damaged", **more: object) -> Renewed:
    return renew(path, reason=reason, gateway=GATEWAY, at=FakeClock().stamp(), owner_steps=STEPS, **more)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 events in the file, 40 more in its log; 30 are receipted, two are in quarantine."""
    folder, clock = tmp_path_factory.mktemp("whole"), FakeClock()
    with Journal(folder / "spool.db", owner_steps=STEPS) as journal:
        touches(journal, 120, clock)
        journal.set_receipt(upto=30, generation=7, heard_utc_ns=None)
        journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for _ in range(4):
            touches(journal, 10, clock)
        journal.quarantine(50, code="schema", detail="")
        journal.quarantine(10, code="schema", detail="")
        return copy(folder / "spool.db", folder / "left.db")


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    return copy(whole, tmp_path / "spool.db")


def decoded(path: Path) -> list[events.Event]:
    return [events.decode_event(body) for body in bodies(path)]


def assert_chain(found: Sequence[bytes], epoch: str) -> None:
    prev = wire.genesis(epoch)
    for number, body in enumerate(found, start=1):
        event = events.decode_event(body)
        assert (number, epoch, prev) == (event.data.seq, event.data.epoch, event.data.prev)
        assert wire.encode(event) == body
        prev = wire.chain_hash(body)


def committed(path: Path) -> "Quiet":
    with contextlib.closing(sqlite3.connect(path)) as db:
        return Quiet(db.execute("SELECT seq, body FROM entry ORDER BY seq"))


class Quiet(dict[int, bytes]):
    """By number. Too long for the report of a test that failed."""

    def __repr__(self) -> str:
        return f"{len(self)} events"


@pytest.fixture(scope="module")
def truth(whole: Path) -> Quiet:
    return committed(copy(whole, whole.with_name("truth.db")))


@pytest.mark.parametrize("reason", ["damaged", "forked"])
def test_a_new_epoch_begins_by_saying_so_and_goes_on_with_what_has_no_receipt(
    path: Path, truth: dict[int, bytes], reason: recovery.Reason
) -> None:
    before = events.decode_event(truth[1]).data.epoch
    renewed = again(path, reason)
    first, *carried = decoded(path)

    assert_chain(bodies(path), renewed.epoch)
    assert (before, 130, 0, f"spool.{reason}-{before}.db") == (
        renewed.before,
        renewed.carried,
        renewed.lost,
        renewed.aside.name,
    )
    assert events.Before(epoch=before, last=160, head=wire.chain_hash(truth[160])) == first.data.before
    assert (reason, 130, [], 0) == (first.data.reason, first.data.carried, first.data.lost, first.data.lost_count)
    assert list(range(31, 161)) == [event.data.was.seq for event in carried]
    for event in carried:
        old = truth[event.data.was.seq]
        assert parts.Was(epoch=before, seq=event.data.was.seq, hash=wire.chain_hash(old)) == event.data.was
        assert same(event, events.decode_event(old))


def same(event: events.Event, old: events.Event) -> bool:
    """Whether it is the same touch: all but its place in the chain."""
    place = {"epoch": "", "seq": 1, "prev": "", "was": None}
    if isinstance(event, events.TouchEvent):
        place["repeat_of"] = None
    told = [
        msgspec.structs.replace(one, id="", sequence="", data=msgspec.structs.replace(one.data, **place))
        for one in (event, old)
    ]
    return told[0] == told[1]


def test_who_is_where_is_known_as_before(path: Path) -> None:
    before = where(copy(path, path.with_name("before.db")))
    again(path)

    assert PEOPLE == len(before)
    assert before == where(path)


def test_no_presence_means_a_number_of_the_epoch_before(path: Path) -> None:
    """A repeat says which touch it repeats: a number that now is another touch would be a lie."""
    again(path)
    by_number = {event.data.seq: event for event in decoded(path)}

    for person, state in people(path).items():
        event = by_number[state.since.seq] if state.since.seq else None
        assert event is None or (person, state.since.at.boot_ns // 1_000_000) == (
            event.data.person.ccus,
            event.data.boot_ms,
        )


def test_a_repeat_of_a_touch_that_stayed_behind_is_a_repeat_and_names_no_number(path: Path) -> None:
    clock = FakeClock()
    with Journal(path, owner_steps=STEPS) as journal:
        journal.write(lambda tx: touch(tx, journal.epoch, "99999999999999", clock.stamp()))
        journal.set_receipt(upto=161, generation=7, heard_utc_ns=None)
    again(path)
    clock.advance(30)
    with Journal(path, owner_steps=STEPS) as journal:
        journal.write(lambda tx: touch(tx, journal.epoch, "99999999999999", clock.stamp()))
    last = decoded(path)[-1]

    assert ("repeat", None) == (last.data.meaning, last.data.repeat_of)


def test_when_the_table_of_people_cannot_be_read_it_is_told_from_their_touches(path: Path) -> None:
    before = where(copy(path, path.with_name("before.db")))
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE presence SET state = 'nonsense' WHERE person < '00000000000010'")
        db.execute("DELETE FROM presence WHERE person > '00000000000015'")
        db.commit()
    again(path)

    assert before == where(path)


def test_a_person_whose_last_touch_is_lost_is_where_it_led(path: Path) -> None:
    """The table knows of it, and older touches do not take that back."""
    before = where(copy(path, path.with_name("before.db")))
    spoil_events(path, range(138, 161))
    again(path)

    assert before == where(path)


def test_after_a_lost_log_people_are_where_their_touches_say(path: Path, truth: dict[int, bytes]) -> None:
    """The table is older than the events that were found."""
    before = where(copy(path, path.with_name("before.db")))
    log = Path(f"{path}-wal")
    log.write_bytes(bytes(32) + log.read_bytes()[32:])
    renewed = again(path)

    assert len(truth) - 30 == renewed.carried
    assert before == where(path)


def test_tombstones_stay_and_what_they_stand_for_comes_along(path: Path) -> None:
    clock = FakeClock()

    def withheld(seq: int, prev: str) -> events.WithheldData:
        return events.WithheldData(epoch=journal.epoch, seq=seq, prev=prev, first=50, last=50, code="poison")

    with Journal(path, owner_steps=STEPS) as journal:
        journal.write(lambda tx: append(tx, withheld, gateway=GATEWAY, epoch=journal.epoch, at=clock.stamp()))
        touches(journal, 1, clock)
    renewed = again(path)
    carried = [event.data.was.seq for event in decoded(path)[1:]]

    assert [*range(31, 161), 162] == carried
    assert (131, 0) == (renewed.carried, renewed.lost)


def test_renewed_twice_an_event_keeps_the_identity_it_had_first(path: Path) -> None:
    """The receiver may have had it under that one, and never under the second."""
    first = again(path)
    with Journal(path, owner_steps=STEPS) as journal:
        touches(journal, 1, FakeClock())
    second = again(path, "forked")
    events_now = decoded(path)

    assert_chain(bodies(path), second.epoch)
    assert [*range(31, 161)] == [e.data.was.seq for e in events_now[2:-1] if e.data.was.epoch == first.before]
    assert [(first.epoch, 1), (first.epoch, 132)] == [(e.data.was.epoch, e.data.was.seq) for e in events_now[1::131]]
    assert 2 == len(set_aside(path))


def spoil_events(path: Path, numbers: Iterable[int]) -> None:
    """Change what they say, and leave no copy of what they said."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executemany("UPDATE entry SET body = x'00' WHERE seq = ?", [(number,) for number in numbers])
        db.execute("VACUUM")


def test_lost_numbers_are_told_in_ranges(path: Path) -> None:
    spoil_events(path, [5, 40, 41, 42, 90, 160])
    renewed = again(path)
    first = decoded(path)[0].data

    assert ([(40, 42), (90, 90), (160, 160)], 5, 125) == (first.lost, first.lost_count, renewed.carried)
    assert (160, "") == (first.before.last, first.before.head)


def test_only_the_first_lost_ranges_are_named_and_all_are_counted(path: Path) -> None:
    spoil_events(path, range(1, 161, 2))
    again(path)
    first = decoded(path)[0].data

    assert (64, 65) == (len(first.lost), first.lost_count)


def test_a_receipt_for_more_than_there_is_is_not_believed(path: Path) -> None:
    """It would declare every touch delivered."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE receipt SET upto = 1099511627776")
        db.commit()

    assert 160 == again(path).carried


@pytest.mark.parametrize("is_first", [False, True])
def test_the_chain_tells_which_of_two_events_was_the_one(path: Path, truth: Quiet, *, is_first: bool) -> None:
    """Neither SQLite nor a checksum knows: the other was written too, and never committed."""
    event = events.decode_event(truth[100])
    others = (
        wire.encode(msgspec.structs.replace(event, time=f"2026-11-24T23:59:59.{ms:03}+09:00")) for ms in range(1000)
    )
    other = next(body for body in others if (crc32(body) < crc32(truth[100])) == is_first)
    with Journal(path.with_name("other.db")) as journal:
        journal.write(lambda tx: tx.append(other, seq=100, recorded_utc_ns=None))
        page = path.with_name("other.db-wal").read_bytes()[-4096:]
    path.write_bytes(page + path.read_bytes()[4096:])
    log = Path(f"{path}-wal")
    log.write_bytes(bytes(32) + log.read_bytes()[32:])
    again(path)

    assert [wire.chain_hash(truth[100])] == [e.data.was.hash for e in decoded(path)[1:] if e.data.was.seq == 100]


def test_what_was_pruned_does_not_count_as_lost_where_the_receipt_can_no_longer_be_asked_for(path: Path) -> None:
    """All that is kept is sent again, which the receiver knows; but nobody is alarmed over what it has long had."""
    with Journal(path, owner_steps=STEPS) as journal:
        touches(journal, 1, FakeClock())
        journal.set_receipt(upto=120, generation=1_795_000_000, heard_utc_ns=FakeClock().stamp().utc_ns)
        journal.write(lambda tx: tx.execute("DELETE FROM entry WHERE seq <= 90"))
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM")
    spoil(path, ("head", "", 0.0, 4096, 0))
    renewed = again(path)

    assert (71, 0) == (renewed.carried, renewed.lost)
    assert list(range(91, 162)) == [event.data.was.seq for event in decoded(path)[1:]]


def test_tables_of_the_site_come_along_and_numbers_in_them_are_those_of_now(tmp_path: Path) -> None:
    """Whoever adds a table need not think of this, as long as `seq` means an event of this file."""
    path = tmp_path / "spool.db"
    site = {
        "1": "CREATE TABLE later (seq INTEGER PRIMARY KEY, why TEXT) STRICT;"
        "CREATE TABLE other (seq INTEGER, epoch TEXT, PRIMARY KEY (epoch, seq)) STRICT;"
        "CREATE TABLE mark (boot TEXT, utc_ns INTEGER) STRICT",
    }
    with Journal(path, owner_steps=STEPS | {"site": site}) as journal:
        touches(journal, 20, FakeClock())
        journal.set_receipt(upto=10, generation=0, heard_utc_ns=None)
        journal.write(lambda tx: tx.execute("INSERT INTO later VALUES (5, 'gone'), (15, 'here')"))
        journal.write(lambda tx: tx.execute("INSERT INTO other VALUES (5, 'e1'), (15, 'e1')"))
        journal.write(lambda tx: tx.execute("INSERT INTO mark VALUES ('b1', 1), ('b2', 2)"))
    more = site | {"2": "ALTER TABLE mark ADD COLUMN trust TEXT NOT NULL DEFAULT 'none'"}
    at = FakeClock().stamp()
    renew(path, reason="damaged", gateway=GATEWAY, at=at, owner_steps=STEPS | {"site": more})

    with contextlib.closing(sqlite3.connect(path)) as db:
        later = db.execute("SELECT * FROM later").fetchall()
        other = db.execute("SELECT * FROM other").fetchall()
        mark = db.execute("SELECT * FROM mark").fetchall()
    assert [(6, "here")] == later
    assert [(5, "e1"), (15, "e1")] == other
    assert [("b1", 1, "none"), ("b2", 2, "none")] == mark


def test_too_many_set_aside_are_told_and_nothing_is_touched(path: Path) -> None:
    for number in range(recovery.SET_ASIDE_MAX):
        path.with_name(f"spool.damaged-{number}.db").touch()
    before = path.read_bytes()

    with pytest.raises(SpoolUnavailable, match="failing, or a copy"):
        again(path)
    assert before == path.read_bytes()


def test_a_disk_that_reads_differently_each_time_is_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = Wreck.entries
    monkeypatch.setattr(
        Wreck, "entries", lambda self, after: ((s, f) for s, f in entries(self, after=after) if after == 0 or s != 60)
    )
    monkeypatch.setattr(Wreck, "count", lambda _self, _table: None)

    with pytest.raises(SpoolUnavailable, match="differently"):
        again(path)
    monkeypatch.undo()
    assert 130 == again(path).carried


@pytest.mark.parametrize("left", [0, 1, 2, 3, 5, 8])
def test_what_is_broken_off_anywhere_starts_over(path: Path, left: int) -> None:
    class Cut(BaseException):
        pass

    beats = iter(range(left))

    def beat() -> None:
        if next(beats, None) is None:
            raise Cut

    with contextlib.suppress(Cut):
        again(path, beat=beat)
        return
    renewed = again(path)

    assert (130, 0) == (renewed.carried, renewed.lost)
    assert_chain(bodies(path), renewed.epoch)


# ---------------------------------------------------------------- damage of every kind

Damage = tuple[str, str, float, int, int]
DAMAGE = st.tuples(
    st.sampled_from(["flip", "zero", "noise", "truncate", "page", "delete", "head"]),
    st.sampled_from(["", "-wal"]),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from([1, 7, 100, 512, 4096, 20_000]),
    st.integers(0, 2**32),
)


def spoil(path: Path, damage: Damage) -> None:
    kind, end, at, size, seed = damage
    file = Path(f"{path}{end}")
    if not file.exists() or not (data := bytearray(file.read_bytes())):
        return
    start = int(at * len(data))
    match kind:
        case "flip":
            data[start] ^= 1 << seed % 8
        case "zero":
            data[start : start + size] = bytes(len(data[start : start + size]))
        case "noise":
            noise = (seed.to_bytes(5) * size)[: len(data[start : start + size])]
            data[start : start + size] = noise
        case "truncate":
            del data[start:]
        case "page":  # a write that went to the wrong place
            there = seed % len(data) // 4096 * 4096
            start = start // 4096 * 4096
            data[start : start + 4096] = data[there : there + 4096][: len(data[start : start + 4096])]
        case "delete":
            file.unlink()
            return
        case "head":
            data[:size] = bytes(min(size, len(data)))
    file.write_bytes(data)


def varint(number: int) -> bytes:
    low = bytes([number & 0x7F])
    while number := number >> 7:
        low = bytes([0x80 | number & 0x7F]) + low
    return low


def row(seq: int, body: bytes, stamp: int) -> bytes:
    """The bytes of an event's row, by the file format's own words."""
    crc = crc32(body)
    crc_size, crc_kind = (4, 4) if crc < 2**31 else (6, 5)
    header = bytes([0]) + varint(12 + 2 * len(body)) + bytes([6, crc_kind])
    record = bytes([1 + len(header)]) + header + body + stamp.to_bytes(8) + crc.to_bytes(crc_size)
    return varint(len(record)) + varint(seq) + record


@pytest.fixture(scope="module")
def rows(whole: Path) -> Quiet:
    with contextlib.closing(sqlite3.connect(copy(whole, whole.with_name("rows.db")))) as db:
        found = db.execute("SELECT seq, body, recorded_utc_ns FROM entry").fetchall()
    return Quiet({seq: row(seq, body, stamp) for seq, body, stamp in found})


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages=st.lists(DAMAGE, min_size=1, max_size=6))
@example(damages=[("truncate", "", 0.0, 1, 0)])
@example(damages=[("truncate", "", 1e-05, 1, 0)])
@example(damages=[("truncate", "-wal", 0.0, 1, 0)])
@example(damages=[("head", "", 0.0, 100, 0), ("head", "-wal", 0.0, 100, 0)])
@example(damages=[("delete", "", 0.0, 1, 0)])
@example(damages=[("delete", "-wal", 0.0, 1, 0)])
@example(damages=[("zero", "", 0.0, 20_000, 0), ("delete", "-wal", 0.0, 1, 0)])
def test_whatever_is_broken_each_event_whose_bytes_are_there_goes_on_once(
    whole: Path,
    truth: dict[int, bytes],
    rows: dict[int, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    damages: list[Damage],
) -> None:
    path = copy(whole, tmp_path_factory.mktemp("spoilt") / "spool.db")
    for damage in damages:
        spoil(path, damage)
    left = [Path(f"{path}{end}").read_bytes() for end in ("", "-wal") if Path(f"{path}{end}").exists()]
    with Wreck(path) as wreck:
        upto = wreck.upto if wreck.upto <= 160 + recovery.PLAUSIBLE else 0
    undamaged = {seq for seq, content in rows.items() if content in b"".join(left) and seq > upto}
    renewed = again(path)
    aside = [Path(f"{renewed.aside}{end}") for end in ("", "-wal")]
    first, *carried = decoded(path)
    was = [event.data.was.seq for event in carried]

    assert left == [file.read_bytes() for file in aside if file.exists() and (file.stat().st_size or b"" in left)]
    assert_chain(bodies(path), renewed.epoch)
    assert undamaged <= set(was)
    assert sorted(set(was)) == was
    assert all(event.data.was.hash == wire.chain_hash(truth[event.data.was.seq]) for event in carried)
    missing = set(range(upto + 1, first.data.before.last + 1)) - set(was)
    assert missing == {seq for a, b in first.data.lost for seq in range(a, b + 1)}
    assert len(missing) == first.data.lost_count == renewed.lost
    with Journal(path, owner_steps=STEPS) as journal:
        touches(journal, 1, FakeClock())
    assert len(carried) + 2 == decoded(path)[-1].data.seq


# ---------------------------------------------------------------- parts


@settings(max_examples=50, deadline=None)
@given(steps=st.lists(st.integers(1, 5), min_size=1, max_size=30))
def test_every_number_finds_its_new_one(steps: list[int]) -> None:
    numbers, old, pairs = Renumbering(), 0, {}
    for new, step in enumerate(steps, start=2):
        old += step
        pairs[old] = new
        numbers.add(old, new)

    assert {number: pairs.get(number) for number in range(old + 3)} == {n: numbers.now(n) for n in range(old + 3)}
    assert numbers.now(None) is None


@settings(max_examples=100, deadline=None)
@given(gaps=st.lists(st.tuples(st.sampled_from(Role), st.sampled_from([1, 59, 61, 4000, 60_000])), max_size=20))
def test_presence_follows_from_what_touches_meant(gaps: list[tuple[Role, int]]) -> None:
    clock, decided, followed = FakeClock(), Never(), Never()
    for seq, (role, gap) in enumerate(gaps, start=1):
        clock.advance(gap)
        moment = Moment(seq=seq, at=clock.stamp())
        decision = decide(decided, touch=moment, role=role, policy=POLICY)
        decided, followed = decision.presence, follow(followed, Meaning(decision.meaning), moment)

    assert decided == followed


MANY = """
import resource, sys
from pathlib import Path
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.recovery import renew
from hardware_fakes.clock import FakeClock
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
done = renew(Path(sys.argv[1]), reason="damaged", gateway="gw-1", at=FakeClock().stamp(),
             owner_steps={"ledger": LEDGER_STEPS})
print(done.carried, done.lost, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle)
"""


def test_tens_of_thousands_of_events_are_carried_in_bounded_memory(tmp_path: Path, truth: Quiet) -> None:
    """I8: months without network, and then the disk."""
    path = tmp_path / "spool.db"
    sample, prev = truth[160], b"0" * 32
    was = events.decode_event(sample).data
    parts = sample.replace(was.prev.encode(), b"%(prev)b").replace(b"000000000160", b"%(long)b")
    template = parts.replace(b'"seq":160', b'"seq":%(seq)d')

    def work(tx: Transaction) -> None:
        nonlocal prev
        for seq in range(tx.head().seq + 1, tx.head().seq + 10_001):
            body = template % {b"prev": prev, b"long": b"%012d" % seq, b"seq": seq}
            prev = wire.chain_hash(body).encode()
            tx.append(body, seq=seq, recorded_utc_ns=NS_PER_S)

    with Journal(path, owner_steps=STEPS) as journal:
        for _ in range(4):
            journal.write(work)
    with path.open("r+b") as file:
        file.write(bytes(4096))
    said = subprocess.run([sys.executable, "-c", MANY, str(path)], capture_output=True, text=True, check=True)
    carried, lost, more_kib = map(int, said.stdout.split())

    assert (40_000, 0) == (carried, lost)
    assert more_kib < 20_000 < path.stat().st_size // 1024
