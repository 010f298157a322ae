-- V002  What the relay remembers, in a schema of its own.
--
-- Forward-only, safe to run twice, takes no lock on any other table. Run as the owner of the database or of the
-- schema tidemark; PostgreSQL 15 to 18.

create schema if not exists tidemark;

-- One row for each slot. The slot itself is the checkpoint; this is how a relay notices that it was lost, moved,
-- or belongs to another server.
create table if not exists tidemark.relay (
    slot              text        not null primary key,
    publication       text        not null,
    outbox            text        not null,              -- schema.table
    system_identifier text        not null,              -- of the server on which the slot was made; see pg_control_system()
    timeline          int         not null,
    epoch             bigint      not null default 0,    -- raised by every new leader
    acknowledged_lsn  pg_lsn,                            -- an upper bound: committed before it is acknowledged
    registered_at     timestamptz not null default clock_timestamp()
);

-- Raised when a source's database came back older than its consumers: sourceepoch on the wire.
create table if not exists tidemark.source (
    name  text   not null primary key,
    epoch bigint not null default 0
);

-- Puts an empty transaction into the write-ahead log when a slot has fallen far behind it. The server tells a reader
-- nothing of transactions that have no event, so that a quiet outbox beside busy tables would hold the log back: the
-- relay calls this every second, and can acknowledge up to the message. Writes nothing while the slot keeps up.
create or replace function tidemark.heartbeat(slot text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from pg_replication_slots s
               where s.slot_name = $1 and pg_current_wal_lsn() - s.confirmed_flush_lsn > 1024 * 1024) then
        perform pg_logical_emit_message(true, 'tidemark.heartbeat', '');
    end if;
end
$$;
revoke execute on function tidemark.heartbeat(text) from public;
