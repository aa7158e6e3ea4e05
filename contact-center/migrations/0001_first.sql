-- Accounts, roster, tokens; the journal and feed (append only, the truth) and what is derived from them.
-- Ids are opaque text, times Unix milliseconds. Only STRICT is SQLite's own.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin')),
    pass_hash TEXT NOT NULL,
    enabled INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE station (
    username TEXT PRIMARY KEY,
    station TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    nonce TEXT NOT NULL,
    issued_at INTEGER NOT NULL
) STRICT;

CREATE TABLE ucc (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    settings TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE skill (
    id TEXT PRIMARY KEY,
    ucc_id TEXT NOT NULL REFERENCES ucc (id),
    name TEXT NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,
    wrapup_s INTEGER NOT NULL DEFAULT 0,
    UNIQUE (ucc_id, name)
) STRICT;

CREATE TABLE endpoint (
    id TEXT PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    skill_id TEXT NOT NULL REFERENCES skill (id)
) STRICT;

CREATE TABLE agent (
    ucc_id TEXT NOT NULL REFERENCES ucc (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    ord INTEGER NOT NULL DEFAULT 0,
    formal INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (ucc_id, user_id)
) STRICT;

CREATE TABLE agent_skill (
    skill_id TEXT NOT NULL REFERENCES skill (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    score INTEGER NOT NULL DEFAULT 50 CHECK (score BETWEEN 0 AND 100),
    PRIMARY KEY (skill_id, user_id)
) STRICT;

CREATE TABLE token (
    hash TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),
    user_id TEXT NOT NULL,
    station TEXT NOT NULL,
    family TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX token_family ON token (family);

CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    agent TEXT,
    conversation TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX journal_conversation ON journal (conversation);

CREATE TABLE checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE feed (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    audience TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX feed_at ON feed (at);

-- Projections of the journal.

CREATE TABLE conversation (
    id TEXT PRIMARY KEY,
    ucc_id TEXT NOT NULL,
    skill_id TEXT NOT NULL,
    caller TEXT NOT NULL,
    caller_name TEXT,
    number TEXT NOT NULL,
    enqueued_at INTEGER NOT NULL,
    answered_at INTEGER,
    agent TEXT,
    ended_at INTEGER,
    end_reason TEXT
) STRICT;

CREATE TABLE offer (
    id TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    agent TEXT NOT NULL,
    kind TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    result TEXT,
    reason TEXT
) STRICT;
CREATE UNIQUE INDEX one_live_offer ON offer (agent) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX one_winner ON offer (conversation, ended_at) WHERE result = 'accepted';

CREATE TABLE wrapup (
    agent TEXT NOT NULL,
    conversation TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (agent, conversation, started_at)
) STRICT;
