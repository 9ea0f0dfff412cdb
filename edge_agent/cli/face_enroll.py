"""The part of `edge-agent enroll` that enrols faces: by a camera, or from photos. Opens no picture."""

import argparse
import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from edge_agent.cli.desk import FAILED, GOOD, PATIENCE_S, asked, confirmed, signed
from edge_agent.control.client import Refused, ask
from edge_agent.gallery.once import PHOTO_MAX_B
from edge_agent.words import Language
from edge_agent.words.faces import refusal
from edge_agent.words.sentences import text

WEARING = ("bare", "helmet", "mask")
_LONGEST_WAIT_S = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let the command enrol faces."""
    face = parser.add_argument_group("faces", "with the worker's consent, who keeps the card as another way in")
    face.add_argument("--face", action="store_true", help="enrol the worker's face")
    face.add_argument("--wearing", default="bare", choices=WEARING, help="what they have on; default: bare")
    face.add_argument(
        "--photo", nargs="+", type=Path, default=[], metavar="FILE", help="from photos; the first good one is taken"
    )
    agreed = face.add_mutually_exclusive_group()
    agreed.add_argument("--consent", default="", metavar="VERSION", help="notice of this version was shown, they agree")
    agreed.add_argument("--notice-shown", action="store_true", help="the current notice was shown, and they agree")


def wrong_use(args: argparse.Namespace) -> str:
    """Return what does not fit together; empty if all does."""
    if not args.face:
        if args.photo or args.consent or args.notice_shown or args.wearing != "bare":
            return "--photo, --wearing, --consent and --notice-shown belong to --face"
        return ""
    if args.number or args.lost or args.found or args.move or args.share or args.replace:
        return "--face goes with --reader or --photo only; --lost and --found take --kind face"
    if args.photo and args.reader:
        return "--photo and --reader: one of them"
    return ""


def run(args: argparse.Namespace) -> int:
    """Enrol a face; return 0 if it was done, 1 if no look was good enough."""
    who, language = signed(args), Language.of_terminal()
    wish: dict[str, object] = {"worker": args.worker, "wearing": args.wearing, "consent": _consent(args, who)}
    if args.photo:
        wish["photos"] = [_picture(each) for each in args.photo]
    else:
        wish |= {"reader": args.reader, "wait_s": min(args.timeout, _LONGEST_WAIT_S)}
    answer: dict[str, Any] = {}
    with Console(stderr=True).status("") as status:
        for answer in ask(args.socket, "face-enroll", timeout_s=PATIENCE_S, **wish, **who):
            if "waiting_s" in answer:
                status.update(text("face.look", language, worker=args.worker, left=answer["waiting_s"]))
            elif "photo" in answer:
                says = text("face.photo", language, number=answer["photo"], why=_reasons(answer["why"], language))
                status.console.print(says, markup=False, highlight=False)
    if "refused" in answer:
        _say(args, answer, text("face.refused", language, why=_reasons(answer["refused"], language)))
        return FAILED
    looks = ", ".join(answer["templates"])
    _say(args, answer, text("face.done", language, worker=args.worker, wearing=answer["wearing"], looks=looks))
    return GOOD


def _consent(args: argparse.Namespace, who: dict[str, object]) -> str:
    if args.consent:
        return str(args.consent)
    notice = str(asked(args, "face-notice", **who)[0]["notice"])
    question = text("face.agreed", Language.of_terminal(), notice=notice, worker=args.worker)
    # Rule: nobody's face is enrolled because somebody forgot a word. The agent says what is missing.
    return notice if args.notice_shown or confirmed(question) else ""


def _picture(file: Path) -> str:
    try:
        size = file.stat().st_size
        if size > PHOTO_MAX_B:
            raise Refused(f"{file}: {size >> 20} MiB; a photo has {PHOTO_MAX_B >> 20} MiB at most: make it smaller")
        return base64.b64encode(file.read_bytes()).decode()
    except OSError as exc:
        raise Refused(f"{file}: {exc.strerror}") from exc


def _reasons(why: Sequence[str], language: Language) -> str:
    return "; ".join(refusal(each, language) for each in why or ["time"])


def _say(args: argparse.Namespace, answer: dict[str, object], words: str) -> None:
    print(json.dumps(answer, ensure_ascii=False) if args.json else words)  # noqa: T201 - the command line speaks
