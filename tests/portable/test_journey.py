"""From the box to the office on a stick, and back: nothing lost, nothing doubled, nothing unsigned believed."""

import errno
import itertools
import json
import os
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.cli import main
from edge_agent.portable import frames
from edge_agent.portable.frames import BadExport, Broken, End, Frame, Reader, Writer
from edge_agent.receiver.audit import audit
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter, Stream
from edge_agent.signing import SigningKey
from hardware_fakes.history import batch
from hardware_fakes.spooled import BOX_KEY, Spooled, deliver
from spool.journal import Journal
from spool.outbox import Outbox

NOW = 1_795_474_800_000_000_000
OTHER = SigningKey(b"o" * 32)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "events.db", utc_s=1) as store:
        yield store


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A folder per example: hypothesis runs many in one test."""
    folder = tmp_path_factory.mktemp("journeys")
    numbers = itertools.count()

    def made() -> Path:
        (path := folder / str(next(numbers))).mkdir()
        return path

    return made


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Spooled, bytes]:
    """A box with 23 events, and its export in frames of five."""
    folder = tmp_path_factory.mktemp("full")
    box = Spooled(folder / "box", 23)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edge_agent.portable.export.EVENTS_PER_FRAME", 5)
        box.export(folder / "x")
    return box, (folder / "x").read_bytes()


def held(path: Path) -> dict[int, bytes]:
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT seq, body FROM held WHERE seq > 0 AND body IS NOT NULL").fetchall()
    db.close()
    return dict(rows)


def read(file: Path) -> tuple[list[Frame], End | None, str]:
    """Return what can be read of a file, and why no more."""
    found = []
    with file.open("rb") as opened:
        reader = Reader(opened)
        try:
            found.extend(reader.frames())
        except Broken as exc:
            return found, reader.end, str(exc)
    return found, reader.end, ""


# ---------------------------------------------------------------- out


def test_what_the_office_does_not_have_is_written_and_taken(tmp_path: Path, office: Store) -> None:
    box = Spooled(tmp_path / "box", 450)
    with Journal(box.path) as journal:
        journal.set_receipt(upto=10, generation=1, heard_utc_ns=None)
        journal.quarantine(7, code="schema", detail="")

    out = box.export(tmp_path / "x", after=10)
    done = deliver(office, tmp_path / "x")

    assert (441, 3) == (out.events, out.frames)
    assert (True, 441, "") == (done.is_whole, done.events, done.error)
    assert {7, *range(11, 451)} == set(held(tmp_path / "events.db"))


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_file_cut_off_at_any_byte_gives_every_whole_frame_and_no_more(
    fresh: Callable[[], Path], full: tuple[Spooled, bytes], data: st.DataObject
) -> None:
    box, whole = full
    file = fresh() / "x"
    cut = data.draw(st.integers(0, len(whole) - 1))
    file.write_bytes(whole[:cut])
    with Store(file.with_name("events.db"), utc_s=1) as store:
        done = deliver(store, file)

    assert not done.is_whole
    assert done.error
    came = held(file.with_name("events.db"))
    assert {seq: box.history.body(seq) for seq in came} == came
    assert len(came) == min(23, done.frames * 5)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_byte_changed_anywhere_is_never_believed(
    fresh: Callable[[], Path], full: tuple[Spooled, bytes], data: st.DataObject
) -> None:
    box, whole = full
    file = fresh() / "x"
    at = data.draw(st.integers(0, len(whole) - 1))
    file.write_bytes(whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :])
    with Store(file.with_name("events.db"), utc_s=1) as store:
        done = deliver(store, file)

    came = held(file.with_name("events.db"))
    assert {seq: box.history.body(seq) for seq in came} == came
    # A newline or a digit's case in the header's signature may be written otherwise: the content is the same.
    assert not done.is_whole or 23 == len(came)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_export_goes_on_behind_any_cut(
    fresh: Callable[[], Path], full: tuple[Spooled, bytes], data: st.DataObject
) -> None:
    """The stick was full, or was pulled out: what it has is not written twice, and the end is whole."""
    box, whole = full
    folder = fresh()
    cut = data.draw(st.integers(0, len(whole)))
    (folder / "x.part").write_bytes(whole[:cut] + data.draw(st.binary(max_size=30)))
    out = box.export(folder / "x")

    found, end, why = read(folder / "x")
    numbers = [seq for frame in found for seq in range(frame.first, frame.last + 1)]
    assert (list(range(1, 24)), "") == (numbers, why)
    assert (len(found), 23) == (out.frames, out.events) == ((end.frames, end.events) if end else None)
    assert not (folder / "x.part").exists()
    content = (folder / "x").read_bytes()
    assert frames.END == content[-frames.SIGNATURE_BYTES - frames.HEAD.size :][:4], "nothing lies behind the end"


def test_a_part_of_another_box_is_not_continued(tmp_path: Path) -> None:
    one, two = Spooled(tmp_path / "one", 3), Spooled(tmp_path / "two", 4, "gw-2")
    one.export(tmp_path / "x")
    (tmp_path / "x").rename(tmp_path / "y.part")

    assert (False, 4) == ((out := two.export(tmp_path / "y")).resumed, out.events)


def test_a_part_with_less_than_what_is_asked_for_now_is_not_continued(tmp_path: Path) -> None:
    box = Spooled(tmp_path / "box", 20)
    box.export(tmp_path / "x", after=10)
    part = (tmp_path / "x").read_bytes()

    for after, resumed, events in ((0, False, 20), (10, True, 10), (15, True, 10)):
        (tmp_path / "x.part").write_bytes(part)
        out = box.export(tmp_path / "x", after=after)
        assert (resumed, events) == (out.resumed, out.events)


deliveries = st.lists(
    st.tuples(st.sampled_from(["message", "batch", "file", "cut"]), st.integers(0, 22), st.integers(1, 9)), max_size=12
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(came=deliveries, cuts=st.data())
def test_sticks_and_messages_in_any_order_give_the_same_rows(
    fresh: Callable[[], Path], full: tuple[Spooled, bytes], came: list[tuple[str, int, int]], cuts: st.DataObject
) -> None:
    """I2, I4: live, late, by hand, half, twice: the number decides."""
    (box, whole), folder = full, fresh()
    bodies, expected = box.history.bodies, set()
    stream = Stream("gw-1", box.history.epoch)
    with Store(folder / "events.db", utc_s=1) as store:
        for kind, first, count in came:
            file, size = folder / "x", len(whole)
            if kind == "message":
                store.take([Letter("gw-1", "touch", bodies[first])], utc_ns=NOW)
                expected |= {first + 1}
            elif kind == "batch":
                some = bodies[first : first + count]
                store.take([Letter("gw-1", "batchz", batch(some))], utc_ns=NOW)
                expected |= set(range(first + 1, first + 1 + len(some)))
            else:
                file.write_bytes(whole[: cuts.draw(st.integers(0, size)) if kind == "cut" else size])
                expected |= set(range(1, min(23, deliver(store, file).frames * 5) + 1))
        said = store.receipt(stream, utc_ns=NOW)

    assert {seq: box.history.body(seq) for seq in expected} == held(folder / "events.db")
    assert next(seq for seq in range(25) if seq + 1 not in expected) == said.upto
    assert [] == said.nack
    assert not [finding for finding in audit(folder / "events.db") if finding.is_wrong]


# ---------------------------------------------------------------- forged, foreign


def write(file: Path, whole: bytes, *, end: End | None, signer: SigningKey = BOX_KEY, **changes: object) -> None:
    """Write a file with the frames of another, signed by this key."""
    with file.with_name("whole").open("w+b") as source:
        source.write(whole)
        source.seek(0)
        reader = Reader(source)
        header = msgspec.structs.replace(reader.header, **changes)
        with file.open("wb", buffering=0) as out:
            writer = Writer(out, header, signer)
            writer.begin()
            for frame in reader.frames():
                writer.frame(frame)
            if end:
                writer.end(end)


def test_a_box_with_another_key_is_not_believed(tmp_path: Path, office: Store, full: tuple[Spooled, bytes]) -> None:
    _, whole = full
    (tmp_path / "good").write_bytes(whole)
    note = deliver(office, tmp_path / "good").note
    write(tmp_path / "bad", whole, signer=OTHER, end=End(5, 23), key=OTHER.public)
    done = deliver(office, tmp_path / "bad")

    assert BOX_KEY.public in note
    assert (0, False) == (done.frames, done.is_whole)


def test_frames_that_are_missing_are_noticed(tmp_path: Path, office: Store, full: tuple[Spooled, bytes]) -> None:
    write(tmp_path / "x", full[1], end=End(6, 30))
    done = deliver(office, tmp_path / "x")

    assert (False, "frames are missing", 23) == (done.is_whole, done.error, done.upto)


def test_a_box_cannot_bring_another_ones_events(tmp_path: Path, office: Store, full: tuple[Spooled, bytes]) -> None:
    """Signed well, by the wrong box: the events name whose they are."""
    write(tmp_path / "x", full[1], end=End(5, 23), gateway="gw-2")
    deliver(office, tmp_path / "x")

    assert {} == held(tmp_path / "events.db")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello\n",
        b"\0" * 5000,
        frames.MAGIC,
        frames.MAGIC + b"{" * 10_000 + b"\n",
        frames.MAGIC + b"{}\n\n",
        frames.MAGIC + b'{"format":2}\n' + b"0" * 128 + b"\n",
    ],
    ids=range(7),
)
def test_what_is_no_export_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)

    with (tmp_path / "x").open("rb") as opened, pytest.raises(BadExport):
        Reader(opened)


def test_a_frame_that_claims_to_be_huge_is_not_read(tmp_path: Path, full: tuple[Spooled, bytes]) -> None:
    at = full[1].index(frames.EVENTS)
    (tmp_path / "x").write_bytes(full[1][:at] + frames.HEAD.pack(frames.EVENTS, 0xFFFF_FFFF, 1, 2) + b"x" * 100)

    assert "garbled behind byte" in read(tmp_path / "x")[2]


# ---------------------------------------------------------------- the command line


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run `edge-agent ...` and return what it says, errors behind."""

    def said(*words: object, code: int = 0) -> str:
        assert code == main([str(word) for word in words]), capsys.readouterr()
        told = capsys.readouterr()
        return told.out + told.err

    return said


def test_the_whole_journey(tmp_path: Path, say: Callable[..., str]) -> None:
    """A box without a network, a stick, an office, and the stick back."""
    box, stick, office = Spooled(tmp_path / "box", 321), tmp_path / "stick", tmp_path / "events.db"
    stick.mkdir()
    key = say("receive", "key", "--database", office).strip()
    assert "321 events of gw-1" in say("spool", "export", stick, "--spool", box.path)
    [file] = stick.iterdir()
    assert "committed up to 321" in say("receive", "import", file, "--database", office)
    receipts = file.with_name(file.name + ".receipts")
    took = say("spool", "import-receipts", receipts, "--spool", box.path, "--trust-key", key)

    assert "the office has everything up to 321" in took
    assert "nothing to export" in say("spool", "export", stick, "--spool", box.path)
    assert "all is well" in say("spool", "verify", "--spool", box.path)
    assert "all is well" in say("receive", "verify", "--database", office)
    again = json.loads(say("receive", "import", file, "--database", office, "--json"))
    assert (True, 321, 321) == (again["is_whole"], again["events"], again["upto"])


def test_parts_of_the_history_can_be_asked_for(tmp_path: Path, say: Callable[..., str]) -> None:
    box = Spooled(tmp_path / "box", 20)
    with Journal(box.path) as journal:
        journal.set_receipt(upto=15, generation=1, heard_utc_ns=None)

    counts = [
        json.loads(say("spool", "export", tmp_path / f"x{number}", "--spool", box.path, "--json", *words))["events"]
        for number, words in enumerate(([], ["--all"], ["--from", "3"]))
    ]
    assert [5, 20, 18] == counts


def test_a_file_that_is_something_else_is_not_overwritten(tmp_path: Path, say: Callable[..., str]) -> None:
    box, other = Spooled(tmp_path / "box", 2), Spooled(tmp_path / "other", 2, "gw-2")
    (tmp_path / "letter").write_text("dear office")
    other.export(tmp_path / "x")

    for name in ("letter", "x"):
        before = (tmp_path / name).read_bytes()
        assert "choose another name" in say("spool", "export", tmp_path / name, "--spool", box.path, code=1)
        assert before == (tmp_path / name).read_bytes()


def test_a_stick_that_is_full_is_told_and_continued(
    tmp_path: Path, say: Callable[..., str], require: Callable[[str | None], None]
) -> None:
    require(None if os.geteuid() == 0 else "only root can mount a small disk")
    box, stick = Spooled(tmp_path / "box", 5000), tmp_path / "stick"
    stick.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", stick], check=True)
    try:
        said = say("spool", "export", stick, "--spool", box.path, code=1)
        part = next(stick.iterdir()).stat().st_size
        subprocess.run(["mount", "-o", "remount,size=4m", stick], check=True)
        after = say("spool", "export", stick, "--spool", box.path)
        [file] = stick.iterdir()
        _, end, why = read(file)
    finally:
        subprocess.run(["umount", stick], check=True)

    assert "No space left on device. Nothing is lost" in said
    assert part > 30_000
    assert "5000 events of gw-1" in after
    assert "(continued)" in after
    assert ("", 5000) == (why, end.events if end else None)


def test_a_stick_that_is_pulled_out_is_told(
    tmp_path: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, good = Spooled(tmp_path / "box", 2000), Writer.frame
    left = iter([True] * 3)

    def pulled(writer: Writer, frame: Frame) -> None:
        if not next(left, False):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        good(writer, frame)

    monkeypatch.setattr(Writer, "frame", pulled)
    said = say("spool", "export", tmp_path / "x", "--spool", box.path, code=1)
    monkeypatch.undo()

    assert "Input/output error. Nothing is lost" in said
    assert "2000 events of gw-1" in say("spool", "export", tmp_path / "x", "--spool", box.path)


def test_an_export_beside_the_writer_disturbs_nobody(tmp_path: Path, say: Callable[..., str]) -> None:
    box = Spooled(tmp_path / "box", 300)
    with Journal(box.path) as journal:
        say("spool", "export", tmp_path / "x", "--spool", box.path)
        journal.write(lambda tx: tx.append(box.history.append(), seq=301, recorded_utc_ns=None))

    assert "301" in say("spool", "export", tmp_path / "y", "--spool", box.path)


def test_memory_is_bounded_whatever_the_backlog(tmp_path: Path) -> None:
    """I8, at both ends."""
    box = Spooled(tmp_path / "box", 50_000)
    box.history.bodies.clear()
    tracemalloc.start()
    box.export(tmp_path / "x")
    _, writing = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    with Store(tmp_path / "events.db", utc_s=1) as store:
        done = deliver(store, tmp_path / "x")
    _, reading = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (50_000, 50_000) == (done.events, done.upto)
    assert max(writing, reading) < 12_000_000


# ---------------------------------------------------------------- a damaged spool


def test_what_can_be_read_of_a_damaged_spool_is_exported(tmp_path: Path, say: Callable[..., str]) -> None:
    """A file that was set aside: a flipped byte costs one event, a torn page those on it."""
    box = Spooled(tmp_path / "box", 400)
    with sqlite3.connect(box.path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("UPDATE entry SET body = CAST(replace(body, 'gate-1', 'gate-7') AS BLOB) WHERE seq = 33")
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.close()
    aside = tmp_path / "spool.damaged-x.db"
    content = bytearray(box.path.read_bytes())
    middle = pages // 2 * 4096
    content[middle : middle + 4096] = os.urandom(4096)
    aside.write_bytes(content)
    (tmp_path / "signing.key").write_bytes(b"b" * 32)

    said = say("spool", "export", tmp_path / "x", "--spool", aside, code=1)
    with Store(tmp_path / "events.db", utc_s=1) as store:
        deliver(store, tmp_path / "x")
    came = held(tmp_path / "events.db")

    assert "could not be read" in said
    assert 33 not in came
    assert 350 < len(came) < 400
    assert {1, 400} <= set(came)
    assert {seq: box.history.body(seq) for seq in came} == came


@pytest.mark.parametrize("content", [b"", b"no database at all " * 400])
def test_what_is_no_spool_is_told(tmp_path: Path, say: Callable[..., str], content: bytes) -> None:
    (tmp_path / "x.db").write_bytes(content)

    for words in (["export", tmp_path / "out"], ["verify"]):
        assert "x.db" in say("spool", *words, "--spool", tmp_path / "x.db", code=1)
    assert "cannot be read" in say("spool", "verify", "--spool", tmp_path / "none.db", code=1)


# ---------------------------------------------------------------- the running receiver


def test_a_running_receiver_takes_files_through_its_folder(tmp_path: Path, say: Callable[..., str]) -> None:
    """Also while its broker is away: the stick is there because the network is not."""
    box, office, config = Spooled(tmp_path / "box", 1500), tmp_path / "events.db", tmp_path / "receiver.toml"
    box.export(tmp_path / "x")
    config.write_text(f'[receiver]\ndatabase = "{office}"\n[broker]\nhost = "127.0.0.1"\nport = 1\ntls = false\n')
    (tmp_path / "import").mkdir()
    (tmp_path / "import" / "dropped.events").write_bytes((tmp_path / "x").read_bytes())
    command = [sys.executable, "-m", "edge_agent", "receive", "--config", config]
    receiver = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert receiver.stderr
        receiver.stderr.readline()  # it runs: the broker is away
        said = say("receive", "import", tmp_path / "x", "--config", config)
        generation = json.loads(say("receive", "restored", "--config", config, "--json"))["generation"]
        trusted = say("receive", "trust", "gw-1", OTHER.public, "--config", config)
        refused = say("receive", "import", tmp_path / "x", "--config", config, code=1)
    finally:
        receiver.terminate()
        receiver.communicate(timeout=10)

    assert "1500 events of gw-1; committed up to 1500" in said
    assert generation > 1
    assert OTHER.public not in refused
    assert "believed from now on" in trusted
    assert f"receive trust gw-1 {BOX_KEY.public}" in refused
    assert {"dropped.imported", "dropped.receipts", "dropped.result"} == {
        file.name for file in (tmp_path / "import").iterdir()
    }
    assert 1500 == len(held(office))


def test_an_outbox_shows_a_quarantined_event_too(tmp_path: Path) -> None:
    box = Spooled(tmp_path / "box", 2)
    with Journal(box.path) as journal:
        journal.quarantine(2, code="schema", detail="")
    outbox = Outbox(box.path)

    assert (box.history.body(2), None) == ((found := outbox.entry(2)) and found.body, outbox.entry(3))
    outbox.close()
