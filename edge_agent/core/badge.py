"""What a QR badge says: whose it is, which one, from when, until when. Believes nothing: that takes the signature."""

from dataclasses import dataclass
from datetime import date, timedelta

from edge_agent.core.signed_text import KEY_ID_BYTES, NotSignedText, SignedText, is_kind, parsed, signed
from edge_agent.core.touch import WorkerId

KIND = "EAB1"
SERIAL_BYTES = 8
WORKER_MAX_BYTES = 64

_EPOCH = date(2020, 1, 1)
_DAYS_MAX = 2**16 - 1
_SECONDS_MAX = 2**32 - 1
_HEAD = KEY_ID_BYTES + SERIAL_BYTES + 4 + 2
_DIGITS, _TEXT = 0, 1


class NotABadge(ValueError):
    """That text is no badge. The message says why, without the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeData:
    """What is written on a badge, and signed."""

    key_id: bytes
    """Which key signed it: 4 bytes."""
    serial: bytes
    """Which badge: 8 random bytes."""
    issued_s: int
    """When: seconds since 1970, UTC."""
    last_day: date
    """The last site day on which it counts."""
    worker: WorkerId

    def __post_init__(self) -> None:
        """
        Keep what a text can hold.

        Raises:
            ValueError: Something does not fit.

        """
        if len(self.key_id) != KEY_ID_BYTES or len(self.serial) != SERIAL_BYTES:
            raise ValueError(f"a key id has {KEY_ID_BYTES} bytes, a serial {SERIAL_BYTES}")
        if not 0 <= self.issued_s <= _SECONDS_MAX or not 0 <= (self.last_day - _EPOCH).days <= _DAYS_MAX:
            raise ValueError("dates on a badge lie between 2020 and 2106")
        if not self.worker or len(_worker_bytes(self.worker)) > WORKER_MAX_BYTES:
            raise ValueError(f"a worker's id on a badge has 1 to {WORKER_MAX_BYTES} bytes")


def claims(token: bytes) -> bool:
    """Tell whether what a reader saw claims to be a badge."""
    return is_kind(KIND, token)


def to_sign(data: BadgeData) -> bytes:
    """Return what the issuer signs."""
    return signed(KIND, _body(data))


def written(data: BadgeData, signature: bytes) -> str:
    """Return the badge's text: 147 characters for a worker's id of 14 digits."""
    return SignedText(kind=KIND, body=_body(data), signature=signature).text


def read(text: str) -> tuple[BadgeData, SignedText]:
    """
    Return what a badge says, and the signature to check.

    Raises:
        NotABadge: The text is none, or not as it was written.

    """
    try:
        found = parsed(KIND, text)
        data = _data(found.body)
    except NotSignedText as exc:
        raise NotABadge(str(exc)) from exc
    except (ValueError, OverflowError) as exc:
        raise NotABadge(f"says nothing that makes sense: {exc}") from exc
    if _body(data) != found.body:
        raise NotABadge("is not written as we write badges")
    return data, found


def _body(data: BadgeData) -> bytes:
    return b"".join(
        (
            data.key_id,
            data.serial,
            data.issued_s.to_bytes(4),
            (data.last_day - _EPOCH).days.to_bytes(2),
            _worker_bytes(data.worker),
        )
    )


def _data(body: bytes) -> BadgeData:
    if len(body) <= _HEAD + 1:
        raise NotSignedText("is too short")
    serial_end = KEY_ID_BYTES + SERIAL_BYTES
    return BadgeData(
        key_id=body[:KEY_ID_BYTES],
        serial=body[KEY_ID_BYTES:serial_end],
        issued_s=int.from_bytes(body[serial_end : serial_end + 4]),
        last_day=_EPOCH + timedelta(days=int.from_bytes(body[serial_end + 4 : _HEAD])),
        worker=_worker(body[_HEAD:]),
    )


def _worker_bytes(worker: WorkerId) -> bytes:
    if worker.isascii() and worker.isdigit() and len(worker) <= WORKER_MAX_BYTES:
        # A 1 in front keeps the zeros a number may begin with.
        number = int("1" + worker)
        return bytes([_DIGITS]) + number.to_bytes((number.bit_length() + 7) // 8)
    return bytes([_TEXT]) + worker.encode()


def _worker(raw: bytes) -> WorkerId:
    if raw[0] == _DIGITS:
        return WorkerId(str(int.from_bytes(raw[1:]))[1:])
    if raw[0] == _TEXT:
        return WorkerId(raw[1:].decode())
    raise NotSignedText(f"names the worker in a way this version does not know ({raw[0]})")
