"""Installing puts all models on the shelf, compared with their sources, or changes nothing."""

import numpy as np
import pytest

from models import install as installing
from models.convert import to_fp32
from models.errors import ModelError
from models.install import NothingToFetchFrom, install, is_whole, verify
from models.session import Session
from models.shelf import Shelf
from models.verify import mind_fp32, patterns


@pytest.fixture
def shelf(tmp_path, tiny) -> Shelf:
    return Shelf(tmp_path / "models", tiny.manifest)


def snapshot(shelf):
    return {path.name: path.read_bytes() for path in shelf.folder.iterdir() if path.name != ".lock"}


def test_what_was_installed_runs(shelf, tiny) -> None:
    done = install(shelf, [tiny.place()])

    assert ["tiny/fp32-1"] == done.new
    assert np.isfinite(Session(shelf.model("tiny")).run(data=np.ones((1, 3, 8, 8), np.float32))[0]).all()


def test_a_second_time_changes_nothing_and_asks_nobody(shelf, tiny) -> None:
    install(shelf, [tiny.place()])
    before = snapshot(shelf)

    done = install(shelf, [place := tiny.place()])

    assert ([], ["tiny/fp32-1"]) == (done.new, done.kept)
    assert 0 == place.asked
    assert before == snapshot(shelf)


def test_an_altered_file_is_installed_anew(shelf, tiny) -> None:
    install(shelf, [tiny.place()])
    shelf.model("tiny").path.write_bytes(b"altered")

    assert ["tiny/fp32-1"] == install(shelf, [tiny.place()]).new
    assert is_whole(shelf, "tiny", "fp32-1")


def test_a_damaged_list_is_mended(shelf, tiny) -> None:
    install(shelf, [tiny.place()])
    (shelf.folder / "installed.json").write_text("{")

    assert ["tiny/fp32-1"] == install(shelf, [tiny.place()]).new


def test_places_are_asked_in_their_order(shelf, tiny) -> None:
    empty, good, late = type(tiny.place())(b"", "stick"), tiny.place(), tiny.place()

    install(shelf, [empty, good, late])

    assert [1, 1, 0] == [empty.asked, good.asked, late.asked]


def test_where_nobody_has_it_every_place_is_told_and_nothing_changes(shelf, tiny) -> None:
    install(shelf, [tiny.place()])
    before = snapshot(shelf)
    empty = type(tiny.place())

    with pytest.raises(NothingToFetchFrom, match=r"(?s)nothing was changed.*stick: has no.*registry: has no"):
        install(shelf, [empty(b"", "stick"), empty(b"", "registry")], again=True)

    assert before == snapshot(shelf)


def test_an_optional_model_may_stay_away(tmp_path, make_tiny) -> None:
    shelf = Shelf(tmp_path / "models", make_tiny(more='judge = "reference"\nis_optional = true').manifest)

    assert ["tiny"] == install(shelf, []).left_out


def test_a_model_that_runs_as_it_is_only_has_to_load(tmp_path, make_tiny, tiny) -> None:
    fp32 = to_fp32(tiny.source, tiny.manifest.entry("tiny"))
    asis = make_tiny(content=fp32, recipes=("as-is",))
    shelf = Shelf(tmp_path / "models", asis.manifest)

    assert ["tiny/as-is"] == install(shelf, [asis.place()]).new
    assert fp32 == shelf.model("tiny").read()


def test_a_conversion_that_computes_something_else_is_not_installed(shelf, tiny, loaded, monkeypatch) -> None:
    def wrong(source, entry):
        model = loaded(to_fp32(source, entry))
        model.graph.initializer[0].raw_data = bytes(len(model.graph.initializer[0].raw_data))
        return model.SerializeToString()

    monkeypatch.setattr(installing, "to_fp32", wrong)

    with pytest.raises(ModelError, match="differs from its source"):
        install(shelf, [tiny.place()])
    with pytest.raises(ModelError, match="not installed; run"):
        shelf.model("tiny")


def test_every_tensor_counts_in_the_comparison(tiny, loaded) -> None:
    """Changed by a tenth, it is seen."""
    entry = tiny.manifest.entry("tiny")
    fp32 = loaded(to_fp32(tiny.source, entry))
    for i, each in enumerate(fp32.graph.initializer):
        values = np.frombuffer(each.raw_data, np.float32).copy()
        if each.data_type != 1 or not values.any():
            continue
        values *= 1.1
        changed = loaded(fp32.SerializeToString())
        changed.graph.initializer[i].raw_data = values.tobytes()

        with pytest.raises(ModelError, match="differs"):
            mind_fp32(changed.SerializeToString(), tiny.source, entry)


def test_patterns_are_the_same_everywhere() -> None:
    """They stand for the pictures; a box must not judge by other ones."""
    noise, waves = patterns((1, 3, 4, 4))

    assert [115, 59, 166, 211] == noise.ravel()[:4].tolist()
    np.testing.assert_allclose(waves.ravel()[:4], [127.5, 156.22845, 183.47939, 207.85123], rtol=1e-6)


def test_verify_finds_a_model_that_computes_something_else(shelf, tiny, loaded) -> None:
    install(shelf, [tiny.place()])
    verify(shelf, "tiny", "fp32-1")
    model = loaded(shelf.model("tiny").read())
    for each in model.graph.initializer:
        each.raw_data = (np.frombuffer(each.raw_data, np.float32) * 1.1).astype(np.float32).tobytes()
    old = shelf.model("tiny").sample
    with shelf.locked():
        shelf.place([installing.Made(name="tiny", recipe="fp32-1", content=model.SerializeToString(), sample=old)])

    with pytest.raises(ModelError, match="computes something else"):
        verify(shelf, "tiny", "fp32-1")


def test_progress_is_told(shelf, tiny) -> None:
    told = []
    progress = installing.Progress(
        begins=lambda what, size: told.append((what, size)), moved=told.append, makes=told.append
    )

    install(shelf, [tiny.place("stick")], progress=progress)

    assert [("tiny from stick", len(tiny.source)), len(tiny.source)] == told[:2]
    assert "comparing" in told[2]
