"""Who may act at the box, and whether it is them. Keeps no password; knows nothing of what they do."""

import ctypes
import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from edge_agent.clock import Clock
from edge_agent.config.user import User
from edge_agent.control.server import BadRequest
from edge_agent.core.touch import NS_PER_S

RIGHTS = {"edit": ("editor", "approver"), "judge": ("approver",)}
"""What may be done, and the roles that may."""

MEMORY_KIB, ROUNDS, LANES = 19 * 1024, 2, 1
"""OWASP's smallest for Argon2id: the box is small, and checks one password at a time."""
LONGEST_B = 1024
LOCAL = "local"
"""Who enters and corrects while no user is configured: whoever the control socket lets in. Nobody approves then."""


class Denied(BadRequest):
    """They may not, or it is not them. The message says what to do."""


@dataclass(slots=True)
class _Brake:
    """Slows whoever guesses: the first tries are free, then each failure doubles the wait."""

    free: int
    longest_s: int
    failures: int = 0
    until_ns: int = 0

    def left_s(self, now_ns: int) -> int:
        """Return how long to wait still."""
        if now_ns >= self.until_ns + REST_S * NS_PER_S:
            self.failures = 0
        return max(0, -(-(self.until_ns - now_ns) // NS_PER_S))

    def fail(self, now_ns: int) -> None:
        """Count a failure."""
        self.failures += 1
        over = self.failures - self.free
        wait_s = min(self.longest_s, 2 ** min(over, 20)) if over >= 0 else 0
        self.until_ns = now_ns + wait_s * NS_PER_S


REST_S = 900
"""Failures are forgotten when there was none for this long."""


class Users:
    """The configured users. From any thread."""

    def __init__(self, users: Sequence[User], clock: Clock) -> None:
        self._users = {user.name: user for user in users}
        self._clock = clock
        # One at a time: sixteen at once would take the memory of the whole daemon.
        self._turn = Lock()
        self._each = {name: _Brake(free=5, longest_s=300) for name in ("", *self._users)}
        self._all = _Brake(free=20, longest_s=60)
        self._nobody = hashed(os.urandom(16).hex()) if users else ""

    @property
    def is_anybody(self) -> bool:
        """Whether a name and a password are wanted at all."""
        return bool(self._users)

    def check(self, wish: Mapping[str, object], right: str) -> str:
        """
        Return the user's name, if it is them and they may.

        Args:
            wish: The request, with `user` and `password`.
            right: `judge` or `edit`.

        Raises:
            Denied: They may not, it is not them, or there were too many tries.

        """
        if not self._users:
            if right == "judge":
                raise Denied(_NOBODY)
            return LOCAL
        name, password = str(wish.get("user") or ""), str(wish.get("password") or "")
        if not name or not password:
            raise Denied("user and password are wanted: --user NAME, and the password by prompt or --password-file")
        with self._turn:
            user = self._verified(name, password)
        if user.role not in RIGHTS[right]:
            raise Denied(f"{user.name} is {user.role}: only {' or '.join(RIGHTS[right])} may do that")
        return user.name

    def _verified(self, name: str, password: str) -> User:
        user, now_ns = self._users.get(name), self._clock.boot_ns()
        # Names nobody has share one brake: whoever invents names must not fill the memory.
        brakes = self._each[name if user else ""], self._all
        if wait_s := max(brake.left_s(now_ns) for brake in brakes):
            raise Denied(f"too many wrong passwords: try again in {wait_s} s")
        # Rule: an unknown name costs what a known one costs, or the time tells which names there are.
        is_right = _is_right(password, user.password_hash if user else self._nobody)
        if user is None or not is_right:
            for brake in brakes:
                brake.fail(now_ns)
            raise Denied("user or password is wrong")
        brakes[0].failures = 0
        return user


def hashed(password: str) -> str:
    """Return the password's hash as a PHC string, for the configuration."""
    how = Argon2id(salt=os.urandom(16), length=32, iterations=ROUNDS, lanes=LANES, memory_cost=MEMORY_KIB)
    made = how.derive_phc_encoded(_bytes(password))
    _give_back()
    return made


def _is_right(password: str, phc: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(_bytes(password), phc)
    except (InvalidKey, ValueError):  # ValueError: parameters out of bounds, in a line that was typed
        return False
    finally:
        _give_back()
    return True


def _give_back() -> None:
    # glibc keeps what each thread has freed: after a day of requests 200 MB of nothing, measured.
    if _malloc_trim := getattr(_libc, "malloc_trim", None):
        _malloc_trim(0)


def _bytes(password: str) -> bytes:
    # A Japanese keyboard makes full-width letters too: the same word, however it was typed.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")[:LONGEST_B]


_libc = ctypes.CDLL(None)
_NOBODY = (
    "nobody may do that yet: add [[user]] with name, role and password_hash to the configuration"
    " (`edge-agent users hash` makes the hash) and restart the agent"
)
