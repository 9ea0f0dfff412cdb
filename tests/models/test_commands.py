"""`edge-agent models`: what a technician types, and what the box answers."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.cli import main
from models import shelf as shelves
from models.shelf import Shelf


@pytest.fixture
def box(tmp_path, tiny, monkeypatch):
    """A box whose manifest knows the tiny model only, and a stick that carries it."""
    monkeypatch.setattr(shelves, "shipped", lambda: tiny.manifest)
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "tiny.onnx").write_bytes(tiny.source)
    return tmp_path


def models(box: Path, action: str, *words: str) -> int:
    return main(["models", action, "--models-dir", str(box / "models"), *words])


def stick(box: Path) -> list[str]:
    return ["--offline", "--from", str(box / "stick")]


def test_installed_from_a_stick_without_network(box, capsys) -> None:
    assert 0 == models(box, "install", *stick(box))

    said = capsys.readouterr().out
    assert "installed: tiny/fp32-1" in said
    assert "CC0-1.0" in said
    assert 0 == models(box, "verify")
    assert 0 == models(box, "list")


def test_before_that_all_say_what_to_do(box, capsys) -> None:
    assert [1, 1] == [models(box, "list"), models(box, "verify")]

    said = capsys.readouterr()
    assert "run: edge-agent models install" in said.out
    assert "run: edge-agent models install" in said.err


def test_a_stick_without_the_model_is_told(box, capsys) -> None:
    (box / "stick" / "tiny.onnx").unlink()

    assert 1 == models(box, "install", *stick(box))
    assert "nothing was changed" in capsys.readouterr().err


def test_an_altered_model_is_found_and_mended(box, capsys) -> None:
    models(box, "install", *stick(box))
    Shelf(box / "models").model("tiny").path.write_bytes(b"altered")

    assert 1 == models(box, "verify")
    assert "not the bytes that were installed" in capsys.readouterr().err
    assert 0 == models(box, "install", *stick(box))
    assert 0 == models(box, "verify")


def test_answers_for_programs(box, capsys) -> None:
    answers = []
    for action, words in (("install", stick(box)), ("list", []), ("verify", [])):
        assert 0 == models(box, action, *words, "--json")
        answers.append(json.loads(capsys.readouterr().out))

    assert ["tiny/fp32-1"] == answers[0]["new"]
    assert [True] == [each["installed"] for each in answers[1]["models"]]
    assert {"tiny/fp32-1": ""} == answers[2]["models"]


@pytest.mark.parametrize("words", [["--offline"], ["--config", "/nowhere/config.toml"]])
def test_wrong_use_ends_with_two(words, capsys) -> None:
    folder = [] if "--config" in words else ["--models-dir", "/nowhere"]

    assert 2 == main(["models", "install", *folder, *words])
    assert capsys.readouterr().err.startswith("edge-agent: ")


def test_a_folder_that_cannot_be_written_is_told(box, capsys) -> None:
    (box / "models").write_text("a file")

    assert 1 == models(box, "install", *stick(box))
    assert "nothing was changed" in capsys.readouterr().err


def test_the_folder_follows_the_configuration(box, capsys) -> None:
    example = Path(__file__).parents[2] / "config.example.toml"
    text = example.read_text(encoding="utf-8")
    text = re.sub(r"^#? ?models_dir = .*$", f'models_dir = "{box / "state" / "models"}"', text, flags=re.MULTILINE)
    (box / "config.toml").write_text(text, encoding="utf-8")

    code = main(["models", "list", "--config", str(box / "config.toml"), "--json"])

    assert (1, str(box / "state" / "models")) == (code, json.loads(capsys.readouterr().out)["folder"])


def test_without_the_extra_it_is_said_and_help_works(tmp_path) -> None:
    """A box without cameras has no onnxruntime: no other command may mind."""
    code = (
        "import sys; sys.modules['onnxruntime'] = sys.modules['numpy'] = None;"
        "from edge_agent.cli import main; sys.exit(main(sys.argv[1:]))"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])

    refused = run("models", "install", "--models-dir", str(tmp_path))
    assert (1, True) == (refused.returncode, "pip install 'genba-edge-agent[face]'" in refused.stderr)
    assert 0 == run("--help").returncode
    assert 0 == run("models", "install", "--help").returncode
    assert 1 == run("models", "list", "--models-dir", str(tmp_path)).returncode
