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
    "0002_what_events_say_of_others": """
        CREATE TABLE carried (  -- events that had another identity in an epoch before
            stream INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            was_stream INTEGER NOT NULL,
            was_seq INTEGER NOT NULL,
            was_hash TEXT NOT NULL,
            PRIMARY KEY (stream, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX carried_by_was ON carried (was_stream, was_seq);
        CREATE TABLE correction (
            id INTEGER PRIMARY KEY,
            stream INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            of_stream INTEGER NOT NULL,  -- whom it corrects, under its oldest known identity
            of_seq INTEGER NOT NULL,
            of_hash TEXT,  -- of which bytes under that identity, where it is told
            quality TEXT NOT NULL,
            time TEXT,
            not_before TEXT,
            not_after TEXT,
            day TEXT,
            UNIQUE (stream, seq)
        ) STRICT;
        CREATE INDEX correction_by_event ON correction (of_stream, of_seq, stream, seq);
        CREATE TABLE gone (  -- numbers that a gateway said will not come by themselves
            stream INTEGER NOT NULL,
            seq INTEGER NOT NULL,  -- of the event that says so
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            code TEXT NOT NULL,
            detail TEXT NOT NULL,
            hash TEXT,
            PRIMARY KEY (stream, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX gone_by_first ON gone (stream, first);
        CREATE TABLE beginning (  -- epochs that follow another one
            stream INTEGER PRIMARY KEY,
            reason TEXT NOT NULL,
            before_epoch TEXT NOT NULL,
            before_last INTEGER NOT NULL,
            carried INTEGER NOT NULL,
            lost_count INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE signer (  -- whose signature is believed
            gateway TEXT PRIMARY KEY,
            key TEXT NOT NULL,
            other_key TEXT  -- heard since, and not believed before somebody says so
        ) STRICT;
        CREATE TABLE checkpoint (
            stream INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            hash TEXT NOT NULL,
            key TEXT NOT NULL,
            signature TEXT NOT NULL,
            time TEXT NOT NULL,
            PRIMARY KEY (stream, seq, hash, key)
        ) STRICT, WITHOUT ROWID;
        DROP VIEW event;
        CREATE VIEW event AS
            SELECT gateway, epoch, held.stream, held.seq, CAST(body AS TEXT) AS body, site,
                   iif(better.id IS NULL, held.day, better.day) AS day, person, meaning, standing,
                   coalesce(better.time, held.time) AS time, arrived_utc_ns, better.quality, better.not_before,
                   better.not_after
            FROM held JOIN stream ON stream.id = held.stream
                LEFT JOIN carried AS me ON me.stream = held.stream AND me.seq = held.seq
                LEFT JOIN correction AS better ON better.id = (
                    SELECT id FROM correction AS one
                    WHERE one.of_stream = coalesce(me.was_stream, held.stream)
                        AND one.of_seq = coalesce(me.was_seq, held.seq)
                        AND coalesce(one.of_hash = coalesce(me.was_hash, held.hash), me.stream IS NULL OR NOT EXISTS (
                            SELECT 1 FROM held AS other
                            WHERE other.stream = me.was_stream AND other.seq = me.was_seq AND other.hash <> me.was_hash
                        ))
                    ORDER BY one.stream DESC, one.seq DESC LIMIT 1
                )
            WHERE meaning IS NOT NULL AND (
                me.stream IS NULL OR NOT EXISTS (
                    SELECT 1 FROM held AS original
                    WHERE original.stream = me.was_stream AND original.seq = me.was_seq
                        AND original.hash = me.was_hash AND original.body IS NOT NULL
                ) AND NOT EXISTS (
                    SELECT 1 FROM carried AS twin
                    WHERE twin.was_stream = me.was_stream AND twin.was_seq = me.was_seq
                        AND twin.was_hash = me.was_hash AND (twin.stream, twin.seq) < (me.stream, me.seq)
                )
            );
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
# Named by another epoch's event, and perhaps never heard.
NAME_STREAM = "INSERT INTO stream (gateway, epoch, heard_utc_ns) VALUES (?, ?, 0) ON CONFLICT DO NOTHING"
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
MOVE_CORRECTIONS = "UPDATE correction SET of_stream = ?, of_seq = ?, of_hash = ? WHERE of_stream = ? AND of_seq = ?"
# What a box says in a later epoch of a former number is about the bytes that it carried over itself.
TELL_HASH = """
    UPDATE correction SET of_hash = ?3
    WHERE of_stream = ?1 AND of_seq = ?2 AND of_hash IS NULL AND stream = ?4 AND stream <> of_stream
"""
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
