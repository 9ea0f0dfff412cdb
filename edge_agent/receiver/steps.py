"""The receiver's tables, one migration after another. Runs none of them.

A stream is a gateway's epoch. Its row 0 is the genesis of the chain, so that every event has one before it, and so that
the first island always begins at 0 and ends at `upto`. The view `event` is for everybody else who reads this file.
"""

from spool.migrate import Steps

RANK = """
    UPDATE stream SET rank = (
        WITH RECURSIVE back (epoch, steps) AS (
            SELECT stream.epoch, 0
            UNION ALL
            SELECT before_epoch, steps + 1
            FROM back
                CROSS JOIN stream AS later ON later.gateway = stream.gateway AND later.epoch = back.epoch
                CROSS JOIN beginning ON beginning.stream = later.id
            WHERE steps < 1000
        )
        SELECT max(steps) FROM back
    )
"""
"""How many epochs before it a stream knows of. The bound: a box may lie in a circle."""


def _last(column: str) -> str:
    """Return the SQL of what the last word that tells this says of the event's touch."""
    told = "person" if column == "company" else column  # who is named anew has another company, or none that is known
    return f"""(
                SELECT {column} FROM said
                WHERE said.stream = held.stream AND said.seq = held.seq AND said.{told} IS NOT NULL
                ORDER BY said.rank DESC, said.is_after DESC, said.epoch DESC, said.number DESC LIMIT 1
            )"""  # noqa: S608 - our columns


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
    "0003_what_people_say": f"""
        ALTER TABLE stream ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;  -- epochs of its gateway known to be before it
        ALTER TABLE held ADD COLUMN company TEXT;
        ALTER TABLE held ADD COLUMN method TEXT;
        ALTER TABLE held ADD COLUMN because TEXT;  -- JSON array, NULL: nothing
        ALTER TABLE held ADD COLUMN flags TEXT;  -- JSON array, NULL: none
        ALTER TABLE held ADD COLUMN clock TEXT;
        UPDATE held SET
            company = CAST(body AS TEXT) ->> '$.data.person.company',
            method = CAST(body AS TEXT) ->> '$.data.method',
            because = nullif(CAST(body AS TEXT) -> '$.data.because', '[]'),
            flags = nullif(CAST(body AS TEXT) -> '$.data.flags', '[]'),
            clock = CAST(body AS TEXT) ->> '$.data.clock'
        WHERE meaning IS NOT NULL;
        {RANK};
        CREATE INDEX held_by_day ON held (day, site) WHERE day IS NOT NULL;
        CREATE INDEX held_pending ON held (standing) WHERE standing = 'pending';
        CREATE INDEX held_flagged ON held (flags) WHERE flags IS NOT NULL;
        CREATE INDEX held_undated ON held (clock) WHERE clock = 'none';
        CREATE INDEX correction_by_day ON correction (day) WHERE day IS NOT NULL;
        CREATE TABLE word (  -- what a person said of a touch: amended it, or judged it
            id INTEGER PRIMARY KEY,
            stream INTEGER NOT NULL,
            seq INTEGER NOT NULL,  -- of the event that says it
            of_stream INTEGER NOT NULL,  -- of which touch, under its oldest known identity
            of_seq INTEGER NOT NULL,
            of_hash TEXT,  -- of which bytes under that identity, where it is told
            kind TEXT NOT NULL,  -- name, change, void, approved, refused
            person TEXT,
            company TEXT,
            meaning TEXT,
            time TEXT,
            day TEXT,
            standing TEXT,
            by TEXT NOT NULL,
            why TEXT NOT NULL
        ) STRICT;
        CREATE INDEX word_by_touch ON word (of_stream, of_seq, stream, seq);
        CREATE INDEX word_by_day ON word (day) WHERE day IS NOT NULL;
        CREATE INDEX word_pending ON word (standing) WHERE standing = 'pending';
        CREATE TABLE headcount (  -- how many were there, as a person counted them
            stream INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            site TEXT NOT NULL,
            day TEXT NOT NULL,
            company TEXT,  -- NULL: all together
            count INTEGER NOT NULL,
            by TEXT NOT NULL,
            time TEXT NOT NULL,  -- when it was said
            PRIMARY KEY (stream, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX headcount_by_day ON headcount (day);
        CREATE TABLE site (  -- what is known of a site
            stream INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            site TEXT NOT NULL,
            ccus TEXT,  -- 現場ID
            name TEXT,
            parent TEXT,
            by TEXT NOT NULL,
            time TEXT NOT NULL,
            PRIMARY KEY (stream, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE VIEW said AS  -- people's words on touches: the later, the higher by rank, is_after, epoch, number
            SELECT held.stream, held.seq, kind, word.person, word.company, word.meaning, word.time, word.day,
                word.standing, by, why, rank, stream.id <> of_stream AS is_after, epoch,
                coalesce(again.was_seq, word.seq) AS number
            FROM held
                LEFT JOIN carried AS me ON me.stream = held.stream AND me.seq = held.seq
                CROSS JOIN word ON word.of_stream = coalesce(me.was_stream, held.stream)
                    AND word.of_seq = coalesce(me.was_seq, held.seq)
                    AND coalesce(
                        word.of_hash = coalesce(me.was_hash, held.hash), me.stream IS NULL OR NOT EXISTS (
                            SELECT 1 FROM held AS other
                            WHERE other.stream = me.was_stream AND other.seq = me.was_seq AND other.hash <> me.was_hash
                        )
                    )
                LEFT JOIN carried AS again ON again.stream = word.stream AND again.seq = word.seq
                CROSS JOIN stream ON stream.id = coalesce(again.was_stream, word.stream);
        DROP VIEW event;
        CREATE VIEW event AS
            SELECT gateway, epoch, held.stream, held.seq, CAST(body AS TEXT) AS body, held.site,
                coalesce(iif(spoken.id IS NULL, NULL, {_last("day")}), iif(better.id IS NULL, held.day, better.day))
                    AS day,
                held.person, held.meaning, held.standing,
                coalesce(iif(spoken.id IS NULL, NULL, {_last("time")}), better.time, held.time) AS time,
                arrived_utc_ns,
                iif(spoken.id IS NOT NULL AND {_last("time")} IS NOT NULL, 'said', better.quality) AS quality,
                iif(spoken.id IS NOT NULL AND {_last("time")} IS NOT NULL, NULL, better.not_before) AS not_before,
                iif(spoken.id IS NOT NULL AND {_last("time")} IS NOT NULL, NULL, better.not_after) AS not_after,
                held.company, held.method, held.because, held.flags, held.clock,
                coalesce(iif(spoken.id IS NULL, NULL, {_last("person")}), held.person) AS person_now,
                iif(spoken.id IS NOT NULL AND {_last("person")} IS NOT NULL, {_last("company")}, held.company)
                    AS company_now,
                coalesce(iif(spoken.id IS NULL, NULL, {_last("meaning")}), held.meaning) AS meaning_now,
                coalesce(iif(spoken.id IS NULL, NULL, {_last("standing")}), held.standing) AS standing_now,
                spoken.id IS NOT NULL AS is_spoken_of,
                held.rowid AS row
            FROM held JOIN stream ON stream.id = held.stream
                LEFT JOIN carried AS me ON me.stream = held.stream AND me.seq = held.seq
                LEFT JOIN correction AS better ON better.id = (
                    SELECT one.id FROM correction AS one
                        LEFT JOIN carried AS again ON again.stream = one.stream AND again.seq = one.seq
                        CROSS JOIN stream AS teller ON teller.id = coalesce(again.was_stream, one.stream)
                    WHERE one.of_stream = coalesce(me.was_stream, held.stream)
                        AND one.of_seq = coalesce(me.was_seq, held.seq)
                        AND coalesce(one.of_hash = coalesce(me.was_hash, held.hash), me.stream IS NULL OR NOT EXISTS (
                            SELECT 1 FROM held AS other
                            WHERE other.stream = me.was_stream AND other.seq = me.was_seq AND other.hash <> me.was_hash
                        ))
                        AND held.method IS NOT 'hand'  -- its time was typed: the box's clock has nothing to do with it
                    ORDER BY teller.rank DESC, teller.id <> one.of_stream DESC, teller.epoch DESC,
                        coalesce(again.was_seq, one.seq) DESC LIMIT 1
                )
                LEFT JOIN word AS spoken ON spoken.id = (
                    SELECT id FROM word
                    WHERE of_stream = coalesce(me.was_stream, held.stream) AND of_seq = coalesce(me.was_seq, held.seq)
                    LIMIT 1
                )
            WHERE held.meaning IS NOT NULL AND (
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
    """,  # noqa: S608 - our own texts
}
