"""`edge-agent face pack`: faces into a file for another site, and from one. The passphrase is never an argument."""

import argparse
import base64
import getpass
import json
import os
import sys
from pathlib import Path
from typing import Any

from edge_agent.cli.desk import GOOD, NoPassword, add_user, asked, password_in, signed
from edge_agent.control.client import Refused
from edge_agent.gallery.pack import PACK_MAX_B
from edge_agent.words import Language
from edge_agent.words.sentences import text


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with packs."""
    does = parser.add_subparsers(dest="pack", metavar="WHAT", required=True)
    out = does.add_parser("export", help="write every face of this box into a pack")
    out.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file")
    out.add_argument("--to", default="", metavar="TEXT", help="for which site: kept for who asks where a face went")
    into = does.add_parser("import", help="take in a pack; without --from-key: tell who signed it")
    into.add_argument("file", type=Path, metavar="FILE")
    into.add_argument("--from-key", default="", metavar="HEX", help="`edge-agent face pack key` of the other box")
    key = does.add_parser("key", help="print the key that signs this box's packs")
    for each in (out, into):
        each.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line; default: you are asked")
    for each in (out, into, key):
        add_user(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; return 0."""
    return {"export": _export, "import": _import, "key": _key}[args.pack](args)


def write_new(file: Path, content: bytes) -> None:
    """
    Write a file that was not there, for its owner alone.

    Raises:
        Refused: It is there already, or cannot be written.

    """
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(opened, "wb") as out:  # noqa: PTH123 - a descriptor
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except OSError as exc:
        raise Refused(f"{file}: {exc.strerror}; give a new name in a folder where you may write") from exc


def _export(args: argparse.Namespace) -> int:
    if args.out.exists():
        raise Refused(f"{args.out}: is there already; give a new name")
    who = signed(args)
    [answer] = asked(args, "face-pack", passphrase=_passphrase(args, is_new=True), to=args.to, **who)
    write_new(args.out, base64.b64decode(answer.pop("pack")))
    says = text(
        "face.packed", Language.of_terminal(), file=str(args.out), count=answer["people"], key=str(answer["key"])
    )
    _say(args, {"file": str(args.out), **answer}, says)
    return GOOD


def _import(args: argparse.Namespace) -> int:
    who, language = signed(args), Language.of_terminal()
    content = _read(args.file)
    if not args.from_key:
        [told] = asked(args, "face-unpack", pack=content, **who)
        says = text(
            "face.signed-by",
            language,
            made=told["made"],
            gateway=told["gateway"],
            prime=told["prime"],
            count=told["people"],
            key=told["signed_by"],
        )
        _say(args, told, says)
        return GOOD
    wish = {"pack": content, "from_key": args.from_key, "passphrase": _passphrase(args, is_new=False)}
    answer = asked(args, "face-unpack", **wish, **who)[-1]
    _say(args, answer, text("face.unpacked", language, **answer))
    return GOOD


def _key(args: argparse.Namespace) -> int:
    [answer] = asked(args, "face-pack-key", **signed(args))
    _say(args, answer, str(answer["key"]))
    return GOOD


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(PACK_MAX_B + 1)
    except OSError as exc:
        raise Refused(f"{file}: {exc.strerror}") from exc
    return base64.b64encode(content).decode()


def _passphrase(args: argparse.Namespace, *, is_new: bool) -> str:
    if args.passphrase_file:
        return password_in(args.passphrase_file)
    if not sys.stdin.isatty():
        raise NoPassword("no passphrase: give --passphrase-file")
    language = Language.of_terminal()
    first = getpass.getpass(text("face.passphrase", language))
    if is_new and getpass.getpass(text("desk.again", language)) != first:
        raise NoPassword(text("desk.differ", language))
    return first


def _say(args: argparse.Namespace, answer: dict[str, Any], words: str) -> None:
    print(json.dumps(answer, ensure_ascii=False) if args.json else words)  # noqa: T201 - the command line speaks
