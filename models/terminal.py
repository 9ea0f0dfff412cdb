"""
What happens before one camera, frame by frame: from faces to what is said of them. No thread, no clock, no pipe.

A face is found, followed, gated, embedded a few times, fused, compared, and found alive. Whatever is missing or in
doubt, nobody is recognised: then the worker shows a card.
"""

from collections.abc import Callable
from typing import Literal

from models.advice import FOR, Adviser
from models.calibration import Calibration
from models.decide import Rows
from models.enrolling import Enrolment, photograph
from models.fuse import FUSED, chosen
from models.gate import PROBE, Limits
from models.known import Known, Tally, Template
from models.outcome import Advice, Confirmed, Kind, Outcome, Taken
from models.recognising import Recognition
from models.senses import Frame, Liveness, Picture, Seeing
from models.verifying import Question
from models.visit import TRIES_MAX, Visit
from models.visits import Attempt, Scene, Visits

TerminalMode = Literal["card+face", "face", "log"]
QUESTIONS_MAX = 8
_TROUBLE_NS = 500_000_000
"""A shorter trouble is somebody on the way."""
_TURNS: dict[str, Kind] = {"wants_turn_left": "turn_left", "wants_turn_right": "turn_right"}


class Terminal:
    """
    One camera's judgement. Not for two threads at once.

    Every outcome comes from `look` and `tick`; call `tick` after a message, so that what can be answered at once is.
    """

    def __init__(
        self,
        *,
        sight: Seeing,
        calibration: Calibration,
        mode: TerminalMode,
        liveness: Callable[[], Liveness],
        limits: Limits = PROBE,
    ) -> None:
        """
        Begin with nobody known.

        Args:
            sight: Finds, measures and embeds faces.
            calibration: From which scores on.
            mode: By card and face, 1:1; by face among all, 1:N; or 1:1 and nothing follows from it.
            liveness: Makes a new judge for each face that is followed.
            limits: What a look must reach.

        Raises:
            Uncalibrated: Nobody has measured this model.

        """
        self._sight = sight
        self._mode = mode
        self._rows = Rows.of(calibration, sight.identity)
        self._known = Known(sight.identity)
        self._visits = Visits(
            sight=sight, liveness=liveness, limits=limits, differs_below=self._rows.single.differs_below
        )
        self._recognition = Recognition(self._known, self._rows)
        self._adviser = Adviser()
        self._questions: dict[int, Question] = {}
        self._enrolment: Enrolment | None = None
        self._at_once: list[Outcome] = []
        self._crowded_ns: int | None = None
        self._now_ns = 0

    # ---- who may be seen

    def secret(self, seed: bytes) -> None:
        """Turn by this seed of 32 bytes from now on; forgets every template."""
        self._known.secret(seed)
        self._enrolment_over("secret_changed")

    def know(self, template: Template) -> None:
        """May be seen from now on, if of this model and after the secret; else counted."""
        self._known.know(template)

    def forget(self) -> None:
        """Forget every template."""
        self._known.forget()

    def tally(self) -> Tally:
        """Return how many are known, and how many are not and why."""
        return self._known.tally()

    # ---- questions

    def verify(self, number: int, face_id: bytes, until_ns: int) -> None:
        """Ask whether it is this one: answered by one `Confirmed`, by `until_ns` or with the tick after it."""
        question = Question(
            number=number,
            face_id=face_id,
            since_ns=self._now_ns,
            until_ns=until_ns,
            mode="log" if self._mode == "log" else "1:1",
        )
        if number in self._questions:
            return
        if not self._known.is_known(face_id):
            why = "other_model" if self._known.is_strange(face_id) else ""
            self._at_once.append(Confirmed(number=number, look=question.looked("not_enrolled", why=why)))
        elif len(self._questions) >= QUESTIONS_MAX:
            self._at_once.append(Confirmed(number=number, look=question.looked("away", why="busy")))
        else:
            self._questions[number] = question

    def enrol(self, number: int, wearing: str, until_ns: int, own: bytes | None) -> None:
        """
        Take a template of whoever looks into the camera from now on: answered by one `Taken`; one at a time.

        Args:
            number: Of the question.
            wearing: `bare`, `helmet` or `mask`.
            until_ns: When to give up.
            own: Whose templates it may be like.

        """
        enrolment = Enrolment(number=number, wearing=wearing, until_ns=until_ns, own=own)
        also = "busy" if self._enrolment else "" if self._known.has_secret else "no_secret"
        if also:
            self._at_once.append(enrolment.refused(model=self._sight.identity, also=also))
        else:
            self._enrolment = enrolment

    def photo(self, number: int, picture: Picture, wearing: str, own: bytes | None) -> Taken:
        """Return the template of a photograph of one person. One frame, and nobody knows whether they live."""
        enrolment = Enrolment(number=number, wearing=wearing, until_ns=0, own=own)
        return photograph(enrolment, picture, self._sight, self._known, self._rows)

    def cancel(self, number: int) -> None:
        """Nobody waits for this answer any more: there will be none."""
        self._questions.pop(number, None)
        if self._enrolment and self._enrolment.number == number:
            self._enrolment = None

    # ---- what happens

    def look(self, frame: Frame) -> list[Outcome]:
        """Look at the next frame; return what is to be said now."""
        self._now_ns = max(self._now_ns, frame.seen_ns)
        scene = self._visits.saw(frame)
        if scene.visit and self._wants_look(scene.visit):
            self._took(scene.visit, self._visits.look(scene.visit, frame), frame)
        self._note_crowd(scene)
        return [*self._decided(scene.visit), *self._advice(scene)]

    def tick(self, now_ns: int) -> list[Outcome]:
        """Return what is to be said now without a frame; call it about ten times a second, and after a message."""
        self._now_ns = max(self._now_ns, now_ns)
        return self._decided(None)

    def _wants_look(self, visit: Visit) -> bool:
        if not visit.is_ready(self._now_ns):
            return False
        is_asked = self._enrolment is not None or any(each.wants_look() for each in self._questions.values())
        if is_asked or visit.is_waiting or visit.is_doubtful or visit.liveness.wants_look:
            return True
        if not self._known.people:
            return False
        if self._mode == "face":
            return not visit.is_decided
        # So that whoever touches a card next is answered at once.
        return visit.tries < TRIES_MAX and len(chosen(visit.looks)) < FUSED

    def _took(self, visit: Visit, attempt: Attempt, frame: Frame) -> None:
        if not attempt.why:
            for question in self._questions.values():
                question.tries += 1
        why = attempt.why
        if self._enrolment:
            why = self._enrolment.saw(visit, attempt, frame.picture.shape)
        visit.note_trouble(why[0] if why else None, self._now_ns)

    def _decided(self, visit: Visit | None) -> list[Outcome]:
        said, self._at_once = self._at_once, []
        for each in self._visits.all():
            self._recognition.saw(each, self._now_ns)
        if visit:
            visit.is_waiting = False
        said += self._answers()
        said += self._enrolled()
        if visit and self._mode == "face" and (recognised := self._recognition.of(visit, self._now_ns)):
            said.append(recognised)
        return said

    def _answers(self) -> list[Outcome]:
        answers = [
            (number, question.answer(self._visits.newest, self._known, self._rows, now_ns=self._now_ns))
            for number, question in self._questions.items()
        ]
        said: list[Outcome] = [Confirmed(number=number, look=look) for number, look in answers if look]
        for number, look in answers:
            if look:
                del self._questions[number]
        return said

    def _enrolled(self) -> list[Outcome]:
        enrolment, visit = self._enrolment, self._visits.newest
        if enrolment is None:
            return []
        taken = enrolment.taken(visit, self._known, self._rows, model=self._sight.identity, now_ns=self._now_ns)
        if taken is None:
            return []
        self._enrolment = None
        return [taken]

    def _enrolment_over(self, why: str) -> None:
        if self._enrolment:
            self._at_once.append(self._enrolment.refused(model=self._sight.identity, also=why))
            self._enrolment = None

    # ---- advice

    def _note_crowd(self, scene: Scene) -> None:
        if not scene.is_crowded:
            self._crowded_ns = None
            return
        self._crowded_ns = self._now_ns if self._crowded_ns is None else self._crowded_ns
        for question in self._questions.values():
            question.is_crowded = True
        if self._enrolment:
            self._enrolment.why["two_faces"] += 1

    def _advice(self, scene: Scene) -> list[Advice]:
        now_ns, visit = self._now_ns, scene.visit
        is_asked = bool(self._questions) or self._enrolment is not None
        if self._crowded_ns is not None:
            is_long = now_ns - self._crowded_ns >= _TROUBLE_NS
            is_wanted = is_asked or self._mode == "face"
            return self._adviser.say("one_at_a_time", now_ns) if is_long and is_wanted else []
        if visit is None:
            return []
        if visit.is_waiting:
            return self._adviser.say(_TURNS.get(visit.liveness.standing(now_ns).word), now_ns)
        if visit.wants_card and not is_asked:
            return self._card(visit)
        if visit.trouble and (is_asked or (self._mode == "face" and not visit.is_decided)):
            why, since_ns = visit.trouble
            return self._adviser.say(FOR[why] if now_ns - since_ns >= _TROUBLE_NS else None, now_ns)
        return []

    def _card(self, visit: Visit) -> list[Advice]:
        if visit.is_told:
            return []
        advice = self._adviser.say("show_card", self._now_ns)
        visit.is_told = bool(advice)
        return advice
