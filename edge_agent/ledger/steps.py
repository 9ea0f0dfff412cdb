"""The tables of the site, inside the spool's file, one migration after another. Runs none of them."""

from spool.migrate import Steps

LEDGER_STEPS: Steps = {
    "0001_presence": """
        CREATE TABLE presence (
            person TEXT PRIMARY KEY,
            state TEXT NOT NULL  -- JSON of core.attendance.Presence
        ) STRICT, WITHOUT ROWID
    """,
    "0002_time": """
        CREATE TABLE boot (  -- every boot the agent has seen, in their order
            no INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            began_ns INTEGER NOT NULL,  -- the first the agent saw of it, by its own clock
            seen_ns INTEGER NOT NULL  -- and the last, now and then
        ) STRICT;
        CREATE TABLE anchor (
            boot INTEGER NOT NULL,  -- boot.no
            role TEXT NOT NULL,  -- first, best
            boot_ns INTEGER NOT NULL,
            utc_ns INTEGER NOT NULL,
            trust TEXT NOT NULL,
            err_ms INTEGER NOT NULL,
            PRIMARY KEY (boot, role)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE undated (  -- touches whose time nobody who keeps time has confirmed
            epoch TEXT NOT NULL,
            seq INTEGER NOT NULL,
            boot INTEGER NOT NULL,  -- boot.no
            boot_ns INTEGER NOT NULL,
            rtc_utc_ns INTEGER,  -- what a battery said, if there was one
            day_ns INTEGER,  -- the moment of this boot that tells the site day, if one does
            day TEXT,  -- the site day, where it is known all the same
            PRIMARY KEY (epoch, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX undated_of_boot ON undated (boot, boot_ns)
    """,
    "0003_roster": """
        CREATE TABLE company (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            tier INTEGER,  -- 1: first-tier subcontractor, 0: the prime
            parent TEXT NOT NULL,  -- company.id it works for
            is_sole INTEGER NOT NULL,  -- 一人親方
            is_registered INTEGER,  -- in CCUS, NULL: not known
            ccus TEXT NOT NULL,  -- 事業者ID
            kentaikyo TEXT NOT NULL,  -- 共済契約者番号
            origin TEXT NOT NULL  -- JSON: field to [source, UTC date], and a third word where a complete list ended it
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE worker (
            id TEXT PRIMARY KEY,  -- 技能者ID, or the prime's own number where there is none
            ccus TEXT NOT NULL,
            name TEXT NOT NULL,
            kana TEXT NOT NULL,
            company TEXT NOT NULL,  -- company.id
            job TEXT NOT NULL,
            level TEXT NOT NULL,  -- white, blue, silver, gold
            kentaikyo TEXT NOT NULL,  -- 被共済者番号
            is_insured INTEGER,  -- 社会保険, NULL: not known
            language TEXT NOT NULL,
            valid_from TEXT NOT NULL,
            valid_to TEXT NOT NULL,
            origin TEXT NOT NULL
        ) STRICT;  -- rows are long: by number their tree stays flat
        CREATE INDEX worker_of_company ON worker (company);
        CREATE INDEX worker_renumbered ON worker (ccus) WHERE ccus <> id AND ccus <> '';
        CREATE TABLE credential (
            ref TEXT NOT NULL,  -- a keyed hash: never the number
            worker TEXT NOT NULL,
            kind TEXT NOT NULL,  -- card, phone, qr, face
            state TEXT NOT NULL,  -- active, lost, replaced
            origin TEXT NOT NULL,
            PRIMARY KEY (ref, worker)
        ) STRICT;
        CREATE INDEX credential_of_worker ON credential (worker);
        CREATE TABLE site (
            id TEXT PRIMARY KEY,  -- as in events
            ccus TEXT NOT NULL,  -- 現場ID, empty until it is known
            name TEXT NOT NULL,
            valid_from TEXT NOT NULL,  -- 就業履歴蓄積期間
            valid_to TEXT NOT NULL,
            prime TEXT NOT NULL,
            contract_yen INTEGER,
            place TEXT NOT NULL,
            parent TEXT NOT NULL,  -- the wide-area site (広域現場) it is part of
            origin TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE roster_file (  -- the configured one, so that it is taken in only when it has changed
            id INTEGER PRIMARY KEY CHECK (id = 1),
            mark TEXT NOT NULL  -- keyed hash of its content
        ) STRICT;
        CREATE TABLE here (  -- which site this box serves now, where it is not the configured one
            id INTEGER PRIMARY KEY CHECK (id = 1),
            site TEXT NOT NULL,
            note TEXT NOT NULL  -- 作業場所メモ
        ) STRICT;
    """,
    "0004_waiting": """
        CREATE TABLE waiting (  -- touches somebody has to look at, under the number they had first
            epoch TEXT NOT NULL,
            seq INTEGER NOT NULL,
            utc_ns INTEGER,  -- when, NULL while not known
            day TEXT,
            site TEXT NOT NULL,
            credential TEXT,
            worker TEXT,
            company TEXT NOT NULL,
            method TEXT NOT NULL,
            meaning TEXT NOT NULL,
            because TEXT NOT NULL,  -- JSON array of core.reason.Reason
            flags TEXT NOT NULL,  -- JSON array
            state TEXT NOT NULL,  -- waiting, approved, refused, void, settled
            by TEXT NOT NULL,
            why TEXT NOT NULL,
            PRIMARY KEY (epoch, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX waiting_by_state ON waiting (state, day);
        CREATE INDEX waiting_of_credential ON waiting (credential)
    """,
    "0005_badges": """
        CREATE TABLE badge (  -- signed badges this box has seen, or was told not to believe
            ref TEXT PRIMARY KEY,  -- a keyed hash of the serial
            worker TEXT NOT NULL,  -- worker.id, empty while the badge was not seen here
            issued_s INTEGER NOT NULL,  -- seconds since 1970
            state TEXT NOT NULL,  -- active, revoked
            reader TEXT NOT NULL,  -- where it was last let in
            boot TEXT NOT NULL,
            boot_ns INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX badge_of_worker ON badge (worker, issued_s);
        CREATE TABLE badge_revoked (  -- all badges of a worker up to a moment
            worker TEXT PRIMARY KEY,
            upto_s INTEGER NOT NULL  -- issued then or before: seconds since 1970
        ) STRICT, WITHOUT ROWID;
    """,
    "0006_headcount": """
        ALTER TABLE waiting ADD COLUMN standing TEXT NOT NULL DEFAULT 'pending';  -- without a judgement
        ALTER TABLE waiting ADD COLUMN is_told INTEGER NOT NULL DEFAULT 0;  -- utc_ns is somebody's word
        CREATE TABLE headcount (  -- 朝礼: the last word of each day
            site TEXT NOT NULL,
            day TEXT NOT NULL,
            company TEXT NOT NULL,  -- empty: all together
            count INTEGER NOT NULL,
            by TEXT NOT NULL,
            PRIMARY KEY (site, day, company)
        ) STRICT, WITHOUT ROWID
    """,
}
"""Step by step; a step that has been shipped is never changed."""
