"""`edge-agent enroll --face` and `edge-agent face`, asked of a box through its socket."""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from edge_agent.cli import main
from edge_agent.control.server import Server
from edge_agent.core.touch import Worker, WorkerId
from edge_agent.door import Door
from edge_agent.face_desk.enrol import Enrol
from edge_agent.face_desk.packs import Packs
from edge_agent.face_desk.register import Register, roster_of
from edge_agent.face_desk.requests import handlers
from edge_agent.face_desk.rights import Rights
from edge_agent.gallery.gallery import Gallery
from edge_agent.gallery.once import Once
from edge_agent.gallery.taking import Taking
from edge_agent.ledger import people
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.signing import SigningKey
from hardware_fakes.clock import FakeClock
from spool.journal import Journal

TARO, HANAKO = "11112222333344", "55556666777788"
LOOKER = Path(__file__).parents[1] / "gallery" / "looker.py"


class OpenDoor(Door):
    """A door straight to a journal."""

    def __init__(self, clock, journal):
        super().__init__(clock)
        self.journal = journal

    def commit(self, work):
        return self.journal.write(lambda tx: work(tx, self.journal.epoch))


class Site:
    """A gallery behind a socket, and the command line before it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], *, gateway: str = "gw-1") -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.capsys = folder, capsys
        self.socket = folder / "s.sock"
        clock = FakeClock()
        self.journal = Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS})
        for each in (TARO, HANAKO):
            worker = Worker(id=WorkerId(each))
            self.journal.write(lambda tx, worker=worker: people.put_worker(tx, worker, origin="{}"))
        self.gallery = Gallery.open(
            folder / "gallery",
            prime="prime",
            key=lambda: gateway.encode().ljust(32),
            roster=roster_of(folder / "spool.db"),
            clock=clock,
        )
        door = OpenDoor(clock, self.journal)
        register = Register(gallery=self.gallery, door=door, clock=clock, key=lambda: b"k" * 32)
        once = Once(models_dir=folder, now_ns=clock.boot_ns, command=(sys.executable, str(LOOKER)))
        answers = handlers(
            Enrol(register=register, taking=Taking(once=once, cameras=dict, now_ns=clock.boot_ns), notice="2026-1"),
            Rights(register=register),
            Packs(
                register=register,
                once=once,
                gateway=gateway,
                signing=lambda: SigningKey.load(folder / "signing.key"),
            ),
            may_edit=lambda _wish: "local",
        )
        self.server = Server(self.socket, handlers={**answers, "users": lambda _: [{"is_anybody": False}]})
        self.server.start()

    def close(self) -> None:
        self.server.stop()
        self.journal.close()

    def __call__(self, *words: str, code: int = 0) -> str:
        assert code == main([*words, "--socket", str(self.socket)])
        told = self.capsys.readouterr()
        return told.err if code else told.out

    def photo(self, content: bytes = b"a face") -> str:
        file = self.folder / "photo.jpg"
        file.write_bytes(content)
        return str(file)

    def enrol(self, worker: str = TARO, content: bytes = b"a face") -> None:
        self("enroll", worker, "--face", "--notice-shown", "--photo", self.photo(content))


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def site(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("LC_ALL", "C")
    site = Site(folder / "one", capsys)
    yield site
    site.close()


@pytest.fixture
def other(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    other = Site(folder / "two", capsys, gateway="gw-2")
    yield other
    other.close()


def test_a_face_is_enrolled_from_a_photo(site: Site) -> None:
    out = site("enroll", TARO, "--face", "--wearing", "helmet", "--consent", "2026-1", "--photo", site.photo())

    assert "enrolled (helmet)" in out
    assert site.gallery.face_of(TARO)


def test_without_consent_nobody_is_enrolled_and_it_says_what_to_do(site: Site) -> None:
    for wrong in ([], ["--consent", "2025-9"]):
        err = site("enroll", TARO, "--face", *wrong, "--photo", site.photo(), code=1)
        assert "--notice-shown" in err
        assert "version 2026-1" in err
    assert site.gallery.face_of(TARO) is None


@pytest.mark.parametrize(("locale", "words"), [("C", "come closer"), ("ja_JP.UTF-8", "カメラに近づいてください")])
def test_what_was_in_the_way_is_told_in_plain_words(
    site: Site, locale: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    asked = ["enroll", TARO, "--face", "--notice-shown", "--photo", site.photo(b"why:small"), "--socket"]

    assert 1 == main([*asked, str(site.socket)])
    assert words in capsys.readouterr().out


def test_a_look_alike_is_told_to_use_the_card(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.enrol()
    asked = ["enroll", HANAKO, "--face", "--notice-shown", "--photo", site.photo(), "--socket", str(site.socket)]

    assert 1 == main(asked)
    told = capsys.readouterr()
    assert "card required" in told.out
    assert TARO not in told.out + told.err


@pytest.mark.parametrize(
    "words",
    [
        ["--photo", "x.jpg"],
        ["--notice-shown"],
        ["--face", "--number", "12"],
        ["--face", "--lost"],
        ["--face", "--photo", "x.jpg", "--reader", "cam-1"],
    ],
)
def test_what_does_not_fit_together_is_wrong_use(site: Site, words: list[str]) -> None:
    assert "--face" in site("enroll", TARO, *words, code=2) or "--photo" in words


def test_a_photo_that_is_not_there_or_too_large_is_said(site: Site) -> None:
    assert "No such file" in site("enroll", TARO, "--face", "--notice-shown", "--photo", "/no/photo.jpg", code=1)
    large = Path(site.photo())
    with large.open("wb") as file:
        file.truncate(9 << 20)
    assert "8 MiB at most" in site("enroll", TARO, "--face", "--notice-shown", "--photo", str(large), code=1)


def test_everything_about_a_worker_is_told_exported_and_erased(site: Site) -> None:
    site.enrol()
    out = site.folder / "taro.json"

    assert TARO in site("face", "list")
    assert "1 templates (numbers, no picture)" in site("face", "who-has", TARO)
    assert "the worker only" in site("face", "export", TARO, "--out", str(out))
    assert 256 == len(base64.b64decode(json.loads(out.read_text("utf-8"))["templates"][0]["vector"]))
    assert 0o600 == out.stat().st_mode & 0o777
    assert "is there already" in site("face", "export", TARO, "--out", str(out), code=1)
    assert "erased" in site("face", "withdraw", TARO)
    assert "no face is kept" in site("face", "erase", TARO, code=1)
    told = json.loads(site("face", "who-has", TARO, "--json"))
    assert (False, "withdrawn") == (told["is_kept"], told["log"][-1]["detail"])


def test_all_is_erased_by_typing_the_name(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.enrol()
    assert "type 'prime'" in site("face", "delete-all", "--prime", "another", code=1)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: "prime")

    assert "1 people erased" in site("face", "delete-all")
    assert [] == site.gallery.people()


def test_a_secret_is_renewed(site: Site) -> None:
    site.enrol()
    seed = site.gallery.seed()

    assert "1 people" in site("face", "renew")
    assert seed != site.gallery.seed()


def test_faces_travel_in_a_pack_once_the_key_is_compared(site: Site, other: Site) -> None:
    site.enrol()
    words, pack = site.folder / "words", site.folder / "faces.pack"
    words.write_text("twelve letters\n", encoding="utf-8")
    site("face", "pack", "export", "--out", str(pack), "--passphrase-file", str(words), "--to", "site B")
    key = site("face", "pack", "key").strip()

    assert key in other("face", "pack", "import", str(pack))
    assert other.gallery.face_of(TARO) is None
    took = ["face", "pack", "import", str(pack), "--passphrase-file", str(words), "--from-key"]
    assert "not by" in other(*took, "0" * 64, code=1)
    assert "1 people taken in" in other(*took, key)
    assert other.gallery.face_of(TARO)
    pack.write_bytes(pack.read_bytes()[:-1])
    assert "copy the file again" in other(*took, key, code=1)


def test_a_key_is_made_and_never_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "face.key"
    assert 0 == main(["face", "key", "--out", str(file)])
    key = file.read_bytes()

    assert (32, 0o600) == (len(key), file.stat().st_mode & 0o777)
    assert 2 == main(["face", "key", "--out", str(file)])
    assert key == file.read_bytes()
    assert key.hex() not in capsys.readouterr().out


def test_no_agent_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == main(["face", "list", "--socket", str(folder / "none.sock")])
    assert "no agent answers" in capsys.readouterr().err
