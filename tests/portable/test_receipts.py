"""Receipts that come back on a stick: a forged one would let a box forget what nobody has."""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from edge_agent.cli import main
from edge_agent.control.server import BadRequest, Server
from edge_agent.core.message import Nack, Receipt
from edge_agent.core.wire import chain_hash
from edge_agent.door import Door
from edge_agent.portable.proof import prove
from edge_agent.portable.receipts import SignedReceipt, parsed, signed, text_of
from edge_agent.receipts import HandedReceipts
from edge_agent.signing import SigningKey
from hardware_fakes.spooled import OFFICE_KEY, Spooled
from spool.journal import Journal
from spool.outbox import Depth, Outbox

OTHER = SigningKey(b"o" * 32)
LAST = 30


@pytest.fixture
def box(tmp_path: Path) -> Spooled:
    return Spooled(tmp_path / "box", LAST)


def receipt(box: Spooled, upto: int, **changes: Any) -> Receipt:
    said: dict[str, Any] = {
        "epoch": box.history.epoch,
        "gen": 7,
        "upto": upto,
        "head": chain_hash(box.history.body(upto)) if 0 < upto <= LAST else "",
        "t": "2026-11-24T08:00:00.000+09:00",
    }
    return Receipt(**said | changes)


def depth(box: Spooled) -> Depth:
    with contextlib.closing(Outbox(box.path)) as outbox:
        return outbox.depth()


@pytest.fixture
def take(box: Spooled, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Import a file of these lines into the box, while no agent runs."""

    def taken(*lines: bytes, code: int = 0, key: str = OFFICE_KEY.public) -> str:
        (tmp_path / "r").write_bytes(b"".join(lines))
        words = ["spool", "import-receipts", str(tmp_path / "r"), "--spool", str(box.path)]
        assert code == main([*words, *(["--trust-key", key] if key else [])])
        told = capsys.readouterr()
        return told.out + told.err

    return taken


def test_a_receipt_that_came_back_is_written_down(box: Spooled, take: Callable[..., str]) -> None:
    said = take(signed("gw-9", receipt(box, 3), OTHER), signed("gw-1", receipt(box, 20), OFFICE_KEY))

    assert "the office has everything up to 20" in said
    assert (20, 7, 10) == (depth(box).upto, depth(box).generation, depth(box).pending)


def test_an_older_receipt_takes_nothing_back_and_a_newer_store_may(box: Spooled, take: Callable[..., str]) -> None:
    for upto, generation in ((20, 7), (10, 7), (5, 8)):
        take(signed("gw-1", receipt(box, upto, gen=generation), OFFICE_KEY))
        if generation == 7:
            assert 20 == depth(box).upto

    assert (5, 8) == (depth(box).upto, depth(box).generation)


def test_what_the_office_refused_is_put_aside(box: Spooled, take: Callable[..., str]) -> None:
    take(signed("gw-1", receipt(box, 20, nack=[Nack(seq=4, code="schema")]), OFFICE_KEY))

    assert 1 == depth(box).quarantined


WRONG: dict[str, tuple[str, Callable[[Spooled], bytes], str]] = {
    "signed by another": ("not signed by the receiver", lambda box: signed("gw-1", receipt(box, 20), OTHER), "office"),
    "nobody believed": ("receiver_key", lambda box: signed("gw-1", receipt(box, 20), OFFICE_KEY), ""),
    "for another box": ("no receipts for gw-1", lambda box: signed("gw-2", receipt(box, 20), OFFICE_KEY), "office"),
    "another event": (
        "another event under number 20",
        lambda box: signed("gw-1", receipt(box, 20, head="0" * 32), OFFICE_KEY),
        "office",
    ),
    "more than there is": (
        "was its disk set back?",
        lambda box: signed("gw-1", receipt(box, 31), OFFICE_KEY),
        "office",
    ),
    "another epoch": (
        "nothing about the epoch",
        lambda box: signed("gw-1", receipt(box, 20, epoch="0" * 16), OFFICE_KEY),
        "office",
    ),
    "no receipts": ("no file of receipts", lambda _: b"\x89PNG\r\n", "office"),
    "another box's receipt under our name": (
        "not signed by the receiver",
        lambda box: signed("gw-2", receipt(box, 20), OFFICE_KEY).replace(b'"gw-2"', b'"gw-1"'),
        "office",
    ),
    "a number changed": (
        "not signed by the receiver",
        lambda box: signed("gw-1", receipt(box, 20), OFFICE_KEY).replace(b'upto\\":20', b'upto\\":21'),
        "office",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_must_not_be_believed_changes_nothing(box: Spooled, take: Callable[..., str], name: str) -> None:
    says, line, key = WRONG[name]

    assert says in take(line(box), code=1, key=OFFICE_KEY.public if key else "")
    assert (0, 0) == (depth(box).upto, depth(box).generation)


# ---------------------------------------------------------------- while the agent runs


@pytest.fixture
def offered() -> list[Receipt]:
    return []


@pytest.fixture
def handed(box: Spooled, offered: list[Receipt]) -> HandedReceipts:
    return HandedReceipts(
        gateway="gw-1",
        spool=box.path,
        receiver_key=OFFICE_KEY.public,
        door=cast("Door", SimpleNamespace(epoch=box.history.epoch, offer=offered.append)),
    )


@pytest.fixture
def agent(box: Spooled, tmp_path: Path, handed: HandedReceipts) -> Iterator[Path]:
    """Somebody who holds the spool and answers on the socket, as the daemon does."""
    with Journal(box.path):
        server = Server(tmp_path / "control.sock", handlers=handed.handlers())
        server.start()
        yield tmp_path / "control.sock"
        server.stop()


def test_a_running_agent_takes_them_through_its_socket(
    box: Spooled, tmp_path: Path, agent: Path, offered: list[Receipt], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [signed("gw-1", receipt(box, upto), OFFICE_KEY) for upto in (20, 25)]
    (tmp_path / "r").write_bytes(b"".join(lines))
    words = ["spool", "import-receipts", str(tmp_path / "r"), "--spool", str(box.path), "--socket", str(agent)]

    assert 0 == main([*words, "--json"])
    assert {"gateway": "gw-1", "upto": 25} == json.loads(capsys.readouterr().out)
    assert [20, 25] == [each.upto for each in offered]
    assert 1 == main([*words, "--trust-key", OTHER.public])
    assert "not signed by the receiver" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (("", ""), "no file of receipts"),
        (("gw-1", OTHER.public), "not signed"),
        (("gw-1", "no key"), "receiver_key"),
        (("gw-2", ""), "it is for gw-2"),
    ],
)
def test_the_agent_refuses_what_it_must_not_believe(
    box: Spooled, handed: HandedReceipts, offered: list[Receipt], sent: tuple[str, str], says: str
) -> None:
    gateway, key = sent
    text = text_of(parsed(signed(gateway, receipt(box, 20), OFFICE_KEY))) if gateway else ""

    with pytest.raises(BadRequest, match=says):
        handed.take({"do": "receipts", "line": text, "key": key})
    assert [] == offered


def test_a_line_survives_being_handed_on(box: Spooled) -> None:
    line = signed("gw-1", receipt(box, 20), OFFICE_KEY)

    assert isinstance(parsed(line), SignedReceipt)
    assert line.decode() == text_of(parsed(line)) + "\n"


# ---------------------------------------------------------------- the box's own file


def found(box: Spooled, *statements: str) -> set[int]:
    with sqlite3.connect(box.path) as db:
        for statement in statements:
            db.execute(statement)
    db.close()
    return {finding.seq for finding in prove(box.path)}


def checkpoint(box: Spooled, seq: int) -> str:
    hash_ = chain_hash(box.history.body(seq))
    text = f"edge-agent checkpoint 1 gw-1 {box.history.epoch} {seq} {hash_}".encode()
    return f"INSERT INTO checkpoint VALUES ({seq}, '{hash_}', '{OTHER.sign(text)}', '{OTHER.public}', 0)"  # noqa: S608 - ours


EDITS = {
    "nothing": (set(), []),
    "removed": ({11}, ["DELETE FROM entry WHERE seq = 10"]),
    "removed though receipted": ({11}, ["UPDATE receipt SET upto = 20", "DELETE FROM entry WHERE seq = 10"]),
    "the front removed": ({4}, ["DELETE FROM entry WHERE seq <= 3"]),
    "the front pruned": (set(), ["UPDATE receipt SET upto = 9", "DELETE FROM entry WHERE seq <= 3"]),
    "pruned around a quarantined one": (
        set(),
        [
            "UPDATE receipt SET upto = 9",
            "INSERT INTO quarantine VALUES (2, 'schema', '')",
            "DELETE FROM entry WHERE seq <= 5 AND seq <> 2",
        ],
    ),
    "the end removed": ({30}, ["UPDATE receipt SET upto = 30", "DELETE FROM entry WHERE seq = 30"]),
    "the signed end removed": ({30}, ["sign 30", "DELETE FROM entry WHERE seq = 30"]),
    "reordered": (
        {4, 5, 6},
        [
            "UPDATE entry SET seq = -1 WHERE seq = 4",
            "UPDATE entry SET seq = 4 WHERE seq = 5",
            "UPDATE entry SET seq = 5 WHERE seq = -1",
        ],
    ),
    "altered": ({8, 9}, ["UPDATE entry SET body = CAST(replace(body, 'gate-1', 'gate-7') AS BLOB) WHERE seq = 8"]),
    "altered with its checksum gone": (
        {9},
        ["UPDATE entry SET crc = NULL, body = CAST(replace(body, 'gate-1', 'gate-7') AS BLOB) WHERE seq = 8"],
    ),
    "a checkpoint forged": ({20}, ["sign 20", "UPDATE checkpoint SET hash = '00000000000000000000000000000000'"]),
    "signed and whole": (set(), ["sign 20"]),
    "the epoch renamed": (set(range(1, 31)), ["UPDATE epoch SET name = '0123456789abcdef'"]),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_the_spool_is_named(box: Spooled, name: str) -> None:
    expected, statements = EDITS[name]
    done = [
        part
        for statement in statements
        for part in ([checkpoint(box, int(statement[5:]))] if "sign " in statement[:5] else [statement])
    ]

    assert expected == found(box, *done)


def test_who_recomputes_all_later_hashes_is_named_by_the_checkpoint(box: Spooled) -> None:
    with sqlite3.connect(box.path) as db:
        db.execute(checkpoint(box, 20))
        box.history.bodies = box.history.bodies[:4]
        while len(box.history.bodies) < LAST:
            seq = len(box.history.bodies) + 1
            body = box.history.append(boot_ms=seq, reader="gate-9" if seq == 5 else "gate-1")
            db.execute("UPDATE entry SET body = ?, crc = NULL WHERE seq = ?", (body, seq))
    db.close()

    assert [(20, "not what the box signed: this event, or one before it, was forged")] == [
        (finding.seq, finding.says) for finding in prove(box.path)
    ]


def test_findings_end_with_one(box: Spooled, capsys: pytest.CaptureFixture[str]) -> None:
    found(box, "DELETE FROM entry WHERE seq = 10")

    assert 1 == main(["spool", "verify", "--spool", str(box.path), "--json"])
    assert {"seq": 11, "says": "removed before it: 10 up to 10"} == json.loads(capsys.readouterr().out)
