"""Numbers of cards and telephones as a roster writes them, and the reference each has. Keeps no number."""

import re

from drivers.wire import phone
from edge_agent.core.credential import credential_ref
from edge_agent.core.touch import CredentialRef
from edge_agent.roster.mistakes import Wrong
from edge_agent.roster.values import CLEAR, Kind, Numeric, Value, narrow
from edge_agent.words import Phrase
from edge_agent.words.sentences import phrase

TOKEN_MAX_B = 256
QR_MAX_B = 1024
_REF = re.compile(r"hmac:[0-9a-f]{32}")
_HEX = re.compile(r"(?:[0-9a-f]{2}){1,256}")
_PHONE = re.compile(r"\+[0-9]{4,15}")


def _card(cell: str) -> Value:
    plain = narrow(cell)
    if plain.startswith("hmac:"):
        return _ref(plain)
    if wrong := re.search(r"[^0-9a-f :-]", plain):
        raise Wrong(phrase("roster.card-hex", place=wrong.start() + 1))
    digits = re.sub(r"[ :-]", "", plain)
    if not digits or len(digits) % 2:
        raise Wrong(phrase("roster.card-half", count=len(digits)))
    if isinstance(cell, Numeric):
        raise Wrong(phrase("roster.zeros"))
    if len(digits) > 2 * TOKEN_MAX_B:
        raise Wrong(phrase("roster.card-long", count=len(digits) // 2, limit=TOKEN_MAX_B))
    return digits


def _phone(cell: str) -> Value:
    plain = narrow(cell)
    if plain.startswith("hmac:"):
        return _ref(plain)
    # Rule: 09012345678 that a spreadsheet took for a number lacks its 0, and would be somebody's in Turkey.
    if not plain.lstrip("'(").startswith(("0", "+")):
        raise Wrong(phrase("roster.zeros"))
    try:
        return phone.normal(plain.lstrip("'"))
    except phone.NoNumber as exc:
        raise Wrong(phrase("roster.phone")) from exc


def _qr(cell: str) -> Value:
    plain = narrow(cell)
    if plain.startswith("hmac:"):
        return _ref(plain)
    if len(cell.encode()) > QR_MAX_B:
        raise Wrong(phrase("roster.text-long", count=len(cell), limit=QR_MAX_B))
    return str(cell)


def _face(cell: str) -> Value:
    return _ref(narrow(cell))


def _ref(plain: str) -> str:
    if not _REF.fullmatch(plain):
        raise Wrong(phrase("roster.card-ref"))
    return plain


def _number(cell: str) -> Value:
    """Of a kind that is told beside it: read there."""
    return Numeric(cell) if isinstance(cell, Numeric) else cell


READERS = {"card": _card, "phone": _phone, "qr": _qr, "face": _face}
"""Kind of credential to what reads its number. Each takes `hmac:` references too."""


def is_number(value: object, sort: str) -> bool:
    """Return whether that is a number of this kind, as `READERS` give it."""
    if not isinstance(value, str):
        return False
    forms = {"card": _HEX, "phone": _PHONE}
    if _REF.fullmatch(value):
        return True
    if sort == "qr":
        return 0 < len(value.encode(errors="replace")) <= QR_MAX_B
    return sort in forms and bool(forms[sort].fullmatch(value))


def ref_of(key: bytes, sort: str, number: str) -> CredentialRef:
    """Return the reference of a credential; `number` is one as `READERS` give it, or a reference itself."""
    if number.startswith("hmac:"):
        return CredentialRef(number)
    token = bytes.fromhex(number) if sort == "card" else number.encode(errors="replace")
    return credential_ref(key, token, sort)


CARD = Kind(
    read=_card,
    holds=lambda value: is_number(value, "card"),
    default=CLEAR,
    about=Phrase(
        en="hex digits of UID or IDm, or `hmac:` and 32 hex digits", ja="UIDかIDmの16進、または `hmac:` と16進32桁"
    ),
)
PHONE = Kind(
    read=_phone,
    holds=lambda value: is_number(value, "phone"),
    default=CLEAR,
    about=Phrase(
        en="`090-1234-5678`, `+81 90 1234 5678`, or `hmac:` ...",
        ja="`090-1234-5678`、`+81 90 1234 5678`、または `hmac:` …",
    ),
)
ANY = Kind(
    read=_number,
    holds=lambda value: isinstance(value, str) and len(value) <= QR_MAX_B,
    about=Phrase(en="as its kind wants; a face has only `hmac:` ...", ja="種別による。顔は `hmac:` …だけ"),
)
