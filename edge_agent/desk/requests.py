"""Which requests the desk answers. Answers none itself."""

from collections.abc import Mapping
from functools import partial

from edge_agent.control.server import Handler
from edge_agent.desk import amending, approval, hand, headcount
from edge_agent.desk.office import Office


def handlers(office: Office) -> Mapping[str, Handler]:
    """Return what the control socket answers."""
    return {
        "entry-add": partial(hand.add, office),
        "entry-amend": partial(amending.take, office),
        "entry-list": partial(approval.by_hand, office),
        "headcount": partial(headcount.count, office),
        "judge": partial(approval.judge, office),
        "users": lambda _wish: [{"is_anybody": office.users.is_anybody}],
        "waiting": partial(approval.waiting, office),
    }
