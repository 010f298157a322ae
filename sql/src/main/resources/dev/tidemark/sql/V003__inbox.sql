-- V003  The inbox: what a consumer has handled, written in the transaction of its effects.
--
-- Forward-only, safe to run twice, takes no lock on any other table. Run as the owner of the schema that is first in
-- search_path; PostgreSQL 15 to 18.

-- The newest version of each aggregate that was handled. Its row is locked first, so that two deliveries of one
-- event at once cannot both take effect.
create table if not exists inbox_watermark (
    consumer      text        not null,
    source        text        not null,
    tenantid      text        not null,
    aggregatetype text        not null,
    aggregateid   text        not null,
    epoch         bigint      not null check (epoch >= 0),
    version       bigint      not null check (version >= 0),   -- 0: nothing was handled yet
    id            uuid,                                        -- of the event with that version; null where any will do
    handledat     timestamptz not null default clock_timestamp(),
    primary key (consumer, source, tenantid, aggregatetype, aggregateid)
) with (fillfactor = 70);                                      -- every event updates a row: leave room to do it in its page

-- Unversioned events that were handled, by id.
create table if not exists inbox_seen (
    consumer text        not null,
    source   text        not null,
    id       uuid        not null,
    seenat   timestamptz not null default clock_timestamp(),
    primary key (consumer, source, id)
);

-- Rows of read models that were deleted, and at which version: a late event must not bring them back.
create table if not exists inbox_tombstone (
    readmodel text        not null,
    key       text        not null,
    epoch     bigint      not null,
    version   bigint      not null,
    deletedat timestamptz not null default clock_timestamp(),
    primary key (readmodel, key)
);
