"""`edge-agent face`: what is kept of faces, handed out, erased, renewed, packed; the key, and the notice to print."""

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from edge_agent.cli import face_notice, face_pack
from edge_agent.cli.common import add_config, complain
from edge_agent.cli.desk import GOOD, WRONG_USE, add_user, asked, signed, speaking
from edge_agent.control.client import Refused
from edge_agent.words import Language
from edge_agent.words.sentences import text

Args = argparse.Namespace


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("face", help="enrolled faces: told, erased, packed", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_user(_add(actions, "list", "who is enrolled"))
    for name, meaning in (
        ("who-has", "what is kept of a worker's face, and where it went"),
        ("erase", "erase a worker's face"),
        ("withdraw", "erase it because the worker takes the consent back"),
        ("export", "write everything about a worker's face into a file, for a disclosure request"),
    ):
        one = _add(actions, name, meaning)
        one.add_argument("worker", metavar="WORKER", help="技能者ID, or the prime's own number")
        if name == "export":
            one.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file, JSON")
        add_user(one)
    every = _add(actions, "delete-all", "erase every face of the prime contractor on this box, and the secret")
    every.add_argument("--prime", default="", metavar="NAME", help="its name, instead of being asked to type it")
    add_user(every)
    add_user(_add(actions, "renew", "make a new secret and turn every template by it"))
    key = _add(actions, "key", "make the key of faces, 32 random bytes, in a new file")
    key.add_argument("--out", type=Path, required=True, metavar="FILE", help="what [face] key_file names")
    key.add_argument("--json", action="store_true", help="one JSON object")
    notice = _add(actions, "notice", "draw the notice for the wall by the camera, in the languages of the gate")
    add_config(notice)
    notice.add_argument("--out", type=Path, required=True, metavar="FILE", help="FILE.pdf, or FILE.svg")
    notice.add_argument("--json", action="store_true", help="one JSON object")
    face_pack.add_parser(_add(actions, "pack", "faces for another site of the same prime contractor"))


def run(args: Args) -> int:
    """Do what was asked; return 0 if good, 1 if it failed, 2 for wrong use or configuration."""
    does: dict[str, Callable[[Args], int]] = {
        "list": _list,
        "who-has": _who_has,
        "export": _export,
        "erase": _erase,
        "withdraw": _erase,
        "delete-all": _delete_all,
        "renew": _renew,
        "key": _key,
        "notice": face_notice.run,
        "pack": face_pack.run,
    }
    return speaking(partial(does[args.action], args))


def _list(args: Args) -> int:
    language = Language.of_terminal()
    *people, end = asked(args, "face-list", **signed(args))
    if args.json:
        for each in (*people, end):
            _print(json.dumps(each, ensure_ascii=False))
        return GOOD
    rows = [
        (
            each["worker"],
            ", ".join(each["templates"]),
            each["taken_at"],
            each["notice"],
            each["agreed_at"],
            each["model"],
        )
        for each in people
    ]
    console = Console()
    if console.is_terminal:
        table = Table(*text("face.columns", language).split("|"))
        for row in rows:
            table.add_row(*row)
        console.print(table)
    else:
        for row in rows:
            _print("\t".join(row))
    _print(text("face.people", language, prime=end["prime"], people=end["people"]))
    for trouble in filter(None, (end["trouble"], *end["damaged"])):
        complain(trouble)
    return GOOD


def _who_has(args: Args) -> int:
    [answer] = asked(args, "face-who-has", worker=args.worker, **signed(args))
    if args.json:
        _print(json.dumps(answer, ensure_ascii=False))
        return GOOD
    for line in _kept(answer, Language.of_terminal()):
        _print(line)
    return GOOD


def _kept(answer: dict[str, Any], language: Language) -> list[str]:
    worker = answer["worker"]
    if answer["is_kept"]:
        lines = [
            text("face.kept", language, worker=worker, count=len(answer["looks"]), model=answer["model"]),
            *(
                text(
                    "face.kept-look",
                    language,
                    wearing=each["wearing"],
                    at=each["taken_at"],
                    by=each["by"],
                    source=each["source"],
                    frames=each["frames"],
                )
                for each in answer["looks"]
            ),
            *(
                text("face.kept-consent", language, notice=each["notice"], at=each["at"], by=each["by"])
                for each in answer["consents"]
            ),
        ]
    else:
        lines = [text("face.nothing", language, worker=worker)]
    for each in answer["log"]:
        said = text("face.kept-log", language, at=each["at"], did=each["did"], by=each["by"], detail=each["detail"])
        lines.append(said.rstrip())
    return lines


def _export(args: Args) -> int:
    if args.out.exists():
        raise Refused(f"{args.out}: is there already; give a new name")
    [answer] = asked(args, "face-export", worker=args.worker, **signed(args))
    face_pack.write_new(args.out, (json.dumps(answer, ensure_ascii=False, indent=2) + "\n").encode())
    _say(args, {"file": str(args.out)}, text("face.exported", Language.of_terminal(), file=str(args.out)))
    return GOOD


def _erase(args: Args) -> int:
    [answer] = asked(args, f"face-{args.action}", worker=args.worker, **signed(args))
    _say(args, answer, text("face.erased", Language.of_terminal(), worker=args.worker))
    return GOOD


def _delete_all(args: Args) -> int:
    who, language = signed(args), Language.of_terminal()
    prime = asked(args, "face-list", **who)[-1]["prime"]
    typed = args.prime
    if not typed and sys.stdin.isatty():
        typed = input(text("face.type-prime", language, prime=prime)).strip()
    [answer] = asked(args, "face-delete-all", prime=typed, **who)
    _say(args, answer, text("face.emptied", language, prime=answer["prime"], count=answer["erased"]))
    return GOOD


def _renew(args: Args) -> int:
    answer = asked(args, "face-renew", **signed(args))[-1]
    _say(args, answer, text("face.renewed", Language.of_terminal(), count=answer["renewed"]))
    return GOOD


def _key(args: Args) -> int:
    from edge_agent.gallery.key import make_key  # noqa: PLC0415 - of this action alone

    try:
        make_key(args.out)
    except FileExistsError:
        complain(f"{args.out}: is there already; every face sealed with it would be lost. Give a new name")
        return WRONG_USE
    except OSError as exc:
        raise Refused(f"{args.out}: {exc.strerror}") from exc
    _say(args, {"file": str(args.out)}, text("face.key", Language.of_terminal(), file=str(args.out)))
    return GOOD


def _add(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, meaning: str
) -> argparse.ArgumentParser:
    return actions.add_parser(name, help=meaning, description=meaning)


def _say(args: Args, answer: dict[str, Any], words: str) -> None:
    _print(json.dumps(answer, ensure_ascii=False) if args.json else words)


def _print(line: str) -> None:
    print(line)  # noqa: T201 - the command line speaks
