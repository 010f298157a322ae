-- V007  A backlog in another database than the outbox.
--
-- Forward-only, safe to run twice, takes a lock on tidemark.relay only. Run as the owner of the schema tidemark;
-- PostgreSQL 15 to 18. Applied in both databases: the outbox's and the backlog's.

-- Where the backlog is. In the database of the outbox: null if the backlog is there, too. Else the same value is in the
-- one row of the backlog's database, so that a relay knows both again: what is in another database would be lost, and
-- a backlog that came back older than the slot is.
alter table tidemark.relay
    add column if not exists backlog     uuid,
    add column if not exists backlog_lsn pg_lsn;        -- the backlog's database has written down at least this, as acknowledged_lsn

comment on column tidemark.relay.backlog is
    'the same in the database of the outbox and in that of its backlog; null if that is one database';

-- Puts an empty transaction into the log: the relay waits for the slot to pass where the log ends now.
create or replace function tidemark.nudge() returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$
    select pg_logical_emit_message(true, 'tidemark.heartbeat', '')
$$;
revoke execute on function tidemark.nudge() from public;
