"""Replies go to the command they are for, also when one is late or never comes."""

from drivers.dialogue import DEAF_AFTER, PATIENCE_S, Ask, Dialogue, Reply, Talk
from drivers.wire.at_message import Final, Prompt, Ring, Text

S = 1_000_000_000
LATE_NS = round(PATIENCE_S * S)
OK, NO = Final(error=""), Final(error="ERROR")


def talk(replies: list[Reply], *asks: Ask) -> Talk:
    for ask in asks:
        reply = yield ask
        replies.append(reply)


def test_a_conversation_is_had_to_its_end_and_gets_its_replies() -> None:
    dialogue, replies = Dialogue(), []
    dialogue.begin(talk(replies, Ask(command="AT+CGMM"), Ask(command="AT+CSQ")))

    assert b"AT+CGMM\r" == dialogue.to_send(0)
    assert b"" == dialogue.to_send(1)
    for said in (Text(text="AT+CGMM"), Text(text="LAB-LTE1"), Ring(), OK):
        dialogue.take(said)
    assert b"AT+CSQ\r" == dialogue.to_send(2)
    dialogue.take(NO)

    assert [Reply(error="", words=("LAB-LTE1",)), Reply(error="ERROR")] == replies
    assert dialogue.is_idle


def test_a_late_reply_is_not_taken_for_that_of_the_next_command() -> None:
    dialogue, replies = Dialogue(), []
    dialogue.begin(talk(replies, Ask(command="AT+CSQ"), Ask(command="AT+CPIN?")))
    dialogue.to_send(0)
    assert b"" == dialogue.to_send(LATE_NS)
    assert b"" == dialogue.to_send(LATE_NS + S)
    dialogue.take(OK)
    assert [Reply(error="none")] == replies

    assert b"AT+CPIN?\r" == dialogue.to_send(LATE_NS + S)
    dialogue.take(NO)
    assert Reply(error="ERROR") == replies[1]


def test_a_modem_that_prompts_for_a_text_and_takes_none_is_freed_from_it() -> None:
    """Else it would take every later command for the text of a message."""
    dialogue, replies = Dialogue(), []
    dialogue.begin(talk(replies, Ask(command="AT+CMGS=23", body="0001")))

    assert b"AT+CMGS=23\r" == dialogue.to_send(0)
    assert b"0001\x1a" == dialogue.take(Prompt())
    assert b"\x1b" == dialogue.to_send(LATE_NS)


def test_a_prompt_nobody_waits_for_is_given_nothing() -> None:
    dialogue = Dialogue()
    assert b"" == dialogue.take(Prompt())
    dialogue.begin(talk([], Ask(command="AT+CSQ")))
    dialogue.to_send(0)

    assert b"" == dialogue.take(Prompt())


def test_only_several_replies_missing_in_a_row_mean_deaf() -> None:
    dialogue, now_ns = Dialogue(), 0
    for is_answered in (False, True, *([False] * DEAF_AFTER)):
        assert not dialogue.is_deaf
        dialogue.begin(talk([], Ask(command="AT")))
        assert b"AT\r" == dialogue.to_send(now_ns)
        now_ns += LATE_NS
        if is_answered:
            dialogue.take(OK)
        dialogue.to_send(now_ns)
        now_ns += 5 * S

    assert dialogue.is_deaf
