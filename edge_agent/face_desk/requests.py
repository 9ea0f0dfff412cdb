"""What the control socket answers about faces, and who may ask it. Does none of it itself."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from edge_agent.control.server import Answers, BadRequest, Handler
from edge_agent.face_desk.enrol import Enrol
from edge_agent.face_desk.packs import Packs
from edge_agent.face_desk.rights import Rights
from edge_agent.gallery.gallery import GalleryUnavailable
from edge_agent.gallery.once import NoAnswer
from edge_agent.gallery.pack import BadPack, TooShort
from edge_agent.signing import KeyUnavailable
from spool.file import SpoolUnavailable

Wish = Mapping[str, object]
May = Callable[[Wish], str]


def handlers(enrol: Enrol, rights: Rights, packs: Packs, *, may_edit: May) -> dict[str, Handler]:
    """
    Return what the control socket answers.

    Args:
        enrol: Takes looks.
        rights: Tells and erases.
        packs: Renews and packs.
        may_edit: Returns who asks, or raises BadRequest. Also whoever only looks is asked: it is about people.

    """
    answers: dict[str, Callable[[Wish, str], Answers]] = {
        "face-enroll": enrol.answer,
        "face-notice": lambda _wish, _by: [{"notice": enrol.notice}],
        "face-list": lambda _wish, _by: rights.everybody(),
        "face-who-has": lambda wish, _by: rights.who_has(wish),
        "face-export": rights.hand_out,
        "face-erase": partial(rights.erase, why="asked"),
        "face-withdraw": partial(rights.erase, why="withdrawn"),
        "face-delete-all": rights.empty,
        "face-renew": lambda _wish, by: packs.renew(by),
        "face-pack": packs.hand_out,
        "face-unpack": packs.take_in,
        "face-pack-key": lambda _wish, _by: packs.own_key(),
    }
    return {name: partial(_told, answer, may_edit) for name, answer in answers.items()}


def _told(answer: Callable[[Wish, str], Answers], may_edit: May, wish: Wish) -> Iterator[Mapping[str, object]]:
    by = may_edit(wish)
    try:
        yield from answer(wish, by)
    except (BadPack, TooShort, NoAnswer, GalleryUnavailable, SpoolUnavailable, KeyUnavailable) as exc:
        raise BadRequest(str(exc)) from exc
