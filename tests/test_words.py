"""The words people read: complete in every language, and the terminal's language from its locale."""

import re
import string
from pathlib import Path

import pytest

import edge_agent
from drivers.contract import AnswerKind
from edge_agent.words import Language, Phrase, Told
from edge_agent.words.answers import ANSWERS, ScreenLanguage, answer
from edge_agent.words.sentences import SENTENCES, phrase, text
from edge_agent.words.terms import TERMS

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in Path(edge_agent.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, Language.EN),
        ({"LANG": "ja_JP.UTF-8"}, Language.JA),
        ({"LANG": "ja"}, Language.JA),
        ({"LANG": "ja_JP@x"}, Language.JA),
        ({"LANG": "ja.UTF-8"}, Language.JA),
        ({"LANG": "jam_JM.UTF-8"}, Language.EN),
        ({"LANG": "de_DE.UTF-8"}, Language.EN),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, Language.JA),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, Language.EN),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "", "LC_MESSAGES": ""}, Language.JA),
    ],
)
def test_terminal_is_japanese_where_the_locale_is(environ, language):
    assert language is Language.of_terminal(environ)


@pytest.mark.parametrize("language", ScreenLanguage)
@pytest.mark.parametrize("kind", AnswerKind)
def test_every_answer_is_there_in_every_language(kind, language):
    assert answer(kind, language).strip()


@pytest.mark.parametrize("language", ScreenLanguage)
def test_no_two_answers_sound_the_same(language):
    """
    A worker told "recorded" must not read what another reads who was refused.
    """
    assert len(AnswerKind) == len({answer(kind, language) for kind in AnswerKind})


def test_answers_have_one_text_for_each_language():
    assert {len(ScreenLanguage)} == {len(texts) for texts in ANSWERS.values()}


def test_answers_stand_in_the_right_column():
    assert "はいりました" == answer(AnswerKind.ENTERED, ScreenLanguage.JA)
    assert "Left" == answer(AnswerKind.LEFT, ScreenLanguage.EN)
    assert "已记录过" == answer(AnswerKind.ALREADY, ScreenLanguage.ZH)
    assert "Hindi maitala" == answer(AnswerKind.REFUSED, ScreenLanguage.FIL)
    assert "ထပ်ထိပါ" == answer(AnswerKind.NOT_SAVED, ScreenLanguage.MY)


def test_plain_japanese_has_no_kanji_beyond_those_of_the_first_year():
    for kind in AnswerKind:
        assert not re.search("[\u4e00-\u9fff]", answer(kind, ScreenLanguage.JA).replace("人", ""))


def test_each_japanese_term_has_one_english_name_of_its_own():
    assert all(JAPANESE.search(term) for term in TERMS)
    assert len(TERMS) == len(set(TERMS.values()))


def _places(sentence):
    return sorted({name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None})


@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_says_the_same_facts_in_both_languages_and_is_used(key):
    sentence = SENTENCES[key]

    assert _places(sentence.en) == _places(sentence.ja)
    assert not JAPANESE.search(sentence.en) or key == "roster.header"
    assert f'"{key}"' in SOURCES.replace(f'    "{key}": Phrase', "")


def test_every_sentence_that_is_asked_for_is_there():
    asked = set(re.findall(r'(?<![\w])(?:phrase|text)\(\s*"([a-z]+\.[a-z0-9-]+)"', SOURCES))

    assert asked
    assert asked <= set(SENTENCES)


def test_facts_stand_in_the_sentence_in_its_language():
    said = phrase("key.type", value="3", kind=Phrase(en="true or false", ja="真か偽"), about="{x}")

    assert "3 is not true or false; {x}" == said.text(Language.EN)
    assert "3 は真か偽ではありません。{x}" == said.text(Language.JA)
    assert "a: good" == text("config.good", Language.EN, file="a")


def test_error_speaks_the_terminals_language(monkeypatch):
    error = Told(Phrase(en="gone", ja="ない"))
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    japanese = str(error)
    monkeypatch.setenv("LC_ALL", "C")

    assert ("ない", "gone") == (japanese, str(error))
