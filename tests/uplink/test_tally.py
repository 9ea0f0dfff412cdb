"""The uplink's books, where a gate is never quiet."""

from edge_agent.core.message import Receipt
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.tally import Tally

EPOCH = "e5c1d20be5c1d20b"
PATIENCE_S = 10


def test_what_got_lost_is_sent_again_though_later_touches_are_receipted_all_the_time() -> None:
    """The broker lost a batch, and at this gate somebody touches each second, all morning."""
    tally = Tally(epoch=EPOCH, upto=0, generation=1, last=5, receipt="receiver", receipt_timeout_s=PATIENCE_S)
    tally.took(1, 5)
    tally.acknowledged(1, 5, 0)
    sent_again_s = None
    for second in range(1, 60):
        now_ns, live = second * NS_PER_S, 5 + second
        tally.acknowledged(live, live, now_ns)
        receipt = Receipt(epoch=EPOCH, gen=1, upto=0, more=[(6, live)], t="2026-11-24T08:00:00.000+09:00")
        tally.heard(receipt, newest=live, handed=live, now_ns=now_ns, is_fresh=True)
        tally.lose_patience(now_ns)
        if sent_again_s is None and tally.todo:
            sent_again_s = second

    assert sent_again_s is not None
    assert sent_again_s <= PATIENCE_S
    assert [(1, 5)] == list(tally.todo)
