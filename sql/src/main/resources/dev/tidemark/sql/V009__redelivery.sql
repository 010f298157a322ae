-- V009  Redeliveries: what a subscriber gets because somebody asked: events again, or what aggregates are now.
--
-- Forward-only, safe to run twice. Locks tidemark.backlog and tidemark.command for a moment, and the first one against
-- writes while it is read once for an index. Run as the owner of the schema tidemark, in the database of the backlog;
-- PostgreSQL 15 to 18.

-- One row for each job. Who asks inserts it (tidemark_operator) and may cancel it; the relay that leads does the rest.
create table if not exists tidemark.redelivery (
    id            bigint      not null primary key generated always as identity,
    slot          text        not null,
    subscriber    text        not null,
    kind          text        not null default 'replay' check (kind in ('replay', 'state')),   -- on the wire: kind:id
    since         timestamptz,                           -- replay: only events that occurred then or later; null for all
    aggregate     text        check (aggregate like '_%/_%'),   -- replay: only of one aggregate, such as order/42
    latest        boolean     not null default false,    -- replay: only the newest event of each aggregate
    aggregatetype text,                                  -- state: whose; the relay's configuration has its query
    ids           text[],                                -- state: only of these aggregates; null for all
    tenantids     text[],                                -- state: of these ids; null for ''
    requested_by  text        not null default session_user,
    requested_at  timestamptz not null default clock_timestamp(),
    cancelled_at  timestamptz,                           -- when somebody asked for its end
    state         text        not null default 'requested'
        check (state in ('requested', 'storing', 'delivering', 'done', 'cancelled', 'failed')),
    total         bigint,                                -- rows that there are to be looked at; null until they are counted
    seen          bigint      not null default 0,        -- of those
    stored        bigint      not null default 0,        -- events put into the backlog
    answer        text,                                  -- for people, once it is over
    began_at      timestamptz,
    stored_at     timestamptz,                           -- when all were in the backlog
    done_at       timestamptz,
    check ((kind = 'state') = (aggregatetype is not null)),
    check (array_position(ids, null) is null and array_position(tenantids, null) is null),
    check (tenantids is null or cardinality(ids) = cardinality(tenantids))
);
create index if not exists redelivery_open on tidemark.redelivery (slot, id)
    where state in ('requested', 'storing', 'delivering');

-- Which job has put an event into the backlog; null for one that came by itself.
alter table tidemark.backlog add column if not exists redelivery bigint;
create index if not exists backlog_redelivery on tidemark.backlog (redelivery, subscriber, state)
    where redelivery is not null and state <> 'settled';

-- A command may concern what a job has put there.
alter table tidemark.command add column if not exists redelivery bigint;
