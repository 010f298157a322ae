-- V010  Events that the inbox keeps: those that wait for earlier ones of their aggregate, and those that cannot be handled.
--
-- Forward-only, safe to run twice. Locks inbox_watermark against writes while it is read once for an index. Run as the
-- owner of the schema that is first in search_path; PostgreSQL 15 to 18.

-- Whether events of the aggregate stand in inbox_waiting or inbox_dead. Read with the lock on its row, and only whoever has
-- that changes either: so one more column is all that an aggregate without any costs.
alter table inbox_watermark add column if not exists held boolean not null default false;
create index if not exists inbox_watermark_held
    on inbox_watermark (consumer, source, tenantid, aggregatetype, aggregateid) where held;

-- Events whose turn has not come: an earlier one of the aggregate is missing, waits, or is dead.
create table if not exists inbox_waiting (
    consumer      text        not null,
    source        text        not null,
    tenantid      text        not null,
    aggregatetype text        not null,
    aggregateid   text        not null,
    epoch         bigint      not null,
    version       bigint      not null,                       -- 0 for an event of an unversioned aggregate type
    position      bigint      not null generated always as identity,
    delivery      text        not null,                       -- the event's id, with / and the job behind it for a redelivery,
                                                              -- and /epoch:1 and so on behind that, if it is not 0
    type          text        not null,
    wanted        boolean     not null,                       -- whether its subscription had a handler for the type
    event         text        not null,                       -- a CloudEvent in JSON, as it came
    since         timestamptz not null default clock_timestamp(),
    primary key (consumer, source, delivery)
);
create index if not exists inbox_waiting_next
    on inbox_waiting (consumer, source, tenantid, aggregatetype, aggregateid, epoch, version, position);

-- Events that cannot be handled until a person acts. What follows of their aggregate waits.
create table if not exists inbox_dead (
    consumer      text        not null,
    source        text        not null,
    tenantid      text        not null,
    aggregatetype text        not null,
    aggregateid   text        not null,
    epoch         bigint      not null,
    version       bigint      not null,                       -- 0 for an event of an unversioned aggregate type
    position      bigint      not null generated always as identity,
    delivery      text        not null,
    type          text        not null,
    wanted        boolean     not null,
    event         text        not null,
    since         timestamptz not null default clock_timestamp(),
    attempts      int         not null,
    reason        text        not null,                       -- the last failure; may hold parts of the payload
    retry         boolean     not null default false,         -- somebody asked for one more attempt
    primary key (consumer, source, delivery)
);
create index if not exists inbox_dead_first
    on inbox_dead (consumer, source, tenantid, aggregatetype, aggregateid, epoch, version, position);
