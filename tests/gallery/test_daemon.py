"""The daemon as a process: faces of who leaves the roster are erased by the import; a wrong key hurts nobody else."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from edge_agent.core.calendar import rfc3339
from edge_agent.gallery.gallery import Gallery
from edge_agent.gallery.record import Consent, Template
from hardware_fakes.broker import Broker
from hardware_fakes.clock import FakeClock
from hardware_fakes.lab import Lab

TARO, HANAKO = "11112222333344", "55556666777788"
KEY = bytes(range(32))
VECTOR = bytes(range(256))


@pytest.fixture
def lab() -> Iterator[Lab]:
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        folder = Path(name)
        made = Lab(
            folder,
            gates=[],
            people=[],
            broker=Broker(),
            driver="simulated",
            agent={"lab": True},
            site={"roster_file": ""},
        )
        (folder / "face.key").write_bytes(KEY)
        (folder / "face.key").chmod(0o600)
        with (folder / "config.toml").open("a", encoding="utf-8") as config:
            config.write(f'[face]\nkey_file = "{folder / "face.key"}"\nprime = "prime-one"\n')
            config.write('[[reader]]\nname = "gate-1"\ndriver = "simulated"\nport = "none"\n')
        with made:
            yield made


def asked(lab: Lab, *words: str, code: int = 0) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "edge_agent", *words, "--socket", str(lab.socket), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert code == done.returncode, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def enrolled(lab: Lab, *workers: str) -> list[bytes]:
    """Put faces into the box while it is off; return what of them must be found nowhere later."""
    clock = FakeClock()
    gallery = Gallery.open(
        lab.spool.parent / "gallery", prime="prime-one", key=lambda: KEY, roster=lambda _: None, clock=clock
    )
    consent = Consent(notice="1", at=rfc3339(clock.stamp().utc_ns), by="clerk")
    for each in workers:
        look = Template(wearing="bare", vector=VECTOR, taken_at="", by="clerk", frames=3, source="photo")
        gallery.add(each, look, model="m", consent=consent, seed=gallery.seed())
    return [each.face_id for each in gallery.people()]


def roster(lab: Lab, *rows: str) -> None:
    file = lab.folder / "list.csv"
    file.write_text("技能者ID,氏名,終了日\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    asked(lab, "roster", "import", str(file))


def test_who_leaves_the_roster_has_no_face_on_the_box_when_the_import_is_done(lab: Lab) -> None:
    face_ids = enrolled(lab, TARO, HANAKO)
    lab.start_agent()
    roster(lab, f"{TARO},山田 太郎,", f"{HANAKO},佐藤 花子,")
    assert [TARO, HANAKO] == [each["worker"] for each in asked(lab, "face", "list")[:-1]]
    before = {path: path.read_bytes() for path in (lab.spool.parent / "gallery" / "prime-one").iterdir()}
    shown = asked(lab, "roster", "show", "--worker", TARO)
    roster(lab, f"{TARO},山田 太郎,2026-01-31")

    assert ["face"] == [each["kind"] for each in shown[0]["credentials"]]
    assert [HANAKO] == [each["worker"] for each in asked(lab, "face", "list")[:-1]]
    [gone] = [path for path in before if not path.exists()]
    content = b"".join(path.read_bytes() for path in lab.spool.parent.rglob("*") if path.is_file())
    for needle in (before[gone][100:160], before[gone][:60], VECTOR[:32], *face_ids):
        assert needle not in content
    assert not asked(lab, "roster", "show", "--worker", TARO)[0]["credentials"]
    assert TARO not in lab.log("agent")


def test_a_wrong_key_is_told_and_the_gate_goes_on(lab: Lab) -> None:
    enrolled(lab, TARO)
    (lab.folder / "face.key").write_bytes(b"x" * 32)
    lab.start_agent()

    [told] = asked(lab, "face", "list")
    assert "key_file" in told["trouble"]
    assert lab.status()["gateway"]
    asked(lab, "face", "renew", code=1)
    # Erased without the key, and usable with the new one at once.
    asked(lab, "face", "delete-all", "--prime", "prime-one")
    assert "" == asked(lab, "face", "list")[0]["trouble"]
