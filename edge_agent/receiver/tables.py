"""Every statement of the receiver that writes or answers. Not the tables: those are in steps. Not the reports."""

from edge_agent.receiver.steps import RANK

MAKE_GENERATION = "INSERT INTO generation VALUES (1, ?) ON CONFLICT DO NOTHING"
NEW_GENERATION = "UPDATE generation SET number = max(number + 1, ?) RETURNING number"
GENERATION = "SELECT number FROM generation"

HEAR_STREAM = """
    INSERT INTO stream (gateway, epoch, heard_utc_ns) VALUES (?, ?, ?)
    ON CONFLICT (gateway, epoch) DO UPDATE SET heard_utc_ns = excluded.heard_utc_ns
    RETURNING id
"""
# Named by another epoch's event, and perhaps never heard.
NAME_STREAM = "INSERT INTO stream (gateway, epoch, heard_utc_ns) VALUES (?, ?, 0) ON CONFLICT DO NOTHING"
FIND_STREAM = "SELECT id FROM stream WHERE gateway = ? AND epoch = ?"
RECENT_STREAMS = """
    SELECT gateway, epoch, max(heard_utc_ns) AS heard FROM stream
    GROUP BY gateway ORDER BY heard DESC LIMIT ?
"""

ADD_GENESIS = "INSERT INTO held (stream, seq, hash, arrived_utc_ns) VALUES (?, 0, ?, ?) ON CONFLICT DO NOTHING"
ADD_EVENT = """
    INSERT INTO held (
        stream, seq, body, hash, prev, arrived_utc_ns, site, day, person, meaning, standing, company, method, because,
        flags, clock, time
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_TOMBSTONE = "INSERT INTO held (stream, seq, hash, arrived_utc_ns) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
DROP_TOMBSTONE = "DELETE FROM held WHERE stream = ? AND seq = ? AND body IS NULL"
HELD = "SELECT seq, hash, body IS NULL FROM held WHERE stream = ? AND seq BETWEEN ? AND ?"
# Also of an event that was refused or is withheld: the box compares it with its own, and so notices a fork.
HEAD = "SELECT hash FROM held WHERE stream = ? AND seq = ? AND seq > 0"
HASH_AT = "SELECT hash FROM held WHERE stream = ? AND seq = ? AND body IS NOT NULL"

ISLANDS_TOUCHED = "SELECT first, last FROM island WHERE stream = ? AND first <= ? AND last >= ?"
DROP_ISLAND = "DELETE FROM island WHERE stream = ? AND first = ?"
ADD_ISLAND = "INSERT INTO island VALUES (?, ?, ?)"
UPTO = "SELECT last FROM island WHERE stream = ? AND first = 0"
ISLANDS = "SELECT first, last FROM island WHERE stream = ? ORDER BY first LIMIT ?"

ADD_GONE = "INSERT INTO gone VALUES (?, ?, ?, ?, ?, ?, ?)"
# The hash of the event a gateway withholds: only with it may the event still come.
GONE_HASH = "SELECT hash FROM gone WHERE stream = ? AND first = ? AND last = first AND hash IS NOT NULL"
ADD_CARRIED = "INSERT INTO carried VALUES (?, ?, ?, ?, ?)"
FORMER = "SELECT was_stream, was_seq, was_hash FROM carried WHERE stream = ? AND seq = ?"
FORMER_HASH = (
    "SELECT was_hash FROM carried WHERE was_stream = ? AND was_seq = ? AND stream = ? AND stream <> was_stream"
)
ADD_CORRECTION = """
    INSERT INTO correction (stream, seq, of_stream, of_seq, of_hash, quality, time, not_before, not_after, day)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_WORD = """
    INSERT INTO word (
        stream, seq, of_stream, of_seq, of_hash, kind, person, company, meaning, time, day, standing, by, why
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# What is said of an event: it follows the event to its oldest identity, and to the bytes it is about.
ABOUT = ("correction", "word")
MOVE = [
    f"UPDATE {table} SET of_stream = ?, of_seq = ?, of_hash = ? WHERE of_stream = ? AND of_seq = ?"  # noqa: S608 - our names
    for table in ABOUT
]
# What a box says in a later epoch of a former number is about the bytes that it carried over itself.
TELL_HASH = [
    f"""
    UPDATE {table} SET of_hash = ?3
    WHERE of_stream = ?1 AND of_seq = ?2 AND of_hash IS NULL AND stream = ?4 AND stream <> of_stream
"""  # noqa: S608 - our names
    for table in ABOUT
]
ADD_HEADCOUNT = "INSERT INTO headcount VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
ADD_SITE = "INSERT INTO site VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
SET_RANKS = f"{RANK} WHERE gateway = ?"
ADD_BEGINNING = "INSERT INTO beginning VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"

# A tombstone has the hash of the bytes it stands for, so that the chain is followed through it.
ADD_BREAK = """
    INSERT INTO nack (stream, seq, code, detail)
    SELECT later.stream, later.seq, 'chain', 'prev is not the hash of the event before'
    FROM held AS later JOIN held AS earlier ON earlier.stream = later.stream AND earlier.seq = later.seq - 1
    WHERE later.stream = ? AND later.seq = ? AND later.prev <> earlier.hash
    ON CONFLICT DO NOTHING
"""
ADD_NACK = """
    INSERT INTO nack (stream, seq, code, detail) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET code = excluded.code, detail = excluded.detail, is_settled = 0
"""
# The tombstone's own, and the break that only its hash made.
DROP_NACKS = "DELETE FROM nack WHERE stream = ?1 AND (seq = ?2 OR seq = ?2 + 1 AND code = 'chain')"
# Not forks: there the gateway that has heard so far may be the other box of the two.
SETTLE_NACKS = "UPDATE nack SET is_settled = 1 WHERE stream = ? AND seq <= ? AND code <> 'fork'"
WITHHOLDING_NACKS = """
    SELECT seq, code, detail FROM nack WHERE stream = ? AND code <> 'chain' AND NOT is_settled ORDER BY seq LIMIT ?
"""
CHAIN_NACKS = "SELECT seq, code, detail FROM nack WHERE stream = ? AND code = 'chain' ORDER BY seq DESC LIMIT ?"

PIN_KEY = "INSERT INTO signer (gateway, key) VALUES (?, ?) ON CONFLICT DO NOTHING"
HEAR_OTHER_KEY = "UPDATE signer SET other_key = ? WHERE gateway = ? AND key <> ?"
KEY = "SELECT key FROM signer WHERE gateway = ?"
TRUST_KEY = """
    INSERT INTO signer (gateway, key) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET key = excluded.key, other_key = NULL
"""
ADD_CHECKPOINT = "INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
ANY_HASH_AT = "SELECT hash FROM held WHERE stream = ? AND seq = ?"
# The newest stands for all before. What contradicts an event stays, as evidence.
DROP_OLDER_CHECKPOINTS = """
    DELETE FROM checkpoint
    WHERE stream = ?1 AND key = ?2 AND seq < (SELECT max(seq) FROM checkpoint WHERE stream = ?1 AND key = ?2)
        AND NOT EXISTS (
            SELECT 1 FROM held
            WHERE held.stream = checkpoint.stream AND held.seq = checkpoint.seq AND held.hash <> checkpoint.hash
        )
"""

ADD_REJECTED = """
    INSERT INTO rejected (gateway, epoch, seq, code, detail, hash, size, payload, arrived_utc_ns)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET times = times + 1
"""
CUT_REJECTED = """
    DELETE FROM rejected WHERE gateway = ?1 AND id <= (
        SELECT id FROM rejected WHERE gateway = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2
    )
"""
SET_STATE = """
    INSERT INTO gateway (name, state, epoch, max_seq, agent, heard_utc_ns) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET state = excluded.state, heard_utc_ns = excluded.heard_utc_ns,
        epoch = coalesce(excluded.epoch, epoch), max_seq = coalesce(excluded.max_seq, max_seq),
        agent = coalesce(excluded.agent, agent)
"""
