"""Receipts on a stick: lines of JSON, each signed by the receiver. Writes and checks them; keeps nothing.

A forged receipt would let a box forget events nobody has. So a line counts only if it is signed by the receiver this
box was told to believe, is about this box and epoch, and names the hash of the box's own event.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from edge_agent.core.message import Receipt, decode_receipt
from edge_agent.core.wire import UNREADABLE, GatewayId, Text, Unreadable, Wire, chain_hash, encode
from edge_agent.signing import SigningKey, is_signed
from spool.outbox import Outbox

LINE_BYTES = 64 << 10
FILE_LINES = 10_000
KEY = re.compile("[0-9a-f]{64}")


class Unbelievable(Exception):
    """A receipt that must not be taken. The message says why, and what to do."""


class SignedReceipt(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """One line."""

    gateway: GatewayId
    receipt: str
    """The receipt's own JSON."""
    key: Text
    signature: Text


def signed(gateway: str, receipt: Receipt, key: SigningKey) -> bytes:
    """Return the line."""
    text = encode(receipt).decode()
    signature = key.sign(_text(gateway, text))
    return encode(SignedReceipt(gateway=gateway, receipt=text, key=key.public, signature=signature)) + b"\n"


def lines(file: Path) -> Iterator[SignedReceipt]:
    """
    Yield a file's lines; nothing is checked yet.

    Raises:
        Unbelievable: It is no file of receipts.
        OSError: It cannot be read.

    """
    with file.open("rb") as opened:
        for _ in range(FILE_LINES):
            line = opened.readline(LINE_BYTES)
            if not line:
                return
            yield parsed(line)


def parsed(line: bytes) -> SignedReceipt:
    """
    Return the line.

    Raises:
        Unbelievable: It is none.

    """
    try:
        return _LINE.decode(line)
    except UNREADABLE as exc:
        raise Unbelievable(f"no file of receipts: {exc}") from exc


def text_of(line: SignedReceipt) -> str:
    """Return the line as text, to be handed on."""
    return encode(line).decode()


def for_us(said: Iterable[SignedReceipt], gateway: str) -> list[SignedReceipt]:
    """Return the lines of this box."""
    return [line for line in said if line.gateway == gateway]


def checked(line: SignedReceipt, *, key: str, spool: Path, epoch: str) -> Receipt | None:
    """
    Return the receipt if it may be taken; None if it is about another epoch of this box.

    Args:
        line: The line, of this box.
        key: The receiver's public key that is believed.
        spool: The spool, for reading.
        epoch: The spool's epoch.

    Raises:
        Unbelievable: It must not be taken.
        SpoolUnavailable: The spool cannot be read.

    """
    if not KEY.fullmatch(key):
        raise Unbelievable(
            "no receiver is believed: set receiver_key in [uplink] to what `edge-agent receive key` prints at the "
            "office, or give it once with --trust-key"
        )
    if not is_signed(_text(line.gateway, line.receipt), key=key, signature=line.signature):
        raise Unbelievable(
            "not signed by the receiver this box believes: compare receiver_key with `edge-agent receive key`"
        )
    try:
        receipt = decode_receipt(line.receipt.encode())
    except Unreadable as exc:
        raise Unbelievable(str(exc)) from exc
    if receipt.epoch != epoch:
        return None
    _compare(receipt, spool)
    return receipt


def _compare(receipt: Receipt, spool: Path) -> None:
    with contextlib.closing(Outbox(spool)) as outbox:
        depth = outbox.depth()
        if receipt.upto > depth.last:
            raise Unbelievable(
                f"it speaks of {receipt.upto} events, and this box has {depth.last}: was its disk set back?"
            )
        held = outbox.entry(receipt.upto)
    if held is not None and receipt.head and chain_hash(held.body) != receipt.head:
        raise Unbelievable(f"the receiver has another event under number {receipt.upto}: call the office")
    if held is None and receipt.upto > depth.upto:
        raise Unbelievable(
            f"this box no longer has event {receipt.upto} and cannot compare it: edge-agent spool verify"
        )


def _text(gateway: str, receipt: str) -> bytes:
    return f"edge-agent receipt 1 {gateway} {receipt}".encode()


_LINE = msgspec.json.Decoder(SignedReceipt)
