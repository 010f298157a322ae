-- V006  Subscribers that begin with what the outbox has retained.
--
-- Forward-only, safe to run twice, takes a lock on tidemark.subscriber only. Run as the owner of the schema tidemark;
-- PostgreSQL 15 to 18.

-- True while what a new subscriber begins with is still being stored in its backlog. Nothing is delivered to it until
-- then, and what is captured meanwhile is stored behind.
alter table tidemark.subscriber add column if not exists loading boolean not null default false;

-- As in V002; and while a subscriber is loading, for the relay must then see the slot pass the end of the log, also
-- where nothing is written.
create or replace function tidemark.heartbeat(slot text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from pg_replication_slots s
               where s.slot_name = $1 and pg_current_wal_lsn() - s.confirmed_flush_lsn > 1024 * 1024)
       or exists (select from tidemark.subscriber s where s.slot = $1 and s.loading) then
        perform pg_logical_emit_message(true, 'tidemark.heartbeat', '');
    end if;
end
$$;
revoke execute on function tidemark.heartbeat(text) from public;
