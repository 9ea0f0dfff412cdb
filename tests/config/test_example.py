"""What is rendered from the declarations: every setting is in the example and the manual, in both languages."""

import re
import tomllib

import pytest

from edge_agent.config.__main__ import TREE, main, rendered, stale
from edge_agent.config.declare import tables
from edge_agent.config.example import example, manual
from edge_agent.config.load import load_agent, load_receiver
from edge_agent.config.settings import AgentConfig, ReceiverConfig
from edge_agent.words import Language

KINDS = (AgentConfig, ReceiverConfig)
EVERY = [
    pytest.param(table, declared, id=f"{kind.__name__}.{table.name}.{declared.key}")
    for kind in KINDS
    for table in tables(kind)
    for declared in table.settings
]
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def part(text, header, following):
    """Return the part of a text that belongs to a table."""
    return re.split(following, text.split(f"{header}", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize(("table", "declared"), EVERY)
def test_every_setting_has_text_in_both_languages(table, declared):
    assert declared.about.en.endswith(".")
    assert JAPANESE.search(declared.about.ja), declared.about.ja
    assert declared.about.ja.endswith("。")
    assert table.text.en.endswith(".")
    assert JAPANESE.search(table.text.ja)


def test_every_number_has_bounds_and_every_required_setting_an_example():
    every = [declared for kind in KINDS for table in tables(kind) for declared in table.settings]

    assert [] == [each.key for each in every if each.kind in (int, float) and not each.about.bounds]
    assert [] == [each.key for each in every if each.is_required and each.about.example is None]


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_is_in_the_example_with_both_texts(kind):
    lines = example(kind).splitlines()

    for table in tables(kind):
        for declared in table.settings:
            assert [line for line in lines if re.match(rf"(# )?{declared.key} = ", line)], declared.key
            assert f"# {declared.about.en}" in lines
            assert f"# {declared.about.ja}" in lines


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("table", "declared"), EVERY)
def test_every_setting_is_in_the_manual(language, table, declared):
    section = part(manual(language), f"### `{table.header}`", "^#")

    assert f"| `{declared.key}` |" in section
    assert declared.about.text.text(language).replace("|", "\\|") in section


def test_example_is_a_good_file_apart_from_the_files_it_names(written, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(written.folder))
    written.secret("card-key")

    config = load_agent(written.write(example()))

    assert "gw-0001" == config.agent.gateway
    assert 8883 == config.broker.port


def test_receivers_example_is_a_good_file(written):
    assert "receiver" == load_receiver(written.write(example(ReceiverConfig))).receiver.name


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_example_shows_as_default_is_the_default(kind):
    """
    Taking the # away changes nothing.
    """
    bare = re.sub(r"^# (?=\w+ = |\[)", "", example(kind), flags=re.MULTILINE)
    shown = tomllib.loads(bare)

    for table in tables(kind):
        held = shown[table.name][0] if table.is_array else shown[table.name]
        assert {each.key: each.about.example if each.is_required else each.default for each in table.settings} == held


@pytest.mark.parametrize("language", Language)
def test_manual_shows_required_settings_defaults_and_bounds(language):
    page = manual(language)

    assert re.search(r"^\| `gateway` \| \*(required|必須)\* \|", page, re.MULTILINE)
    assert re.search(r"^\| `keepalive_s` \| `30` \| .*5 \.\. 1200 s \|", page, re.MULTILINE)
    assert all(line.replace("\\|", "").count("|") == 5 for line in page.splitlines() if line.startswith("|"))


def test_files_in_the_tree_are_current():
    """
    If this fails: python -m edge_agent.config
    """
    assert [] == [path.relative_to(TREE).as_posix() for path in stale(TREE)]


def test_check_finds_a_stale_file_and_writing_mends_it(tmp_path, capsys):
    for path in rendered(tmp_path):
        path.parent.mkdir(parents=True, exist_ok=True)

    assert 1 == main(["--check"], tree=tmp_path)
    assert not (tmp_path / "config.example.toml").exists()
    assert 0 == main([], tree=tmp_path)
    assert 0 == main(["--check"], tree=tmp_path)

    (tmp_path / "config.example.toml").write_text("old", encoding="utf-8")
    capsys.readouterr()

    assert 1 == main(["--check"], tree=tmp_path)
    assert "config.example.toml: not current\n" == capsys.readouterr().err
