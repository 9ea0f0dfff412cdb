"""Keep gateways' signatures under their history, and whose key is believed. Judges nothing: that is the audit's.

The first key heard of a gateway is pinned. Another one is told, and believed only when somebody says so.
"""

import sqlite3

from edge_agent.core.message import Checkpoint
from edge_agent.receiver import tables


def pin(db: sqlite3.Connection, gateway: str, key: str) -> bool:
    """Hear a gateway's public key; return whether it is another one than that which is believed."""
    db.execute(tables.PIN_KEY, (gateway, key))
    return db.execute(tables.HEAR_OTHER_KEY, (key, gateway, key)).rowcount > 0


def keep_checkpoint(db: sqlite3.Connection, said: Checkpoint) -> bool:
    """Keep the newest checkpoint, and what contradicts us; return whether this one does."""
    db.execute(tables.NAME_STREAM, (said.gw, said.epoch))
    key = db.execute(tables.FIND_STREAM, (said.gw, said.epoch)).fetchone()[0]
    db.execute(tables.ADD_CHECKPOINT, (key, said.seq, said.hash, said.key, said.signature, said.t))
    db.execute(tables.DROP_OLDER_CHECKPOINTS, (key, said.key))
    held = db.execute(tables.ANY_HASH_AT, (key, said.seq)).fetchone()
    return held is not None and held[0] != said.hash
