"""The notice by the camera: complete in every language, and on paper."""

import pytest

from edge_agent.paper.notice import Notice, notice
from edge_agent.paper.svg import svg
from edge_agent.words import Language
from edge_agent.words.answers import ScreenLanguage
from edge_agent.words.faces import REFUSALS, refusal
from edge_agent.words.notice import NOTICE, notice_in

REASONS = (
    "small blurred dark bright turned tilted covered unsure_face cut_off no_face several_faces look_alike disagree"
    " model away time nobody two_faces frames_differ like_many unlike_own screen replay no_turn no_picture no_secret"
)


@pytest.mark.parametrize("language", ScreenLanguage)
def test_every_part_is_said_in_every_language(language: ScreenLanguage) -> None:
    assert all(text.strip() for text in notice_in(language).values())
    assert {len(ScreenLanguage)} == {len(texts) for texts in NOTICE.values()}


def test_the_paper_says_whom_to_ask_and_which_version() -> None:
    drawn = svg(notice(Notice(site="中央ビル", contact="現場事務所 03-1234-5678", version="2026-11")))

    for text in ("03-1234-5678", "2026-11", "中央ビル", "This camera uses face recognition", "本摄像头使用人脸识别"):
        assert text in drawn
    assert "…" not in drawn


@pytest.mark.parametrize("why", REASONS.split())
def test_every_reason_for_refusal_has_words_in_both_languages(why: str) -> None:
    assert why in REFUSALS
    assert refusal(why, Language.EN) != refusal(why, Language.JA)


def test_a_reason_of_a_later_version_is_shown_as_it_is() -> None:
    assert "too_shiny" == refusal("too_shiny", Language.EN)
