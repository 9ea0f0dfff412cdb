"""Ask the running agent. Used by the command line and by the laboratory."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge_agent.control.server import MAX_REQUEST_BYTES


class NotRunning(Exception):
    """No agent answers. The message says where it was looked for and what to do."""


class Refused(Exception):
    """The agent answered, and said no."""


def ask(path: Path, do: str, *, timeout_s: float | None = 5.0, **wish: object) -> Iterator[dict[str, Any]]:
    """
    Yield the agent's answers to one request.

    Raises:
        NotRunning: Nobody listens there, or it does not answer in time.
        Refused: The agent will not do it.

    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
            sock.settimeout(timeout_s)
            sock.connect(str(path))
            sock.sendall(_line({"do": do, **wish}))
            with sock.makefile("rb") as lines:
                for line in lines:
                    yield _checked(json.loads(line))
    except PermissionError as exc:
        raise NotRunning(f"{path}: not allowed; use sudo, or join the agent's group") from exc
    except OSError as exc:
        raise NotRunning(f"no agent answers at {path} ({exc}); is it running? systemctl status edge-agent") from exc


def _line(wish: dict[str, Any]) -> bytes:
    # Japanese as it is takes half the bytes of its escapes. A path may hold a byte that is no text.
    line = json.dumps(wish, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
    if len(line) > MAX_REQUEST_BYTES:
        raise Refused(f"that is too much at once: {len(line) >> 20} MiB of {MAX_REQUEST_BYTES >> 20}; ask in parts")
    return line


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise Refused(str(answer["error"]))
    return answer
