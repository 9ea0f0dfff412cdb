"""What commands of the desk share: who asks, which touch, how a touch is shown. Asks nothing by itself."""

import argparse
import contextlib
import getpass
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from edge_agent.cli.common import add_socket, complain
from edge_agent.control.client import NotRunning, Refused, ask
from edge_agent.words import Language
from edge_agent.words.sentences import text

GOOD, FAILED, WRONG_USE = 0, 1, 2
PASSWORD_FILE = "EDGE_AGENT_PASSWORD_FILE"  # noqa: S105 - the name of a variable
USER = "EDGE_AGENT_USER"
PATIENCE_S = 60.0
"""A slow disk, a password that takes half a second, thousands of touches."""

Answer = dict[str, Any]


class NoPassword(Exception):
    """There is no password to send. The message says where it is looked for."""


def add_user(parser: argparse.ArgumentParser) -> None:
    """Let the command take who asks, and what every command of the desk takes."""
    # Rule: no password on the command line. `--password SECRET` must not be taken for the beginning of --password-file.
    parser.allow_abbrev = False
    add_socket(parser)
    parser.add_argument(
        "--user", metavar="NAME", default="", help=f"who you are, as in [[user]]; default: ${USER}, or your login"
    )
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help=f"where your password stands; default: ${PASSWORD_FILE}, or you are asked",
    )


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Let the command take which touches are meant."""
    parser.add_argument("--day", metavar="YYYY-MM-DD", default="", help="the site day")
    parser.add_argument("--company", metavar="ID", default="", help="the company's id")
    parser.add_argument("--worker", metavar="ID", default="", help="技能者ID, or the prime's own number")


def filters(args: argparse.Namespace) -> dict[str, object]:
    """Return which touches are meant, as the agent takes it."""
    return {"day": args.day, "company": args.company, "worker": args.worker}


def touch(word: str) -> tuple[str, int]:
    """Return a touch as people write it: its number, or epoch and number with a hyphen."""
    told = re.fullmatch(r"(?:([0-9a-f]{16})-)?0*([1-9][0-9]{0,15})", word)
    if told is None:
        raise argparse.ArgumentTypeError(
            f"{word!r} is no touch: a number such as 17, or EPOCH-17 as `entry list` shows"
        )
    return told[1] or "", int(told[2])


def signed(args: argparse.Namespace) -> dict[str, object]:
    """
    Return who asks, for a request; nobody where the box has no users.

    Raises:
        NoPassword: The file cannot be read, or there is nobody to ask.
        NotRunning: No agent answers.

    """
    if not asked(args, "users")[0]["is_anybody"]:
        return {}
    user = args.user or os.environ.get(USER) or getpass.getuser()
    named = args.password_file or os.environ.get(PASSWORD_FILE)
    if named:
        return {"user": user, "password": password_in(Path(named))}
    if not sys.stdin.isatty():
        raise NoPassword(f"no password: give --password-file, or set {PASSWORD_FILE}")
    return {"user": user, "password": getpass.getpass(text("desk.password", Language.of_terminal(), user=user))}


def password_in(file: Path) -> str:
    """
    Return the first line of a file.

    Raises:
        NoPassword: It cannot be read, or is empty.

    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise NoPassword(f"{file}: {getattr(exc, 'strerror', None) or 'is not UTF-8'}") from exc
    if not lines or not lines[0]:
        raise NoPassword(f"{file}: is empty")
    return lines[0]


def asked(args: argparse.Namespace, do: str, **wish: object) -> list[Answer]:
    """
    Return the agent's answers.

    Raises:
        NotRunning: Nobody answers.
        Refused: The agent says no.

    """
    return list(ask(args.socket, do, timeout_s=PATIENCE_S, **wish))


def pages(args: argparse.Namespace, do: str, **wish: object) -> Iterator[Answer]:
    """Yield what waits, page by page."""
    offset: int | None = 0
    while offset is not None:
        *rows, end = asked(args, do, offset=offset, limit=1000, **wish)
        yield from rows
        offset = end["next"]


def speaking(command: Callable[[], int]) -> int:
    """Run a command; say what went wrong, and return 1 then."""
    try:
        return command()
    except (NotRunning, Refused, NoPassword) as exc:
        complain(exc)
        return FAILED


def show_json(answers: Iterable[Mapping[str, object]]) -> None:
    """Print one object a line."""
    for answer in answers:
        print(json.dumps(answer, ensure_ascii=False))  # noqa: T201 - the command line speaks


def show(rows: Iterable[Answer], console: Console) -> None:
    """Print touches for people, with days left and reasons in the terminal's language."""
    language = Language.of_terminal()
    if not console.is_terminal:
        for row in rows:
            console.print("\t".join(_cells(row, language)), markup=False, highlight=False)
        return
    table = Table(*text("desk.columns", language).split("|"))
    for row in rows:
        table.add_row(*_cells(row, language))
    console.print(table)


def left(row: Mapping[str, Any]) -> str:
    """Return until when, and how long that is."""
    language = Language.of_terminal()
    if row["deadline"] is None:
        return text("desk.no-deadline", language)
    if row["days_left"] is None:
        return str(row["deadline"])
    days, deadline = row["days_left"], str(row["deadline"])
    if days < 0:
        return text("desk.days-over", language, deadline=deadline, days=-days)
    return text("desk.days-left", language, deadline=deadline, days=days)


def _cells(row: Answer, language: Language) -> list[str]:
    reasons = [reason[language.value] for reason in row["reasons"]]
    return [
        f"{row['epoch']}-{row['seq']}",
        str(row["time"] or "-")[:16].replace("T", " "),
        row["meaning"],
        " ".join(filter(None, [row["worker"] or "-", row["name"]])),
        row["company"] or "-",
        row["method"],
        row["state"],
        "; ".join([*reasons, *row["flags"], *([row["why"]] if row["why"] else [])]),
        left(row),
    ]


def confirmed(question: str) -> bool:
    """Ask a person; no where there is none."""
    if not sys.stdin.isatty():
        return False
    with contextlib.suppress(EOFError):
        return input(question).strip().lower() in {"y", "yes", "はい"}
    return False
