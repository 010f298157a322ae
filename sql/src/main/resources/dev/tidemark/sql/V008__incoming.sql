-- V008  Incoming events: what a relay puts into a consumer's database, for a consumer that reads a table.
--
-- Forward-only, safe to run twice, takes no lock on any other table. Run as the owner of the schema that is first in
-- search_path; PostgreSQL 15 to 18.

-- One row for each event and consumer. It stays after it was handled, for as long as the event may come again: its key is
-- what keeps it single. Of one aggregate, positions grow in the order of its events; of two they say nothing.
create table if not exists incoming (
    consumer         text        not null,                     -- the relay's name for the subscriber
    source           text        not null,
    id               uuid        not null,
    redelivery       text        not null default '',          -- the job; '' for a live event; of a source that came back
                                                               -- older its epoch, too: epoch:1, replay:7/epoch:1
    position         bigint      not null generated always as identity,
    tenantid         text        not null,
    aggregatetype    text        not null,
    aggregateid      text        not null,
    aggregateversion bigint,                                   -- null for an unversioned aggregate type
    type             text        not null,
    event            json        not null,                     -- a CloudEvent, as it was sent: event -> 'data' is the payload
    arrivedat        timestamptz not null default clock_timestamp(),
    handledat        timestamptz,                              -- null as long as it waits
    primary key (consumer, source, id, redelivery)
);

-- What waits, in order, and by aggregate.
create index if not exists incoming_waiting on incoming (consumer, position) where handledat is null;
create index if not exists incoming_aggregate
    on incoming (consumer, source, tenantid, aggregatetype, aggregateid, position) where handledat is null;
