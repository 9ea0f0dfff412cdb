"""Whether a face lives, as far as one camera can tell: every layer must agree. Knows neither names nor gates."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from models.capture import Picture
from models.challenge import SAME_PERSON, Challenge, Side
from models.context import Context
from models.face import Face, Look
from models.pad import Doubt, Pad
from models.replay import Replay, Seen

Word = Literal["passed", "failed", "unchecked", "pending", "wants_turn_left", "wants_turn_right"]


class Policy(enum.StrEnum):
    """How much is asked for."""

    OFF = "off"
    """Nothing is looked at."""
    PASSIVE = "passive"
    """Whoever is no picture passes; a turn of the head is asked for only where a network doubts."""
    CHALLENGE = "challenge"
    """Everybody turns the head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a face now."""

    word: Word
    """`unchecked`: nothing speaks against it, and nothing that could prove it was asked. Never taken for `passed`."""
    why: str = ""
    """
    Why it failed or waits; empty where there is nothing to say.

    `replay`, `frozen`, `screen`, `paper`, `nested`, `fills_picture`, `pad_model`, `no_turn`, `wrong_turn` or
    `other_face`.
    """


class Liveness:
    """One track. Once failed it stays so: whoever it was goes away and comes again, or shows the card."""

    def __init__(
        self, policy: Policy, *, seen: Seen, pad: Pad, random: Random, same_person: float = SAME_PERSON
    ) -> None:
        """
        Begin with a new track.

        Args:
            policy: How much is asked for.
            seen: What this process has been shown before; one for all tracks.
            pad: The networks that are installed.
            random: Chooses the side to turn to. An attacker must not foresee it: `random.SystemRandom()`.
            same_person: Cosine of the turned face to the one before it.

        """
        self._policy = policy
        self._replay, self._context, self._doubt = Replay(seen), Context(), Doubt(pad)
        self._challenge = Challenge(random, same_person=same_person)
        self._why = ""

    @property
    def wants_look(self) -> bool:
        """Whether the next frame of this track is to be embedded, however far the head is turned."""
        return self._policy is not Policy.OFF and self._challenge.wants_look

    def saw(self, picture: Picture, look: Look) -> None:
        """
        Take note of an embedded frame: the picture that the look was taken from.

        Raises:
            ModelError: A network refuses.

        """
        if self._policy is Policy.OFF or self._why:
            return
        is_turned = self._challenge.wants_look
        self._replay.saw_look(look)
        self._challenge.saw_look(look)
        if not is_turned:  # the networks know faces from the front
            self._doubt.saw_look(picture, look.face)
        self._context.saw_look(picture, look.face)
        self._judge()

    def saw_face(self, face: Face, seen_ns: int, *, others: Sequence[Face] = ()) -> None:
        """Take note of a tracked frame, and of the other faces in it. Cheap: call it for every frame."""
        if self._policy is Policy.OFF or self._why:
            return
        self._replay.saw_face(face, seen_ns)
        self._context.saw_face(face, others)
        self._challenge.saw_points(face.points, seen_ns)
        self._judge()

    def standing(self, now_ns: int) -> Standing:
        """Return what is known now. Asking may begin the challenge: from then on three seconds run."""
        if self._policy is Policy.OFF:
            return Standing(word="unchecked")
        self._challenge.tick(now_ns)
        self._judge()
        if self._why:
            return Standing(word="failed", why=self._why)
        if not (self._replay.is_ready and self._doubt.is_ready):
            return Standing(word="pending", why=self._replay.waits_for)
        if self._challenge.is_passed:
            return Standing(word="passed")
        if self._policy is Policy.CHALLENGE or (self._doubt.is_asked and not self._doubt.is_sure):
            return self._asked(now_ns)
        return Standing(word="passed" if self._doubt.is_asked else "unchecked")

    def _asked(self, now_ns: int) -> Standing:
        self._challenge.ask(now_ns)
        return Standing(word="wants_turn_left" if self._challenge.side is Side.LEFT else "wants_turn_right")

    def _judge(self) -> None:
        layers = (self._replay.why, self._context.why, self._doubt.why, self._challenge.why)
        self._why = next((why for why in layers if why), "")
