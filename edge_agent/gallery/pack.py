"""
A gallery on its way to another site of the same prime contractor: one file, sealed and signed. Reads no folder.

Layout. A magic line; a line of JSON (the header); a line with its signature; what AES-256-GCM made of the faces, with
the header as its label. The signature covers header and ciphertext, so nothing is decrypted that nobody signed.
"""

import hashlib
import os
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from edge_agent.gallery.record import SEED_BYTES, Person
from edge_agent.gallery.seal import KEY_BYTES, Key, NotOpened
from edge_agent.signing import SigningKey, is_signed

MAGIC = b"edge-agent faces 1\n"
PACK_MAX_B = 10 << 20
PASSPHRASE_MIN, PASSPHRASE_MAX = 12, 1024
_HEADER_MAX_B = 4096
_SALT_BYTES = 16
# About 0.1 s and 32 MiB. Fixed by the format: a file cannot ask for more.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 1 << 15, 8, 1


class BadPack(Exception):
    """The file is no pack, or none that can be believed. The message says why. Nothing was taken in."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What the first line says, to whoever has the file."""

    format: Literal[1] = 1
    prime: Annotated[str, msgspec.Meta(max_length=64)]
    gateway: Annotated[str, msgspec.Meta(max_length=256)]
    key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    """The public key that signed it."""
    made: Annotated[str, msgspec.Meta(max_length=64)]
    people: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    salt: Annotated[bytes, msgspec.Meta(min_length=_SALT_BYTES, max_length=_SALT_BYTES)]


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed in it."""

    seed: Annotated[bytes, msgspec.Meta(min_length=SEED_BYTES, max_length=SEED_BYTES)]
    """By what the templates are turned."""
    people: tuple[Person, ...]


class TooShort(ValueError):
    """The passphrase can be guessed. The message says how long it must be."""


def pack(
    people: Sequence[Person], *, seed: bytes, prime: str, gateway: str, made: str, passphrase: str, key: SigningKey
) -> bytes:
    """
    Return the file.

    Raises:
        TooShort: The passphrase is.
        BadPack: It would be too large.

    """
    header = Header(
        prime=prime, gateway=gateway, key=key.public, made=made, people=len(people), salt=os.urandom(_SALT_BYTES)
    )
    line = msgspec.json.encode(header)
    plain = msgspec.msgpack.encode(Contents(seed=seed, people=tuple(people)))
    sealed = _key(passphrase, header.salt).seal(plain, line)
    content = MAGIC + line + b"\n" + key.sign(_signed(line, sealed)).encode() + b"\n" + sealed
    if len(content) > PACK_MAX_B:
        raise BadPack(f"the gallery is too large for one pack: {len(content) >> 20} MiB of {PACK_MAX_B >> 20}")
    return content


def header_of(content: bytes) -> Header:
    """
    Return who made the pack, by its own word and signature: whether they are to be believed is for people to say.

    Raises:
        BadPack: It is none, or was changed.

    """
    return _opened(content)[0]


def unpack(content: bytes, *, prime: str, signer: str, passphrase: str) -> Contents:
    """
    Return what is in a pack of this prime contractor, signed by this key.

    Raises:
        BadPack: It is none, of another contractor or signer, was changed, or the passphrase is wrong.

    """
    header, line, sealed = _opened(content)
    if header.prime != prime:
        raise BadPack(f"it is a pack of {header.prime!r}; this box keeps faces of {prime!r} only")
    if header.key != signer:
        raise BadPack(f"it is signed by {header.key}, not by {signer}; ask the site it comes from for its key")
    try:
        contents = _contents.decode(_key(passphrase, header.salt).open(sealed, line))
    except NotOpened:
        raise BadPack("the passphrase is not that with which it was packed") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise BadPack(f"what is in it is of another version: {exc}") from exc
    workers = {each.worker for each in contents.people}
    if len(workers) != len(contents.people) or len(workers) != header.people:
        raise BadPack("it does not hold the people it says")
    return contents


def _opened(content: bytes) -> tuple[Header, bytes, bytes]:
    if len(content) > PACK_MAX_B:
        raise BadPack(f"it is larger than {PACK_MAX_B >> 20} MiB; is it the right file?")
    if not content.startswith(MAGIC):
        raise BadPack("it is no pack of faces; is it the right file?")
    line, _, rest = content[len(MAGIC) :].partition(b"\n")
    signature, _, sealed = rest.partition(b"\n")
    if len(line) > _HEADER_MAX_B:
        raise BadPack("its first lines are damaged; copy the file again")
    try:
        header = _header.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadPack("its first lines are damaged; copy the file again") from None
    if not is_signed(_signed(line, sealed), key=header.key, signature=signature.decode("ascii", "replace")):
        raise BadPack("it is damaged, cut off or changed: the signature does not fit; copy the file again")
    return header, line, sealed


def _signed(line: bytes, sealed: bytes) -> bytes:
    return MAGIC + line + b" " + hashlib.sha256(sealed).hexdigest().encode()


def _key(passphrase: str, salt: bytes) -> Key:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415 - as in seal

    if not PASSPHRASE_MIN <= len(passphrase) <= PASSPHRASE_MAX:
        raise TooShort(f"the passphrase has {PASSPHRASE_MIN} characters at least, {PASSPHRASE_MAX} at most")
    # As with passwords: a Japanese keyboard makes full-width letters too.
    how = Scrypt(salt=salt, length=KEY_BYTES, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
    return Key(how.derive(unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")))


_header = msgspec.json.Decoder(Header)
_contents = msgspec.msgpack.Decoder(Contents)
