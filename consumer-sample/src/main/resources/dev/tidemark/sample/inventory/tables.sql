-- The tables of the inventory service.
--
-- Safe to run twice. Run as the owner of the schema, which the service does at its start. Outbox and inbox
-- beside them come from Tidemark's own V001 and V003.
create table if not exists stock (
    item       text  not null  primary key,
    available  int   not null  check (available >= 0)
);

create table if not exists reservation (
    order_id  text  not null,                  -- no key on purpose: an order that is reserved twice shows
    item      text  not null,
    quantity  int   not null
);

-- One row for each event handled, with no key on purpose: an event that took effect twice is here twice.
create table if not exists journal (
    source    text         not null,
    event_id  uuid         not null,
    type      text         not null,
    at        timestamptz  not null  default clock_timestamp()
);
