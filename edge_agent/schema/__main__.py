"""
Write the published contract next to this file.

`python -m edge_agent.schema` writes, `--check` only says which files are not current. For the source tree.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from edge_agent.core.schema import documents

FOLDER = Path(__file__).parent


def main(argv: Sequence[str] | None = None, *, folder: Path = FOLDER) -> int:
    """Write the files, or check them; return 1 if one was not current and was only checked."""
    parser = argparse.ArgumentParser(prog="python -m edge_agent.schema", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    args = parser.parse_args(argv)
    wanted = documents()
    changed = [name for name, text in wanted.items() if _held(folder / name) != text]
    strangers = [path.name for path in folder.glob("*.json") if path.name not in wanted]
    for name in changed + strangers:
        _say(f"{name}: {'not current' if args.check else 'written' if name in wanted else 'removed'}")
    if not args.check:
        for name in changed:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        for name in strangers:
            (folder / name).unlink()
    return 1 if args.check and changed + strangers else 0


def _held(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - a command


if __name__ == "__main__":
    raise SystemExit(main())
