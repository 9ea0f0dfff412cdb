"""What the office sees of what came: per site and day, event by event, in files no spreadsheet executes."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from edge_agent.cli import main
from edge_agent.core.parts import PersonData
from edge_agent.receiver.export import SiteDay
from edge_agent.receiver.render import cell, show
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter
from hardware_fakes.clock import MORNING_UTC_NS
from hardware_fakes.history import EPOCH, History, batch

ONE, TWO = PersonData(ccus="11111111111111"), PersonData(ccus="22222222222222")
LOST = b'{"gw":"gw-1","state":"lost","session":"s"}'


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Two gateways, two sites, two days and an event without a date."""
    first = History("gw-1")
    first.append(person=ONE, time="2026-11-24T07:41:03.127+09:00")
    first.append(person=ONE, meaning="repeat", repeat_of=1, time="2026-11-24T07:41:05.000+09:00")
    first.append(person=TWO, time="2026-11-24T07:50:00.000+09:00")
    first.append(person=ONE, meaning="exit", flags=["missing_entry"], time="2026-11-24T17:00:00.000+09:00")
    first.append(person=ONE, day="2026-11-25", time="2026-11-25T07:30:00.000+09:00")
    first.append(person=PersonData(), standing="pending", day=None, clock="none", time="1970-01-01T09:00:05.000+09:00")
    second = History("gw-2", "0123456789abcdef")
    second.append(site="=1+1", meaning="tap", reader="@gate", person=TWO)
    path = tmp_path / "events.db"
    with Store(path, utc_s=1) as store:
        letters = [Letter(history.gateway, "batchz", batch(history.bodies)) for history in (first, second)]
        store.take([*letters, Letter("gw-1", "state", LOST)], utc_ns=MORNING_UTC_NS)
        store.take([Letter("gw-2", "touch", b"garbage"), Letter("gw-2", "touch", _ahead(3))], utc_ns=MORNING_UTC_NS)
    return path


def _ahead(seq: int) -> bytes:
    return History("gw-2", "0123456789abcdef").grow(seq).body(seq)


@pytest.fixture
def say(database: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run `edge-agent receive ...` on that database and return what it says."""

    def said(*words: str, code: int = 0) -> str:
        assert code == main(["receive", *words, "--database", str(database)])
        return capsys.readouterr().out

    return said


def test_the_list_counts_by_day_site_and_gateway_and_the_undated_last(say: Callable[..., str]) -> None:
    days = json.loads(say("list", "--json"))["days"]

    keys = ("date", "site", "gateway", "touches", "persons", "entries", "exits", "taps", "repeats", "pending")
    assert [tuple(day[key] for key in keys) for day in days] == [
        ("2026-11-24", "13-0042", "gw-1", 4, 2, 2, 1, 0, 1, 0),
        ("2026-11-24", "13-0042", "gw-2", 1, 1, 1, 0, 0, 0, 0),
        ("2026-11-24", "=1+1", "gw-2", 1, 1, 0, 0, 1, 0, 0),
        ("2026-11-25", "13-0042", "gw-1", 1, 1, 1, 0, 0, 0, 0),
        (None, "13-0042", "gw-1", 1, 1, 1, 0, 0, 0, 1),
    ]
    assert ("2026-11-24T07:41:03.127+09:00", "2026-11-24T17:00:00.000+09:00") == (days[0]["first"], days[0]["last"])


def test_the_list_tells_how_the_gateways_stand(say: Callable[..., str]) -> None:
    gateways = json.loads(say("list", "--json"))["gateways"]

    keys = ("gateway", "state", "epoch", "upto", "missing", "nacked", "rejected", "heard")
    assert [tuple(gateway[key] for key in keys) for gateway in gateways] == [
        ("gw-1", "lost", EPOCH, 6, 0, 0, 0, "2026-11-24T08:00:00.000+09:00"),
        ("gw-2", "unknown", "0123456789abcdef", 1, 1, 0, 1, "2026-11-24T08:00:00.000+09:00"),
    ]


def test_a_pipe_gets_plain_lines(say: Callable[..., str]) -> None:
    lines = say("list").splitlines()

    assert lines[0].split("\t")[:3] == ["date", "site", "gateway"]
    assert lines[1].split("\t")[:4] == ["2026-11-24", "13-0042", "gw-1", "4"]
    assert lines[5].split("\t")[0] == "–"


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_narrow_terminal_cuts_nothing_off(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setenv("TERM", term)
    day = SiteDay("2026-11-24", "13-0042", "gw-0001", 1234, 56, 7, 8, 9, 10, 11, "2026-11-24T07:41:03.127+09:00", "")
    out = io.StringIO()
    show([day], [], Console(file=out, force_terminal=True, width=60, color_system=None))
    told = out.getvalue()

    assert "…" not in told
    assert all(part in told.split() for part in ("touches", "1234", "56"))
    assert "07:41" in told


@pytest.mark.parametrize(
    ("words", "seqs"),
    [
        ([], [1, 2, 3, 4, 5, 6, 1, 3]),
        (["--site", "=1+1"], [1]),
        (["--from", "2026-11-25"], [5]),
        (["--to", "2026-11-24"], [1, 2, 3, 4, 1, 3]),
        (["--from", "2026-11-24", "--to", "2026-11-25", "--site", "13-0042"], [1, 2, 3, 4, 5, 3]),
        (["--from", "2026-12-01"], []),
    ],
)
def test_an_export_has_what_was_asked_for(say: Callable[..., str], words: list[str], seqs: list[int]) -> None:
    rows = [json.loads(line) for line in say("export", "--json", *words).splitlines()]

    assert seqs == [row["seq"] for row in rows]


def test_an_exported_event_says_everything(say: Callable[..., str]) -> None:
    rows = [json.loads(line) for line in say("export", "--format", "json").splitlines()]

    assert rows[1] == {
        "seq": 2, "gateway": "gw-1", "epoch": EPOCH, "site": "13-0042", "time": "2026-11-24T07:41:05.000+09:00",
        "day": "2026-11-24", "person": "11111111111111", "meaning": "repeat", "standing": "accepted",
        "reader": "gate-1", "flags": [], "repeat_of": 1, "arrived": "2026-11-24T08:00:00.000+09:00",
        "quality": None, "not_before": None, "not_after": None, "method": "card", "company": None, "because": [],
        "person_now": "11111111111111", "company_now": None, "meaning_now": "repeat", "standing_now": "accepted",
    }  # fmt: skip
    assert ["missing_entry"] == rows[3]["flags"]
    assert (None, "hmac:" + "0f" * 16) == (rows[5]["day"], rows[5]["person"])


def test_the_csv_is_the_json_in_columns(say: Callable[..., str]) -> None:
    rows = list(csv.DictReader(io.StringIO(say("export"))))
    objects = [json.loads(line) for line in say("export", "--json").splitlines()]

    assert len(objects) == len(rows)
    assert list(objects[0]) == list(rows[0])
    assert ("2", "1", "") == (rows[1]["seq"], rows[1]["repeat_of"], rows[0]["repeat_of"])
    assert ("'=1+1", "'@gate") == (rows[6]["site"], rows[6]["reader"])


def test_a_file_for_excel_begins_with_its_mark(say: Callable[..., str], tmp_path: Path) -> None:
    plain, excel = tmp_path / "plain.csv", tmp_path / "excel.csv"
    say("export", "--output", str(plain))
    say("export", "--output", str(excel), "--excel")

    assert b"\xef\xbb\xbf" + plain.read_bytes() == excel.read_bytes()


@given(text=st.text(max_size=20))
def test_no_cell_begins_a_formula(text: str) -> None:
    written = str(cell(text))

    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert text in (written, written[1:])


def test_what_has_not_come_yet_is_a_note_and_what_was_taken_out_a_finding(
    say: Callable[..., str], database: Path
) -> None:
    assert "note: gw-2 0123456789abcdef 2: missing up to 2: not come yet" in say("verify")
    with sqlite3.connect(database) as db:
        db.execute("DELETE FROM held WHERE seq = 3 AND stream = (SELECT id FROM stream WHERE gateway = 'gw-2')")
    db.close()
    assert "gw-2 0123456789abcdef 3: removed up to 3" in say("verify", code=1)


def test_a_missing_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == main(["receive", "list", "--database", str(tmp_path / "none.db")])
    assert "none.db: cannot be read" in capsys.readouterr().err


def test_a_file_that_is_not_ours_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.db").write_bytes(b"no database at all, whatever it is" * 99)

    assert 1 == main(["receive", "export", "--database", str(tmp_path / "other.db")])
    assert "is it the receiver's file?" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_told(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["receive", "export", "--database", str(database), "--output", str(tmp_path / "none" / "x.csv")]

    assert 1 == main(words)
    assert "x.csv" in capsys.readouterr().err


def test_the_database_stands_in_the_configuration(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before or after the action: both are what people type."""
    config = tmp_path / "receiver.toml"
    config.write_text(f'[receiver]\ndatabase = "{database}"\n[broker]\nhost = "127.0.0.1"\ntls = false\n')

    for words in (["--config", str(config), "list"], ["list", "--config", str(config)]):
        assert 0 == main(["receive", *words])
        assert "gw-2" in capsys.readouterr().out


def test_a_wrong_configuration_is_told_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "receiver.toml"
    config.write_text("[receiver]\nreceipt_every_ms = 1\nnome = 1\n")

    assert 2 == main(["receive", "--config", str(config)])
    told = capsys.readouterr().err
    assert all(word in told for word in ("receipt_every_ms", "nome", "host"))
