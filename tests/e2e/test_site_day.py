"""A site's day: sixty come by one way and leave by another, half of it without a broker; the office holds the truth."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from edge_agent.cli import main
from hardware_fakes.lab import SITE, Gate, Lab
from hardware_fakes.mixed_day import UNJUDGED, Comer, Expected, comers, expected, steps, waiting
from hardware_fakes.mixed_gate import DAY, PASSWORD, MixedGate
from hardware_fakes.mosquitto import Mosquitto
from hardware_fakes.slot import Slot

pytestmark = [
    pytest.mark.pcscd, pytest.mark.mosquitto, pytest.mark.usefixtures("real_mosquitto"), pytest.mark.timeout(420),
]  # fmt: skip

AWAY, BACK = 30, 70
"""Steps of the day between which there is no broker."""
SENT_S = 60.0


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def lab(folder: Path, real_pcscd: Callable[..., None]) -> Iterator[Lab]:
    gate = Gate(name="pcsc-1", role="toggle", slot=Slot(folder / "pcsc-1.sock"))
    real_pcscd(folder / "pcscd", {gate.name: gate.slot})
    # The clock jumps a minute a step: what is idle for minutes must not be taken for dead.
    with (
        Mosquitto(folder / "broker") as broker,
        Lab(folder, gates=[gate], people=[], broker=broker, driver="pcsc", site={"roster_file": ""}) as lab,
    ):
        config = (folder / "config.toml").read_text(encoding="utf-8")
        (folder / "config.toml").write_text(config.replace("[broker]", "[broker]\nkeepalive_s = 1200"), "utf-8")
        yield lab
    gate.slot.close()


@pytest.fixture
def gate(lab: Lab) -> Iterator[MixedGate]:
    lab.start_receiver()
    with MixedGate(lab, lab.gates[0].slot, begins_min=6 * 60) as gate:
        yield gate


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Run a command as an office would; return the JSON it prints."""
    capsys.readouterr()
    assert 0 == main(words)
    printed = capsys.readouterr().out
    try:
        return [json.loads(printed)]
    except ValueError:
        return [json.loads(line) for line in printed.splitlines()]


def office(lab: Lab, report: str, capsys: pytest.CaptureFixture[str]) -> dict[str, list[dict[str, Any]]]:
    words = ["receive", report, "--database", str(lab.office), "--site", SITE, "--json"]
    (said,) = told([*words, "--from", DAY.isoformat(), "--to", DAY.isoformat()], capsys)
    return said


def pending(lab: Lab, capsys: pytest.CaptureFixture[str]) -> set[tuple[str, str]]:
    """Person and meaning of what waits for a judgement."""
    rows = office(lab, "waiting", capsys)["waiting"]
    return {(row["person"], row["meaning"]) for row in rows if row["kind"] == "pending"}


def roster_of(lab: Lab, people: list[Comer]) -> Path:
    rows = [f"{each.id},山田 {each.number},{each.company},{each.card.hex()},{each.phone}" for each in people]
    file = lab.folder / "list.csv"
    file.write_text("\n".join(["技能者ID,氏名,会社名,カード,電話", *rows]), encoding="cp932")
    return file


def take_in(lab: Lab, people: list[Comer], capsys: pytest.CaptureFixture[str]) -> None:
    (taken,) = told(["roster", "import", str(roster_of(lab, people)), *as_user(lab, "foreman")], capsys)
    assert taken["done"]


def as_user(lab: Lab, user: str) -> list[str]:
    password = lab.folder / "password"
    password.write_text(PASSWORD + "\n", encoding="utf-8")
    return ["--socket", str(lab.socket), "--user", user, "--password-file", str(password), "--json"]


def wait_until_sent(lab: Lab) -> None:
    lab.wait_for(lambda: lab.status().get("spool", {}).get("pending") == 0, what="receipted", timeout_s=SENT_S)


def days(lab: Lab, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    return {row["person"]: row for row in office(lab, "days", capsys)["days"]}


def assert_true(rows: dict[str, dict[str, Any]], truth: list[Expected]) -> None:
    """Person-days and hours, person by person, and nobody else."""
    said = {
        person: (row["company"], row["standing"] == "counted", row["minutes"] or None) for person, row in rows.items()
    }
    assert {each.person: (each.company, each.counts, each.minutes) for each in truth} == said


def test_who_comes_by_one_way_and_leaves_by_another_is_counted_truly(
    lab: Lab, gate: MixedGate, capsys: pytest.CaptureFixture[str]
) -> None:
    take_in(lab, comers(), capsys)

    for number, step in enumerate(steps()):
        if number == AWAY:
            lab.broker.stop()
        if number == BACK:
            lab.broker.start()
        said = gate.play(step)
        assert (step.comer.id, step.meaning) == (said["worker"], said["meaning"]), step
    wait_until_sent(lab)

    assert_true(days(lab, capsys), expected(is_judged=False))
    assert waiting(is_judged=False) == pending(lab, capsys)

    gate.skip_to(18 * 60)
    for company in ("C1", "C2", "C3"):
        gate.ask("judge", verdict="approve", day=DAY.isoformat(), company=company)
    wait_until_sent(lab)

    assert_true(days(lab, capsys), expected(is_judged=True))
    assert waiting(is_judged=True) == pending(lab, capsys)
    assert {UNJUDGED} == {row["company"] for row in office(lab, "waiting", capsys)["waiting"]}
    assert 0 == main(["receive", "verify", "--database", str(lab.office)])


def comer(number: int) -> Comer:
    return Comer(number=number, way_in="pcsc", way_out="pcsc")


def test_what_goes_wrong_on_a_day_is_put_right_by_words_and_nothing_is_rewritten(
    lab: Lab, gate: MixedGate, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown card, a shared telephone, a lost card, a forgotten one, somebody who was not there, a mistake."""
    stranger, mate, other, forgetful, loser, absent, mistaken = (comer(60 + number) for number in range(7))
    take_in(lab, [mate, other, forgetful, loser, absent, mistaken], capsys)
    foreman, prime = as_user(lab, "foreman"), as_user(lab, "prime")
    enroll = partial(told, capsys=capsys)
    enroll(["enroll", "--worker", other.id, "--kind", "phone", "--number", mate.phone, "--share", *foreman])
    enroll(["enroll", "--worker", loser.id, "--lost", *foreman])

    # ---- the day
    at = gate.skip_to
    at(7 * 60, 5)
    assert ("pending", "unknown") == said(gate.touch("pcsc", stranger))
    at(7 * 60 + 1, 5)
    call = gate.touch("phone", mate)
    assert ("pending", "companion") == said(call)
    at(7 * 60 + 2, 5)
    assert ("refused", "lost") == said(gate.touch("pcsc", loser))
    at(7 * 60 + 3, 5)
    assert ("entered", None) == said(gate.touch("pcsc", mistaken))
    at(7 * 60 + 4, 5)
    assert ("pending", "phone") == said(gate.touch("phone", absent))
    at(7 * 60 + 5, 5)
    assert ("pending", "unknown") == said(gate.touch("phone", comer(67)))
    at(17 * 60, 30)
    assert ("pending", "unknown") == said(gate.touch("nfc", stranger))
    at(17 * 60 + 1, 30)
    out = gate.touch("nfc", forgetful)
    assert ("entered", None) == said(out), "the box cannot know of an entry without a card"
    at(17 * 60 + 2, 30)
    assert ("left", None) == said(gate.touch("pcsc", mistaken))

    # ---- the evening
    at(18 * 60)
    take_in(lab, [Comer(number=stranger.number, way_in="pcsc", way_out="pcsc")], capsys)
    both = lab.folder / "both.csv"
    both.write_text("".join(["技能者ID,電話\n", *(f"{comer(n).id},{comer(67).phone}\n" for n in (67, 68))]), "utf-8")
    assert 0 == told(["roster", "import", str(both), *foreman], capsys)[-1]["named"], "which of the two rang?"
    entry = partial(desk, "entry", who=foreman, capsys=capsys)
    entry("name", str(call["seq"]), worker=other.id, way="entry")
    entry("add", worker=forgetful.id, way="entry", at=f"{DAY} 07:30:05", why="forgot the card")
    entry("correct", str(out["seq"]), way="exit", why="came in without a card")
    typed = entry("add", worker=absent.id, way="exit", at=f"{DAY} 17:00", why="the foreman said so")
    entry("void", str(typed["seq"]), why="that was somebody else")
    told(["approve", "--worker", absent.id, "--refuse", "--why", "was not here", "--yes", *prime], capsys)
    told(["approve", "--worker", forgetful.id, "--yes", *prime], capsys)
    told(["headcount", "--day", DAY.isoformat(), "5", *foreman], capsys)
    wait_until_sent(lab)

    truth = {
        stranger.id: ("counted", 600),
        forgetful.id: ("counted", 571),
        mistaken.id: ("counted", 599),
        other.id: ("waiting", 0),
    }
    assert_put_right(lab, truth, pending_of=other, capsys=capsys)


def assert_put_right(
    lab: Lab, truth: dict[str, tuple[str, int]], *, pending_of: Comer, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = days(lab, capsys)
    assert truth == {who: (row["standing"], row["minutes"]) for who, row in rows.items() if not who.startswith("hmac:")}
    assert ["waiting"] == [row["standing"] for who, row in rows.items() if who.startswith("hmac:")]
    assert {(pending_of.id, "entry")} == pending(lab, capsys)
    unknown = [row for row in office(lab, "waiting", capsys)["waiting"] if row["kind"] == "unknown"]
    assert [("phone", ["unknown", "phone"])] == [(row["method"], row["because"]) for row in unknown]
    (total,) = [row for row in office(lab, "days", capsys)["totals"] if row["company"] is None]
    assert (3, 2, 5, 60.0) == (
        total["person_days"], total["waiting"], total["headcount"], total["touch_rate_percent"],
    )  # fmt: skip
    assert 0 == main(["receive", "verify", "--database", str(lab.office)])


def desk(*words: str, who: list[str], capsys: pytest.CaptureFixture[str], **options: str) -> dict[str, Any]:
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return told([*words, *flags, *who], capsys)[-1]


def said(touch: dict[str, Any]) -> tuple[str, str | None]:
    return touch["answer"], touch["reason"]
