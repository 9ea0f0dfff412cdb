"""The daemon as a process, asked by people: cards enrolled at a gate, sites made on the spot, all by command."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from drivers.contract import AnswerKind
from hardware_fakes.broker import Broker
from hardware_fakes.lab import Gate, Lab
from hardware_fakes.player import touch
from hardware_fakes.slot import Slot

CARD = bytes.fromhex("012e4cd8a3b5f607")
TARO = "12345678901234"


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def gate(folder: Path) -> Iterator[Gate]:
    gate = Gate(name="gate-1", role="toggle", slot=Slot(folder / "gate-1.sock"))
    yield gate
    gate.slot.close()


@pytest.fixture
def lab(folder: Path, gate: Gate) -> Iterator[Lab]:
    lists_nobody = {"roster_file": ""}
    lab = Lab(
        folder, gates=[gate], people=[], broker=Broker(), driver="simulated", agent={"lab": True}, site=lists_nobody,
        reader={"reread_window_s": 0},
    )  # fmt: skip
    with lab:
        lab.start_agent()
        lab.wait_for(lambda: [each["state"] for each in lab.status().get("readers", [])] == ["open"], what="open")
        (folder / "list.csv").write_text(f"技能者ID,氏名\n{TARO},山田 太郎\n", encoding="cp932")
        asked(lab, "roster", "import", str(folder / "list.csv"))
        yield lab


def edge_agent(lab: Lab, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "edge_agent", *words, "--socket", str(lab.socket), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def asked(lab: Lab, *words: str) -> list[dict[str, Any]]:
    out, err = edge_agent(lab, *words).communicate(timeout=60)
    assert not err, err
    return [json.loads(line) for line in out.splitlines()]


def refused(lab: Lab, *words: str) -> str:
    with edge_agent(lab, *words) as process:
        assert 1 == process.wait(60)
        return process.stderr.read() if process.stderr else ""


def test_a_card_shown_while_somebody_enrols_becomes_the_workers_and_its_touches_are_named(lab: Lab, gate: Gate) -> None:
    assert AnswerKind.PENDING is touch(gate, CARD)
    assert 1 == lab.status()["spool"]["waiting"]
    with edge_agent(lab, "enroll", "--worker", TARO, "--reader", "gate-1") as enrolling:
        answer = None
        while answer is not AnswerKind.ENROLLED:  # until then it is a touch like any other
            assert enrolling.poll() is None
            answer = touch(gate, CARD)
        out, _ = enrolling.communicate(timeout=30)

    assert (TARO, True) == (json.loads(out)["enrolled"], json.loads(out)["named"] >= 1)
    assert 0 == lab.status()["spool"]["waiting"]
    assert [] == asked(lab, "entry", "list", "--state", "waiting")


def test_a_lost_card_is_refused_until_it_is_found(lab: Lab, gate: Gate) -> None:
    asked(lab, "enroll", "--worker", TARO, "--number", CARD.hex())
    asked(lab, "enroll", "--worker", TARO, "--lost")
    assert AnswerKind.REFUSED is touch(gate, CARD)

    asked(lab, "enroll", "--worker", TARO, "--found")
    assert AnswerKind.ENTERED is touch(gate, CARD)


def test_a_sudden_site_is_served_at_once_and_its_number_comes_later(lab: Lab, gate: Gate) -> None:
    (made,) = asked(lab, "site", "new", "市道 陥没復旧", "--place", "甲府市")
    asked(lab, "site", "note", "3F 東側")
    asked(lab, "site", "set", made["id"], "--ccus", "12345678901234")
    touch(gate, CARD)

    status = lab.status()["spool"]
    assert (made["id"], "3F 東側") == (status["site"], status["note"])
    assert {made["id"]: "12345678901234"} == {
        site["id"]: site["ccus"] for site in asked(lab, "site", "list") if site["is_here"]
    }
    assert "there are: 13-0042" in refused(lab, "site", "set", "13-0024", "--name", "x")


def test_nobody_approves_before_somebody_is_configured_to(lab: Lab) -> None:
    asked(lab, "entry", "add", "--worker", TARO, "--way", "entry", "--why", "forgot the card")

    assert "[[user]]" in refused(lab, "approve", "--all", "--yes")


def test_whoever_watches_reads_why_in_words(lab: Lab, gate: Gate) -> None:
    command = [sys.executable, "-m", "edge_agent", "watch", "--count", "1", "--socket", str(lab.socket)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"}
    ) as watcher:
        while watcher.poll() is None:
            touch(gate, CARD)
        assert "(nobody has said whose this is)" in (watcher.stdout.read() if watcher.stdout else "")
