"""A face terminal, as a child process. Loads no library for pictures and holds no face: the child does, and forgets."""

import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Literal, Protocol

from drivers.allowance import Allowance
from drivers.asking import A, Question, Questions
from drivers.camera import VIDEO_VARIABLE, looking
from drivers.child import ChildReader, look_of
from drivers.contract import (
    FaceLook,
    FaceMode,
    FaceTemplate,
    FaceVerdict,
    Hint,
    Medium,
    Reader,
    ReaderLost,
    ReaderName,
    Sighting,
    Wearing,
)
from drivers.wire.lines import (
    Cancel,
    Captured,
    Enrol,
    Forget,
    Hinted,
    Message,
    Secret,
    Template,
    Verified,
    Verify,
)

WORKER = "edge_agent.face_worker"
Mode = Literal["card+face", "face", "log"]
Liveness = Literal["off", "passive", "challenge"]

_GRACE_S = 0.3
"""The child tells by itself when the time is over; so much longer its word may take."""
MEMORY_MAX_MB = 1024
"""Of its own, without what it shares: twice what was seen at 1280 x 720. What wants more leaks."""
_VERIFY_MAX_MS, _ENROL_MAX_MS = 60_000, 600_000


class Faces(Protocol):
    """Whom a camera may know. Called from the reader's thread."""

    def seed(self) -> bytes:
        """Return the 32 bytes by which templates are turned."""
        ...

    def templates(self) -> Sequence[FaceTemplate]:
        """Return those of today's roster of this site, and no others."""
        ...

    def version(self) -> int:
        """Return a number that grows with every change of the others."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceCapture:
    """What came of looking at somebody to be enrolled."""

    vector: bytes | None
    """128 float16, turned by the secret; None: no look was good enough, or it is somebody else's face, too."""
    model: str
    frames: int
    why: Sequence[str]
    """What was in the way: words such as `blurred`, `small`, `like_another`."""


class FaceReader(ChildReader):
    """A camera that knows faces. It shows no answer: a lamp, a sound or a screen does."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        faces: Faces | None = None,
        hear_hint: Callable[[Hint], None] = lambda _: None,
        models_dir: str = "/var/lib/edge-agent/models",
        preview_dir: str = "",
        video: str = "",
        camera_fps: float = 8.0,
        camera_roi: str = "",
        camera_rotate: int = 0,
        reread_window_s: float = 1.5,
        face_mode: Mode = "card+face",
        face_liveness: Liveness = "passive",
        face_min_px: int = 100,
        face_codes: bool = True,
    ) -> None:
        """
        Take note; nothing is opened yet.

        Args:
            name: The reader's name.
            now_ns: CLOCK_BOOTTIME.
            faces: Whom it may know; None: nobody.
            hear_hint: Called from the reader's thread with what whoever stands there should do.
            models_dir: Where `edge-agent models install` put the models.
            preview_dir: A folder for the socket `NAME.sock` of what the camera sees now; empty: nobody sees it.
            video: A V4L2 device, an address (rtsp, http) or a file.
            camera_fps: Pictures that are looked at in a second, at most.
            camera_roi: Left, top, right, bottom of what is looked at, in percent; empty: everything.
            camera_rotate: Degrees, clockwise.
            reread_window_s: A badge back in view within this time has not been away.
            face_mode: Whether a face confirms a card, is enough by itself, or is compared and only written down.
            face_liveness: How it is made sure that it is no picture of a face.
            face_min_px: A face must be so wide.
            face_codes: Whether QR badges are read, too.

        Raises:
            ReaderBroken: A setting makes no sense.

        """
        seeing = looking(
            name,
            video=video,
            fps=camera_fps,
            roi=camera_roi,
            rotate=camera_rotate,
            reread_window_s=reread_window_s,
        )
        deciding = [f"--models-dir={models_dir}", f"--mode={face_mode}", f"--liveness={face_liveness}"]
        options = [*seeing, *deciding, f"--min-px={face_min_px}"]
        options += ["--codes"] * face_codes
        options += [f"--preview={preview_dir}/{name}.sock"] if preview_dir else []
        command = [sys.executable, "-m", WORKER, *options]
        super().__init__(
            name=name,
            now_ns=now_ns,
            command=command,
            environment={VIDEO_VARIABLE: video},
            memory_max_mb=MEMORY_MAX_MB,
        )
        self._clock_ns = now_ns
        self._mode = face_mode
        self._faces = faces
        self._told_version: int | None = None
        self._told_seed: bytes | None = None
        self._hear_hint = hear_hint
        self._hints = Allowance(per_s=5, at_once=10)
        self._questions = Questions()

    def sightings(self, stop: Event) -> Generator[Sighting | None, None, None]:
        """
        Start the child, tell it whom it may know, and yield whom and what it sees; None about twice a second.

        Raises:
            ReaderLost: See `ChildReader`.
            ReaderBroken: See `ChildReader`; or the models are missing.

        """
        try:
            with closing(super().sightings(stop)) as seen:
                for sighting in seen:
                    if self._faces and self._told_version not in {None, self._faces.version()}:
                        self.tell_anew()
                    yield sighting if sighting and self._may_be(sighting) else None
        finally:
            self._told_version = self._told_seed = None
            self._questions.give_up()

    def verify(self, face_id: bytes | None, within_s: float) -> FaceLook:
        """
        Return whether it is this one who stands before the camera; from any thread.

        Returns within `within_s` and a little more, and never fails: without camera, process or models it is `away`,
        without a face to compare with (None) `not_enrolled`.
        """
        if face_id is None:
            return self._nothing(FaceVerdict.NOT_ENROLLED)
        if not self.probe().is_open:
            return self._nothing(FaceVerdict.AWAY)
        with self._questions.asked(Verified) as question:
            within_ms = _ms(within_s, most=_VERIFY_MAX_MS)
            asked = Verify(number=question.number, face_id=face_id, within_ms=within_ms)
            said = self._ask(question, asked, within_s=within_ms / 1000)
        return look_of(said.look) if said else self._nothing(FaceVerdict.AWAY)

    def capture(self, wearing: Wearing, within_s: float, own: bytes | None = None) -> FaceCapture:
        """
        Return what comes of looking at whoever looks into the camera next; from any thread.

        Args:
            wearing: How they say that they look.
            within_s: How long they have.
            own: Their own face_id, if they have one: the new template may be like their others.

        Raises:
            ReaderLost: There is no camera, no process, no model; or it went away meanwhile.

        """
        if not self.probe().is_open:
            raise ReaderLost(self.probe().detail or f"{self.name}: not open")
        with self._questions.asked(Captured) as question:
            within_ms = _ms(within_s, most=_ENROL_MAX_MS)
            asked = Enrol(number=question.number, wearing=wearing, within_ms=within_ms, own=own)
            said = self._ask(question, asked, within_s=within_ms / 1000)
        if said is None:
            raise ReaderLost(f"{self.name}: the camera's process gave no answer; try again")
        return FaceCapture(vector=said.vector, model=said.model, frames=said.frames, why=tuple(said.why))

    def hear(self, message: Message) -> None:
        """Take answers and hints."""
        match message:
            case Verified() | Captured():
                self._questions.answered(message)
            case Hinted(kind=kind, at_ns=at_ns) if self._hints.take(self._clock_ns()):
                self._hear_hint(Hint(reader=self.name, kind=kind, at_ns=min(at_ns, self._clock_ns())))

    def first_words(self) -> Iterable[Message]:
        """Return the secret and all templates."""
        yield Forget()
        if self._faces is None:
            return
        # Before the others are asked: a change meanwhile is told once more.
        self._told_version = self._faces.version()
        # A child that is just enrolling somebody begins anew with another secret, and with no other.
        if (seed := self._faces.seed()) != self._told_seed:
            self._told_seed = seed
            yield Secret(seed=seed)
        for each in self._faces.templates():
            yield Template(face_id=each.face_id, wearing=each.wearing, model=each.model, vector=each.vector)

    def _ask(self, question: Question[A], asked: Message, *, within_s: float) -> A | None:
        try:
            if not self.tell(asked):
                return None
        except ReaderLost:
            return None
        said = question.answer(within_s=within_s + _GRACE_S)
        if said is None:
            with suppress(ReaderLost):
                self.tell(Cancel(number=question.number))
        return said

    def _may_be(self, sighting: Sighting) -> bool:
        """Tell whether the child may say so: where a face alone is not enough, it is none."""
        return sighting.medium is not Medium.FACE or self._mode == "face"

    def _nothing(self, verdict: FaceVerdict) -> FaceLook:
        mode: FaceMode = "log" if self._mode == "log" else "1:1"
        return FaceLook(verdict=verdict, mode=mode)


def _ms(wait_s: float, *, most: int) -> int:
    return max(1, min(most, round(wait_s * 1000)))


if TYPE_CHECKING:
    _: type[Reader] = FaceReader
