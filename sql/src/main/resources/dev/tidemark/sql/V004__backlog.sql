-- V004  The backlog: what subscribers could not take yet; who they are; and what people ask to be done.
--
-- Forward-only, safe to run twice. Locks no other table but tidemark.relay, which has one row for each slot, for a
-- moment. Run as the owner of the schema tidemark; PostgreSQL 15 to 18.
--
-- Only the relay writes these tables (tidemark_relay of roles.sql). Who asks for something to be done with events
-- inserts into tidemark.command (tidemark_operator), and reads the answer there.

-- A relay's writes are conditional on its epoch: each locks the row of tidemark.relay FOR KEY SHARE. This index makes
-- the epoch part of a key. So a new leader, who raises it, waits for the statements of the old one that are under way,
-- and they find it changed if they come later; but nobody waits for the acknowledged LSN, which is no part of a key.
create unique index if not exists relay_fence on tidemark.relay (slot, epoch);

-- One durable queue for each subscriber. An event's row stays, without its envelope, until the slot has durably passed
-- the event: a crash may bring it again until then.
create table if not exists tidemark.backlog (
    subscriber       text        not null,
    id               uuid        not null,               -- of the event
    position         bigint      not null generated always as identity,
    bucket           smallint    not null,               -- of the aggregate: its hash modulo 1024; a lane is bucket modulo lanes
    hash             int         not null,               -- of the aggregate
    source           text        not null default '',    -- the aggregate; empty for what could not be decoded
    tenantid         text        not null default '',
    aggregatetype    text        not null default '',
    aggregateid      text        not null default '',
    aggregateversion bigint,
    sourceepoch      bigint      not null default 0,
    type             text        not null default '',
    state            text        not null check (state in ('waiting', 'dead', 'settled')),
    cause            text        not null check (cause in ('parked', 'spilled', 'rejected', 'undecodable', 'replayed')),
    outcome          text        check (outcome in ('delivered', 'skipped', 'dropped')),   -- of a settled one
    envelope         bytea,                              -- CloudEvents JSON; null when settled or undecodable
    raw              text,                               -- of what could not be decoded
    bytes            int         not null default 0,     -- of envelope or raw, while they are kept
    attempts         int         not null default 0,
    reason           text,                               -- of the last failure
    committed_at     timestamptz not null,
    stored_at        timestamptz not null default clock_timestamp(),
    settled_at       timestamptz,
    passed_lsn       pg_lsn      not null,               -- where the source's log ended when this was stored: its commit is before
    primary key (subscriber, id)
) with (
    fillfactor = 90,                                     -- an attempt that is noted stays on its page
    -- each row is inserted, updated once and deleted: it is cleaned by what has changed, not by how much there is
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_analyze_threshold = 10000
);
-- What waits, in order: of a part of a subscriber's queue, and of one aggregate. Rows leave these when they are settled.
create index if not exists backlog_waiting on tidemark.backlog (subscriber, position, bucket) where state = 'waiting';
create index if not exists backlog_waiting_aggregate on tidemark.backlog (subscriber, aggregateid, position) where state = 'waiting';
-- What blocks its aggregate.
create index if not exists backlog_dead on tidemark.backlog (subscriber, hash, position) where state = 'dead';
-- The newest version of an aggregate, whatever became of it.
create index if not exists backlog_newest on tidemark.backlog (subscriber, hash, sourceepoch, aggregateversion)
    where aggregateversion is not null;
-- What may be forgotten.
create index if not exists backlog_settled on tidemark.backlog (passed_lsn) where state = 'settled';

-- Who gets events. A relay refuses to start when one of these is missing from its configuration and not retired: its
-- events would be lost to it.
create table if not exists tidemark.subscriber (
    slot   text        not null,
    name   text        not null,
    filter text        not null,
    since  timestamptz not null default clock_timestamp(),
    state  text        not null default 'active' check (state in ('active', 'retired')),
    primary key (slot, name)
);

-- What people ask to be done with events in the backlog; the relay that leads carries it out.
create table if not exists tidemark.command (
    id           bigint      not null primary key generated always as identity,
    slot         text        not null,
    subscriber   text        not null,
    verb         text        not null check (verb in ('retry', 'skip', 'drop')),
    ids          uuid[]      not null default '{}',
    aggregate    text        check (aggregate like '_%/_%'),
    reason       text        check (reason <> ''),
    requested_by text        not null default session_user,
    requested_at timestamptz not null default clock_timestamp(),
    state        text        not null default 'requested' check (state in ('requested', 'done', 'failed')),
    events       int,                                    -- that it concerned
    answer       text,
    done_at      timestamptz,
    check (array_position(ids, null) is null),
    check (cardinality(ids) = 0 or aggregate is null and reason is null)
);
create index if not exists command_requested on tidemark.command (slot, id) where state = 'requested';
