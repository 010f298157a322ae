-- The tables of the orders service.
--
-- Safe to run twice. Run as the owner of the schema, which the service does at its start. Outbox and inbox
-- beside them come from Tidemark's own V001 and V003.
create table if not exists orders (
    id        text  not null  primary key,
    user_id   text  not null,                  -- no foreign key: the user may not have arrived yet
    item      text  not null,
    quantity  int   not null  check (quantity > 0),
    status    text  not null  default 'placed'  check (status in ('placed', 'confirmed', 'cancelled'))
);

-- What orders knows of users: a read model, written by events only.
create table if not exists user_replica (
    user_id  text    not null  primary key,
    name     text    not null,
    epoch    bigint  not null,                 -- of the source's database: it rises when that came back older
    version  bigint  not null                  -- of the user: a late event never overwrites a newer one
);

-- One row for each event handled, with no key on purpose: an event that took effect twice is here twice.
create table if not exists journal (
    source    text         not null,
    event_id  uuid         not null,
    type      text         not null,
    at        timestamptz  not null  default clock_timestamp()
);
