CREATE SCHEMA IF NOT EXISTS assize;

CREATE TABLE assize.migration (
    version bigint PRIMARY KEY,
    applied timestamptz NOT NULL DEFAULT now()
);

-- Room in each page keeps updates of a chain off its indexes: none of them names a column that every append changes.
CREATE TABLE assize.chain (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    kind text NOT NULL,
    tenant text NOT NULL,
    engine text NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    created_ms bigint NOT NULL,
    updated_ms bigint NOT NULL,
    closed boolean NOT NULL,
    -- The last sequence that a checkpoint names, and whether the chain went on since.
    marked bigint NOT NULL DEFAULT -1,
    unmarked boolean NOT NULL DEFAULT true,
    tombstone text
) WITH (fillfactor = 70);
CREATE INDEX chain_unmarked ON assize.chain (id) WHERE unmarked;

CREATE TABLE assize.event (
    chain bigint NOT NULL,
    sequence bigint NOT NULL,
    line text NOT NULL,
    PRIMARY KEY (chain, sequence)
);

CREATE TABLE assize.snapshot (
    chain bigint PRIMARY KEY,
    sequence bigint NOT NULL,
    bytes bytea NOT NULL
);

-- Open sessions, in several counters so that processes do not wait for each other.
CREATE TABLE assize.open_sessions (slot int PRIMARY KEY, amount bigint NOT NULL) WITH (fillfactor = 10);
INSERT INTO assize.open_sessions SELECT slot, 0 FROM generate_series(0, 15) AS slot;

CREATE TABLE assize.checkpoint (number bigint PRIMARY KEY, record text NOT NULL);

CREATE TABLE assize.api_key (id text COLLATE "C" PRIMARY KEY, record text NOT NULL);

-- Begins anew after a crash of the server.
CREATE UNLOGGED TABLE assize.quota (
    client text COLLATE "C" PRIMARY KEY,
    slots text NOT NULL,
    idle_ms bigint NOT NULL
) WITH (fillfactor = 50);

CREATE VIEW assize.journal AS
    SELECT chain.name AS chain, event.sequence, chain.tenant, event.line::json AS event
    FROM assize.event JOIN assize.chain ON chain.id = event.chain;
