"""The key that signs badges, and whose signatures are believed. Unlike the box's own key, it never makes itself."""

from edge_agent.config.badge import Badge
from edge_agent.config.secrets import SecretUnavailable, secret_path
from edge_agent.signing import KEY_BYTES, SigningKey
from edge_agent.words.sentences import phrase


def issuer(badge: Badge) -> SigningKey | None:
    """
    Return the key that signs badges; None on a box that only believes them.

    Raises:
        SecretUnavailable: The file cannot be read, or holds no key.

    """
    if not badge.key_file:
        return None
    try:
        seed = secret_path(badge.key_file).read_bytes()
    except OSError as exc:
        says = phrase("secret.file", reference=badge.key_file, reason=phrase("file.failed", reason=str(exc.strerror)))
        raise SecretUnavailable(says) from exc
    if len(seed) != KEY_BYTES:
        raise SecretUnavailable(phrase("secret.no-key", reference=badge.key_file))
    return SigningKey(seed)


def believed(badge: Badge) -> list[str]:
    """
    Return the public keys whose badges are believed, in hex.

    Raises:
        SecretUnavailable: The own key's file cannot be read, or holds no key.

    """
    own = issuer(badge)
    return [*badge.keys, *([own.public] if own else [])]
