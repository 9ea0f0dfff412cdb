"""APDU scripts: text to steps, answers to a token; and what a card's ATR says of it. Touches no card."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Self

TOKEN_MAX = 256
"""The longest token a sighting may carry, in bytes."""

_COMMAND_MIN, _COMMAND_MAX = 4, 65_544
_STATUS = re.compile(r"[0-9A-FX]{4}")
_ATR_PATTERN = re.compile(r"[0-9a-fx*]+")
_STORAGE_CARD = bytes.fromhex("804F0CA000000306")
"""Historical bytes of a contactless storage card begin so: the RID of the PC/SC workgroup (PC/SC part 3)."""
_CARD_NAMES = {
    0x0001: "mifare-classic-1k",
    0x0002: "mifare-classic-4k",
    0x0003: "mifare-ultralight",
    0x0026: "mifare-mini",
    0x0036: "mifare-plus-2k",
    0x0037: "mifare-plus-4k",
    0x0038: "mifare-plus-2k",
    0x0039: "mifare-plus-4k",
    0x003A: "mifare-ultralight-c",
    0x003B: "felica",
    0xF011: "felica",  # ACR122U: FeliCa at 212 kbit/s
    0xF012: "felica",  # ACR122U: FeliCa at 424 kbit/s
}
_STANDARDS = {0x03: "iso14443-3a", 0x07: "iso14443-3b", 0x0B: "iso15693", 0x11: "felica"}


class ScriptError(ValueError):
    """A script's text cannot be understood. The message says what and where."""


class ApduError(Exception):
    """A card did not answer as its script expects. The message never holds what the card said of itself."""


class NoAnswer(ApduError):
    """The answer has no status word: the card was torn away in the middle of it."""


class ApduRefused(ApduError):
    """The card answered with another status word than the script expects."""


class TokenUnusable(ApduError):
    """The script was answered, but what it took is empty or longer than a token may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A card's answer to one command."""

    data: bytes
    sw: int
    """The status word, 0x9000 for success."""

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """
        Split an answer into data and status word.

        Raises:
            NoAnswer: Shorter than a status word. A torn card gives "success" and an empty answer in PC/SC.

        """
        if len(raw) < 2:  # noqa: PLR2004 - SW1 and SW2
            raise NoAnswer(f"an answer of {len(raw)} bytes has no status word; was the card taken away?")
        return cls(data=raw[:-2], sw=int.from_bytes(raw[-2:], "big"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a script and the answer it must get."""

    command: bytes
    status: str
    """Four hexadecimal digits, X for any."""
    takes: bool
    """Whether the answer's data joins the token."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read one step, such as `FF CA 00 00 00 -> 9000 take`.

        Raises:
            ScriptError: With the place in the text.

        """
        command, arrow, expected = text.partition("->")
        if not arrow:
            raise ScriptError(f"{text!r}: no '->' between the command and the status word it must be answered with")
        status, *words = expected.upper().split() or [""]
        if not _STATUS.fullmatch(status):
            raise ScriptError(f"{text!r}: after '->' a status word of four digits is wanted, such as 9000 or 61xx")
        if words not in ([], ["TAKE"]):
            raise ScriptError(f"{text!r}: after the status word only 'take' may stand, not {' '.join(words).lower()!r}")
        return cls(command=_command(command, text), status=status, takes=bool(words))

    def accepts(self, sw: int) -> bool:
        """Whether this is the status word that is wanted."""
        return all(want in ("X", got) for want, got in zip(self.status, f"{sw:04X}", strict=True))

    def __str__(self) -> str:
        return f"{self.command.hex(' ').upper()} -> {self.status}{' take' if self.takes else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialProfile:
    """What to read from which cards. What a card holds is not public: so it is configured, not coded."""

    name: str
    atr: str = "*"
    """The ATRs it is for, hexadecimal: `x` is any digit, `*` any number of them."""
    script: Sequence[str] = ("FF CA 00 00 00 -> 9000 take",)
    """One step a line. The default reads what every contactless card has: its UID or IDm."""

    def compile(self) -> "CompiledProfile":
        """
        Return the profile ready for use.

        Raises:
            ScriptError: With the name of the profile and the place.

        """
        pattern = "".join(self.atr.split()).lower()
        if not _ATR_PATTERN.fullmatch(pattern):
            raise ScriptError(f"profile {self.name!r}: an ATR is written with 0-9, A-F, x and *, not {self.atr!r}")
        try:
            return CompiledProfile(name=self.name, pattern=pattern.replace("x", "?"), steps=parse_script(self.script))
        except ScriptError as exc:
            raise ScriptError(f"profile {self.name!r}: {exc}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledProfile:
    """A credential profile ready for use."""

    name: str
    pattern: str
    steps: tuple[Step, ...]

    def fits(self, atr: bytes) -> bool:
        """Whether a card with this ATR is read by this profile."""
        return fnmatchcase(atr.hex(), self.pattern)


def parse_script(lines: Sequence[str]) -> tuple[Step, ...]:
    """
    Read a script, one step a line.

    Raises:
        ScriptError: With the number of the step, from 1.

    """
    steps = []
    for number, line in enumerate(lines, 1):
        try:
            steps.append(Step.parse(line))
        except ScriptError as exc:
            raise ScriptError(f"step {number}: {exc}") from None
    if not any(step.takes for step in steps):
        raise ScriptError("no step says 'take': the script would read nothing")
    return tuple(steps)


def parse_hex(text: str) -> bytes:
    """
    Read bytes written as hexadecimal digits, with or without spaces.

    Raises:
        ScriptError: With the place in the text.

    """
    digits = "".join(text.split())
    wrong = re.search(r"[^0-9A-Fa-f]", digits)
    if wrong:
        raise ScriptError(f"{text!r}: {wrong.group()!r} is not a hexadecimal digit")
    if len(digits) % 2:
        raise ScriptError(f"{text!r}: half a byte: {len(digits)} digits")
    return bytes.fromhex(digits)


def run(script: Sequence[Step], transmit: Callable[[bytes], bytes]) -> bytes:
    """
    Play a script against a card and return the token it takes, 1 to 256 bytes.

    Raises:
        NoAnswer: The card went away meanwhile.
        ApduRefused: It answered, but not as the script wants.
        TokenUnusable: The token came out empty or too long.

    """
    token = b""
    for number, step in enumerate(script, 1):
        response = Response.parse(transmit(step.command))
        if not step.accepts(response.sw):
            raise ApduRefused(f"step {number}: the card answered {response.sw:04X}, the script wants {step.status}")
        token += response.data if step.takes else b""
    if not 1 <= len(token) <= TOKEN_MAX:
        raise TokenUnusable(f"the script took {len(token)} bytes; a token has 1 to {TOKEN_MAX}")
    return token


def technology(atr: bytes) -> str:
    """Return the kind of card that a contactless reader's ATR stands for (PC/SC part 3), `unknown` for any other."""
    historical = _historical(atr)
    if historical is None:
        return "unknown"
    if not historical.startswith(_STORAGE_CARD):
        return "iso14443-4"
    if len(historical) < len(_STORAGE_CARD) + 3:
        return "unknown"
    standard, name = historical[8], int.from_bytes(historical[9:11], "big")
    return _CARD_NAMES.get(name) or _STANDARDS.get(standard, "unknown")


def _historical(atr: bytes) -> bytes | None:
    # 3B 8n 80 01, n historical bytes, check byte: what a contactless reader makes up, since such a card has no ATR.
    if len(atr) < 5 or atr[0] != 0x3B or atr[1] >> 4 != 8 or atr[2:4] != b"\x80\x01":  # noqa: PLR2004 - the bytes above
        return None
    count = atr[1] & 0x0F
    return atr[4 : 4 + count] if len(atr) == 4 + count + 1 else None


def _command(text: str, whole: str) -> bytes:
    try:
        command = parse_hex(text)
    except ScriptError as exc:
        raise ScriptError(f"{whole!r}: the command {exc}") from None
    if not _COMMAND_MIN <= len(command) <= _COMMAND_MAX:
        raise ScriptError(f"{whole!r}: a command has at least 4 bytes (CLA INS P1 P2), this one has {len(command)}")
    return command
