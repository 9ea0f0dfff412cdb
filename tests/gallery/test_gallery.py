"""The gallery's files: sealed, bound to their place, whole after anything, gone when they are erased."""

import contextlib
import os
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import FaceTemplate
from edge_agent.config.face import Face
from edge_agent.config.secrets import SecretUnavailable
from edge_agent.core.touch import Trust
from edge_agent.gallery import drawer as drawer_module
from edge_agent.gallery.gallery import Gallery, GalleryUnavailable
from edge_agent.gallery.key import gallery_key, make_key
from edge_agent.gallery.record import Consent, Person, Template
from edge_agent.gallery.stay import Stay, is_gone
from hardware_fakes.clock import FakeClock

KEY = bytes(range(32))
DAY_S = 86_400
CONSENT = Consent(notice="1", at="2026-11-24T08:00:00.000+09:00", by="clerk")
MODEL = "fb143eea0783/fp32-1/cf"


class Site:
    """A roster the test writes, and a gallery opened as often as it likes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.stays: dict[str, Stay] | None = {name: Stay("", "") for name in ("taro", "hanako", "jiro")}
        self.key = KEY
        self.gallery = self.open()

    def open(self, prime: str = "prime") -> Gallery:
        self.gallery = Gallery.open(
            self.folder / "gallery", prime=prime, key=lambda: self.key, roster=lambda _: self.stays, clock=self.clock
        )
        return self.gallery

    def add(self, worker: str, vector: bytes = b"v" * 256, wearing: str = "bare", model: str = MODEL) -> Person:
        look = Template(
            wearing=wearing, vector=vector, taken_at=self.gallery.now(), by="clerk", frames=3, source="camera cam-1"
        )
        return self.gallery.add(worker, look, model=model, consent=CONSENT, seed=self.gallery.seed())

    @property
    def drawer(self) -> Path:
        return self.folder / "gallery" / "prime"

    def persons(self) -> list[Path]:
        return [path for path in self.drawer.iterdir() if path.name not in {"secret", "log"}]

    def content(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


# ---------------------------------------------------------------- kept


def test_what_was_enrolled_is_there_after_a_restart(site: Site) -> None:
    person, seed = site.add("taro"), site.gallery.seed()

    again = site.open()
    assert [person] == again.people()
    assert (seed, person.face_id) == (again.seed(), again.face_of("taro"))
    assert ("", ()) == (again.trouble, again.damaged)


def test_nothing_readable_is_on_the_disk(site: Site) -> None:
    """Who steals the folder without the key learns not even who is enrolled."""
    person = site.add("taro")

    content = site.content()
    for secret in (b"taro", b"clerk", MODEL.encode(), person.face_id, b"v" * 16, site.gallery.seed()):
        assert secret not in content
    assert not any("taro" in path.name for path in site.drawer.iterdir())


def test_files_are_for_the_service_alone(site: Site) -> None:
    site.add("taro")

    assert {0o600} == {path.stat().st_mode & 0o777 for path in site.drawer.iterdir()}
    assert 0o700 == site.drawer.stat().st_mode & 0o777


def test_a_second_look_joins_the_first_and_the_same_wearing_replaces_it(site: Site) -> None:
    first = site.add("taro", b"a" * 256)
    site.add("taro", b"h" * 256, wearing="helmet")
    last = site.add("taro", b"b" * 256)

    assert {("bare", b"b" * 256), ("helmet", b"h" * 256)} == {(t.wearing, t.vector) for t in last.templates}
    assert (first.face_id, 3) == (last.face_id, len(last.consents))


def test_a_look_by_another_model_ends_those_of_the_one_before(site: Site) -> None:
    """Templates of two models cannot be compared: half of somebody would be matched."""
    site.add("taro", b"a" * 256)
    person = site.add("taro", b"h" * 256, wearing="helmet", model="other/fp32-1/cf")

    assert (["helmet"], "other/fp32-1/cf") == ([each.wearing for each in person.templates], person.model)


def test_a_look_turned_by_a_secret_of_before_is_not_kept(site: Site) -> None:
    site.add("taro")
    look = Template(wearing="bare", vector=b"v" * 256, taken_at="", by="", frames=1, source="")

    with pytest.raises(GalleryUnavailable, match="take it again"):
        site.gallery.add("jiro", look, model=MODEL, consent=CONSENT, seed=b"o" * 32)


# ---------------------------------------------------------------- offered to cameras


def test_cameras_know_only_who_belongs_to_the_site_today(site: Site) -> None:
    for name in ("taro", "hanako", "jiro"):
        site.add(name)
    site.stays = {"taro": Stay("2026-11-01", "2026-11-24"), "hanako": Stay("2026-11-25", "")}

    def known() -> set[bytes]:
        return {each.face_id for each in site.gallery.templates()}

    version = site.gallery.version()
    assert {site.gallery.face_of("taro")} == known()
    assert version == site.gallery.version()

    site.clock.advance(DAY_S)
    assert version < site.gallery.version()
    assert {site.gallery.face_of("hanako")} == known()


def test_every_change_is_told_to_cameras(site: Site) -> None:
    versions = [site.gallery.version()]
    for change in (
        lambda: site.add("taro"),
        lambda: site.add("taro", wearing="mask"),
        lambda: site.gallery.erase("taro", by="clerk", why="asked"),
        site.gallery.roster_changed,
        lambda: site.gallery.empty(by="clerk"),
    ):
        change()
        versions.append(site.gallery.version())

    assert versions == sorted(set(versions))


def test_nobody_is_known_by_face_while_the_roster_cannot_be_read(site: Site) -> None:
    site.add("taro")
    site.stays = None

    assert [] == site.gallery.templates()
    assert [] == site.gallery.gone()


# ---------------------------------------------------------------- damage


def test_with_another_key_it_says_which_file_and_loses_nothing(site: Site) -> None:
    person = site.add("taro")
    site.key = b"x" * 32

    gallery = site.open()
    assert str(site.drawer / "secret") in gallery.trouble
    assert ([], []) == (gallery.people(), list(gallery.templates()))
    assert 32 == len(gallery.seed())
    with pytest.raises(GalleryUnavailable, match="key_file"):
        site.add("jiro")
    with pytest.raises(GalleryUnavailable):
        gallery.erase("taro", by="clerk", why="asked")

    site.key = KEY
    assert [person] == site.open().people()


def test_a_damaged_file_takes_no_other_with_it(site: Site) -> None:
    site.add("taro")
    [path] = site.persons()
    hanako = site.add("hanako")
    path.write_bytes(b"\0" * path.stat().st_size)

    gallery = site.open()
    assert [hanako] == gallery.people()
    assert str(path) in gallery.damaged[0]
    assert "enrolled anew" in gallery.damaged[0]


def test_who_is_enrolled_anew_takes_the_place_of_the_damaged_file(site: Site) -> None:
    site.add("taro")
    site.persons()[0].write_bytes(b"")
    site.open()
    site.add("taro")

    assert () == site.open().damaged


def test_a_damaged_file_can_be_erased_by_its_owner(site: Site) -> None:
    site.add("taro")
    site.persons()[0].write_bytes(b"garbage")

    assert site.open().erase("taro", by="clerk", why="asked")
    assert [] == site.persons()


@pytest.mark.parametrize("name", ["secret", "log"])
def test_no_file_passes_for_another(site: Site, name: str) -> None:
    site.add("taro")
    [path] = site.persons()
    (site.drawer / name).write_bytes(path.read_bytes())

    gallery = site.open()
    assert name in gallery.trouble + "".join(gallery.damaged)


def test_two_persons_files_exchanged_are_both_refused(site: Site) -> None:
    """Who may write there and has no key cannot let one worker be seen as another."""
    site.add("taro")
    site.add("hanako", b"w" * 256)
    one, two = site.persons()
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)

    assert ([], 2) == (site.open().people(), len(site.gallery.damaged))


def test_a_body_of_before_under_the_head_of_now_is_refused(site: Site) -> None:
    """What somebody took back cannot be put under the face id they got when they agreed again."""
    site.add("taro", b"w" * 256)
    before = site.persons()[0].read_bytes()
    site.gallery.erase("taro", by="clerk", why="withdrawn")
    site.add("taro")
    [path] = site.persons()
    now = path.read_bytes()
    length = int.from_bytes(now[:2], "big")
    path.write_bytes(now[: 2 + length] + before[2 + length :])

    assert str(path) in site.open().damaged[0]


def test_a_gallery_of_another_prime_is_none_of_ours(site: Site) -> None:
    site.add("taro")
    (site.drawer).rename(site.folder / "gallery" / "other")

    assert "key_file" in site.open(prime="other").trouble


def test_every_changed_byte_is_noticed(site: Site) -> None:
    site.add("taro")
    [path] = site.persons()
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert [] == site.open().people()
    path.write_bytes(whole)

    assert 1 == len(site.open().people())


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_whatever_lies_in_the_folder_crashes_nothing(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    site = Site(tmp_path_factory.mktemp("gallery"))
    site.add("taro")
    (site.drawer / ("0" * 32)).write_bytes(content)
    (site.drawer / "log").write_bytes(content or b"x")

    gallery = site.open()
    assert (["taro"], 2) == ([each.worker for each in gallery.people()], len(gallery.damaged))


def test_without_its_secret_a_gallery_says_so(site: Site) -> None:
    site.add("taro")
    (site.drawer / "secret").unlink()

    assert "secret" in site.open().trouble


def test_two_writes_of_the_same_person_share_no_nonce(site: Site) -> None:
    site.add("taro")
    before = site.persons()[0].read_bytes()
    site.add("taro")
    after = site.persons()[0].read_bytes()

    assert before[2:14] != after[2:14]
    assert before[:64] != after[:64]


# ---------------------------------------------------------------- erased


def test_erasing_leaves_neither_file_nor_entry_in_memory(site: Site) -> None:
    site.add("taro")
    sealed = site.persons()[0].read_bytes()
    assert site.gallery.erase("taro", by="clerk", why="withdrawn")

    assert sealed[20:60] not in site.content()
    assert ([], None) == (site.gallery.people(), site.gallery.face_of("taro"))
    assert [("erased", "withdrawn")] == [(e.did, e.detail) for e in site.open().entries("taro")][1:]
    assert not site.gallery.erase("taro", by="clerk", why="asked")


def test_a_file_is_overwritten_before_it_goes_and_when_it_is_replaced(site: Site) -> None:
    """On a disk without wear levelling nothing stays in free blocks: a second name for the file shows what is left."""
    site.add("taro")
    [path] = site.persons()
    first, second = path.with_name("first" + ".part"), path.with_name("second" + ".part")
    os.link(path, first)
    sealed = path.read_bytes()
    site.add("taro")
    os.link(path, second)
    newer = path.read_bytes()
    site.gallery.erase("taro", by="clerk", why="asked")

    assert len(sealed) == len(first.read_bytes())
    assert sealed != first.read_bytes()
    assert newer != second.read_bytes()


def test_emptying_makes_a_new_secret_and_works_with_a_lost_key(site: Site) -> None:
    site.add("taro")
    seed = site.gallery.seed()
    site.key = b"x" * 32
    site.open()

    assert 0 == site.gallery.empty(by="clerk")
    assert ("", []) == (site.gallery.trouble, site.gallery.people())
    assert seed != site.gallery.seed()
    site.add("jiro")
    assert ["jiro"] == [each.worker for each in site.open().people()]


def test_an_emptied_gallery_may_have_a_new_key(site: Site) -> None:
    site.add("taro")
    site.gallery.empty(by="clerk")
    site.key = b"x" * 32

    assert ("", ()) == (site.open().trouble, site.gallery.damaged)
    site.add("jiro")
    assert [["jiro"], ["enrolled"]] == [
        [each.worker for each in site.open().people()],
        [each.did for each in site.gallery.entries()],
    ]


def test_who_has_left_is_named_and_who_was_forgotten_after_a_week(site: Site) -> None:
    for name in ("taro", "hanako", "jiro"):
        site.add(name)
    site.stays = {"taro": Stay("", "2026-11-23"), "hanako": Stay("", "2026-11-24")}

    assert ["taro"] == site.gallery.gone()
    site.open()
    site.clock.advance(6 * DAY_S)
    assert "jiro" not in site.gallery.gone()
    site.clock.advance(DAY_S)
    assert "jiro" in site.gallery.gone()


def test_who_comes_back_to_the_roster_is_missed_no_more(site: Site) -> None:
    site.add("jiro")
    site.stays = {"taro": Stay("", "")}
    site.gallery.gone()
    site.stays["jiro"] = Stay("", "")
    site.gallery.gone()
    site.clock.advance(8 * DAY_S)
    del site.stays["jiro"]

    assert [] == site.gallery.gone()


def test_nobody_is_erased_by_a_clock_nobody_keeps(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.clock = FakeClock(trust=Trust.NONE)
    site.open()
    site.add("taro")
    site.stays = {"taro": Stay("", "2020-01-01")}

    assert [] == site.gallery.gone()
    assert ("",) == tuple(each.taken_at for each in site.gallery.people()[0].templates)


def test_the_last_day_itself_counts() -> None:
    person = Person(worker="taro", face_id=b"f" * 16, model=MODEL, templates=(), consents=())
    today = date(2026, 11, 24)

    assert not is_gone(person, Stay("", today.isoformat()), today)
    assert is_gone(person, Stay("", "2026-11-23"), today)


# ---------------------------------------------------------------- power cuts


class Cut(BaseException):
    """The power is gone."""


@pytest.mark.parametrize("at", range(40))
def test_after_a_power_cut_there_is_the_old_gallery_or_the_new_one(
    site: Site, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renewal and packs change everything at once: half of each would match nobody, or the wrong one."""
    for name in ("taro", "hanako"):
        site.add(name)
    before, old_seed = site.gallery.people(), site.gallery.seed()
    after = [
        msgspec.structs.replace(each, templates=(msgspec.structs.replace(each.templates[0], vector=b"n" * 256),))
        for each in before
    ]
    left = [at]

    def cut(real):
        def step(*args, **kwargs):
            left[0] -= 1
            if left[0] < 0:
                raise Cut
            return real(*args, **kwargs)

        return step

    with monkeypatch.context() as patch:
        for name in ("rename", "unlink", "rmdir"):
            patch.setattr(Path, name, cut(getattr(Path, name)))
        patch.setattr(drawer_module.os, "fsync", cut(os.fsync))
        try:
            site.gallery.exchange(
                after, seed=b"n" * 32, instead_of=before, entry=site.gallery.entry("clerk", "renewed")
            )
        except Cut:
            pass
        else:
            assert at > 12

    gallery = site.open()
    assert ("", ()) == (gallery.trouble, gallery.damaged)
    assert (gallery.people(), gallery.seed()) in ((before, old_seed), (after, b"n" * 32))
    assert ["prime"] == [path.name for path in (site.folder / "gallery").iterdir()]


@pytest.mark.parametrize("at", range(16))
def test_after_a_power_cut_an_emptied_gallery_is_there_or_gone(
    site: Site, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add("taro")
    before, left = site.gallery.people(), [at]

    def cut(real):
        def step(*args, **kwargs):
            left[0] -= 1
            if left[0] < 0:
                raise Cut
            return real(*args, **kwargs)

        return step

    with monkeypatch.context() as patch:
        for name in ("rename", "unlink", "rmdir"):
            patch.setattr(Path, name, cut(getattr(Path, name)))
        with contextlib.suppress(Cut):
            site.gallery.empty(by="clerk")

    assert site.open().people() in (before, [])
    assert "" == site.gallery.trouble
    assert {"prime"} >= {path.name for path in (site.folder / "gallery").iterdir()}


def test_what_a_failed_exchange_left_is_never_taken_for_the_gallery(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add("taro")
    left = site.drawer.with_name("prime.new")
    left.mkdir()
    (left / "secret").write_bytes(b"half")

    def cut(_path: Path) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(drawer_module, "_shred", cut)
        with contextlib.suppress(Cut):
            site.gallery.empty(by="clerk")

    assert ("", ()) == (site.open().trouble, site.gallery.damaged)


def test_a_full_disk_is_said_and_leaves_what_was(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person = site.add("taro")

    def full(*_args: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(drawer_module.os, "write", full)
        with pytest.raises(GalleryUnavailable, match="No space left"):
            site.add("hanako")

    assert [person] == site.open().people()


def test_what_came_meanwhile_is_not_lost(site: Site) -> None:
    site.add("taro")
    before = site.gallery.people()
    site.add("hanako")

    with pytest.raises(GalleryUnavailable, match="meanwhile"):
        site.gallery.exchange([], seed=b"n" * 32, instead_of=before, entry=site.gallery.entry("clerk", "renewed"))
    assert 2 == len(site.open().people())


# ---------------------------------------------------------------- the key


def test_a_key_may_end_like_a_line(tmp_path: Path) -> None:
    file = tmp_path / "face.key"
    file.write_bytes(b"k" * 31 + b"\n")

    assert b"k" * 31 + b"\n" == gallery_key(Face(key_file=str(file)))


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_what_is_no_key_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "face.key").write_bytes(content)

    with pytest.raises(SecretUnavailable, match="32"):
        gallery_key(Face(key_file=str(tmp_path / "face.key")))


def test_without_a_key_file_no_faces_are_kept(tmp_path: Path) -> None:
    with pytest.raises(SecretUnavailable, match="key_file"):
        gallery_key(Face(key_file=""))
    with pytest.raises(SecretUnavailable, match="missing"):
        gallery_key(Face(key_file=str(tmp_path / "missing")))


def test_a_key_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "face.key"
    make_key(file)
    content = file.read_bytes()

    assert (32, 0o600) == (len(content), file.stat().st_mode & 0o777)
    with pytest.raises(FileExistsError):
        make_key(file)
    assert content == file.read_bytes()


def test_templates_are_what_cameras_take(site: Site) -> None:
    person = site.add("taro")

    assert [
        FaceTemplate(face_id=person.face_id, wearing="bare", model=MODEL, vector=b"v" * 256)
    ] == site.gallery.templates()
