"""The receiver's tables and every statement that writes or answers. Not the reports: those are in export.

A stream is a gateway's epoch. Its row 0 is the genesis of the chain, so that every event has one before it, and so that
the first island always begins at 0 and ends at `upto`. The view `event` is for everybody else who reads this file.
"""

from spool.migrate import Steps

RECEIVER_STEPS: Steps = {
    "0001_events": """
        CREATE TABLE generation (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL) STRICT;
        CREATE TABLE gateway (
            name TEXT PRIMARY KEY,
            state TEXT NOT NULL,
            epoch TEXT,
            max_seq INTEGER,
            agent TEXT,
            heard_utc_ns INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE stream (
            id INTEGER PRIMARY KEY,
            gateway TEXT NOT NULL,
            epoch TEXT NOT NULL,
            heard_utc_ns INTEGER NOT NULL,
            UNIQUE (gateway, epoch)
        ) STRICT;
        CREATE INDEX stream_by_heard ON stream (heard_utc_ns);
        CREATE TABLE held (
            stream INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            body BLOB,  -- the bytes the gateway committed, NULL for the genesis and for a tombstone
            hash TEXT NOT NULL,
            prev TEXT,
            arrived_utc_ns INTEGER NOT NULL,
            site TEXT,
            day TEXT,
            person TEXT,
            meaning TEXT,
            standing TEXT,
            time TEXT,
            UNIQUE (stream, seq)
        ) STRICT;
        CREATE TABLE island (
            stream INTEGER NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            PRIMARY KEY (stream, first)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE nack (
            stream INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            code TEXT NOT NULL,
            detail TEXT NOT NULL,
            is_settled INTEGER NOT NULL DEFAULT 0,  -- the gateway has heard of it
            PRIMARY KEY (stream, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE rejected (
            id INTEGER PRIMARY KEY,
            gateway TEXT NOT NULL,
            epoch TEXT,
            seq INTEGER,
            code TEXT NOT NULL,
            detail TEXT NOT NULL,
            hash TEXT NOT NULL,
            size INTEGER NOT NULL,
            payload BLOB NOT NULL,
            times INTEGER NOT NULL DEFAULT 1,
            arrived_utc_ns INTEGER NOT NULL,
            UNIQUE (gateway, hash)
        ) STRICT;
        CREATE INDEX rejected_by_gateway ON rejected (gateway, id);
        CREATE VIEW event AS
            SELECT gateway, epoch, seq, CAST(body AS TEXT) AS body, site, day, person, meaning, standing, time,
                   arrived_utc_ns
            FROM held JOIN stream ON stream.id = held.stream WHERE body IS NOT NULL;
    """,
}

MAKE_GENERATION = "INSERT INTO generation VALUES (1, ?) ON CONFLICT DO NOTHING"
NEW_GENERATION = "UPDATE generation SET number = max(number + 1, ?) RETURNING number"
GENERATION = "SELECT number FROM generation"

HEAR_STREAM = """
    INSERT INTO stream (gateway, epoch, heard_utc_ns) VALUES (?, ?, ?)
    ON CONFLICT (gateway, epoch) DO UPDATE SET heard_utc_ns = excluded.heard_utc_ns
    RETURNING id
"""
FIND_STREAM = "SELECT id FROM stream WHERE gateway = ? AND epoch = ?"
RECENT_STREAMS = """
    SELECT gateway, epoch, max(heard_utc_ns) AS heard FROM stream
    GROUP BY gateway ORDER BY heard DESC LIMIT ?
"""

ADD_GENESIS = "INSERT INTO held (stream, seq, hash, arrived_utc_ns) VALUES (?, 0, ?, ?) ON CONFLICT DO NOTHING"
ADD_EVENT = """
    INSERT INTO held (stream, seq, body, hash, prev, arrived_utc_ns, site, day, person, meaning, standing, time)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_TOMBSTONE = "INSERT INTO held (stream, seq, hash, arrived_utc_ns) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
DROP_TOMBSTONE = "DELETE FROM held WHERE stream = ? AND seq = ? AND body IS NULL"
HELD = "SELECT seq, hash, body IS NULL FROM held WHERE stream = ? AND seq BETWEEN ? AND ?"
HASH_AT = "SELECT hash FROM held WHERE stream = ? AND seq = ? AND body IS NOT NULL"

ISLANDS_TOUCHED = "SELECT first, last FROM island WHERE stream = ? AND first <= ? AND last >= ?"
DROP_ISLAND = "DELETE FROM island WHERE stream = ? AND first = ?"
ADD_ISLAND = "INSERT INTO island VALUES (?, ?, ?)"
ISLANDS = "SELECT first, last FROM island WHERE stream = ? ORDER BY first LIMIT ?"

# A tombstone has the hash of the bytes it stands for, so that the chain is followed through it.
ADD_BREAKS = """
    INSERT INTO nack (stream, seq, code, detail)
    SELECT later.stream, later.seq, 'chain', 'prev is not the hash of the event before'
    FROM held AS later JOIN held AS earlier ON earlier.stream = later.stream AND earlier.seq = later.seq - 1
    WHERE later.stream = ? AND later.seq BETWEEN ? AND ? AND later.prev <> earlier.hash
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
