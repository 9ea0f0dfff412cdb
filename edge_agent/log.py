"""How the agent logs: a constant text for what happened, facts as fields. To stderr, where the journal listens."""

import json
import logging
import sys
from typing import Literal

_OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(style: Literal["text", "json"], level: str) -> None:
    """Send everything of this weight and above to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _OWN}


class TextLines(logging.Formatter):
    """`WARNING reader lost reader=gate-1`: the journal adds the time."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and the traceback of a bug below it."""
        facts = "".join(f" {key}={_quoted(value)}" for key, value in _facts(record).items())
        line = f"{record.levelname} {record.getMessage()}{facts}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        said = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or set(text) & set(' "=\n\r\t') else text
