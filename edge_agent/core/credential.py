"""What stands for a card, telephone or badge outside the reader: a keyed hash. Never the number itself."""

import hmac

from edge_agent.core.touch import CredentialRef

_REF_BYTES = 16


def credential_ref(key: bytes, token: bytes, kind: str = "card") -> CredentialRef:
    """Return the reference of a credential, the same at every box with this key."""
    told = token if kind == "card" else kind.encode() + b"\0" + token
    return CredentialRef("hmac:" + hmac.digest(key, told, "sha256")[:_REF_BYTES].hex())
