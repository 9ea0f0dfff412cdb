"""From which score on two faces are one person: a measured table. Measures nothing; no threshold stands elsewhere."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Mode = Literal["1:1", "1:N"]
COUNTS = (1, 3)
"""How many frames were fused into what is compared: those counts are measured."""
TABLE = Path(__file__).with_name("calibration.toml")


class Uncalibrated(Exception):
    """There is no row for this model, or the table cannot be read. The message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: what was measured for one model, one alignment, one count of frames, one mode. Scores are cosines."""

    id: str
    """Names the table and the row, for the record; at most 64 characters."""
    threshold: float
    """From here on it is the same person."""
    margin: float
    """1:N: how far the best must be before the next other person. 1:1: how far above the threshold is clear."""
    differs_below: float
    """Below this it is somebody else; up to the threshold it is unsure."""
    people_max: int
    """Among more people than this nobody is recognised."""
    fmr: float
    """Of pairs of different people the share at or above the threshold; 1:N: of searches. With 0 seen in n: 3 / n."""
    fmr_pairs: int
    fnmr: float
    """Of pairs, or searches, of one person the share below the threshold."""
    fnmr_pairs: int


_Key = tuple[str, int, int, str]


class Calibration:
    """The table, read whole."""

    def __init__(self, rows: dict[_Key, Row]) -> None:
        """Take rows by identity, frames of the template, frames of the probe, and mode."""
        self._rows = rows

    @classmethod
    def load(cls, path: Path = TABLE) -> "Calibration":
        """
        Return the table of a file.

        Raises:
            Uncalibrated: The file is not there or is no such table.

        """
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            return cls(_by_key(_rows(table["version"], table["row"])))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as exc:
            raise Uncalibrated(f"{path}: no calibration table ({exc}); install edge-agent anew") from exc

    def row(self, identity: str, n_enrol: int, n_probe: int, mode: Mode) -> Row:
        """
        Return the row for what is compared.

        A count that was not measured takes the next greater one: fused faces score higher with strangers, too.

        Raises:
            Uncalibrated: There is none.

        """
        key = (identity, _measured(n_enrol), _measured(n_probe), mode)
        if row := self._rows.get(key):
            return row
        raise Uncalibrated(
            f"no calibration for the model {identity!r} ({mode}, {key[1]} and {key[2]} frames); "
            f"there is one for: {', '.join(sorted({known[0] for known in self._rows})) or 'none'}; "
            "install those models, or measure this one with `edge-agent models eval`"
        )

    def strictest(self, identity: str, n_probe: int, mode: Mode) -> Row:
        """
        Return the row to take for a template of which nobody knows how many frames it was made of.

        Raises:
            Uncalibrated: There is none.

        """
        rows = [self.row(identity, n_enrol, n_probe, mode) for n_enrol in COUNTS]
        return max(rows, key=lambda row: row.threshold)


def _measured(count: int) -> int:
    return next((each for each in COUNTS if each >= count), COUNTS[-1])


def _rows(version: str, entries: Iterable[dict[str, Any]]) -> Iterable[tuple[_Key, Row]]:
    for entry in entries:
        identity, n_enrol, n_probe, mode = (entry[name] for name in ("identity", "n_enrol", "n_probe", "mode"))
        row = Row(
            id=f"{version}:{identity}:{mode}:{n_enrol}x{n_probe}",
            threshold=float(entry["threshold"]),
            margin=float(entry["margin"]),
            differs_below=float(entry["differs_below"]),
            people_max=_count(entry["people_max"]),
            fmr=float(entry["fmr"]),
            fmr_pairs=_count(entry["fmr_pairs"]),
            fnmr=float(entry["fnmr"]),
            fnmr_pairs=_count(entry["fnmr_pairs"]),
        )
        _check(row, n_enrol=n_enrol, n_probe=n_probe, mode=mode)
        yield (identity, n_enrol, n_probe, mode), row


def _by_key(rows: Iterable[tuple[_Key, Row]]) -> dict[_Key, Row]:
    made: dict[_Key, Row] = {}
    for key, row in rows:
        if key in made:
            raise ValueError(f"row {row.id} is there twice")
        made[key] = row
    return made


def _count(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r} is no count")
    return value


def _check(row: Row, *, n_enrol: int, n_probe: int, mode: str) -> None:
    is_sound = (
        n_enrol in COUNTS
        and n_probe in COUNTS
        and mode in ("1:1", "1:N")
        and 0 < row.differs_below <= row.threshold < 1
        and 0 < row.margin < 1
        and len(row.id) <= 64  # noqa: PLR2004 - what a line to the parent takes
    )
    if not is_sound:
        raise ValueError(f"row {row.id} makes no sense")
