-- Roles  Who may do what: the writer appends, the relay reads, the consumer keeps its inbox, the operator asks.
--
-- Run as superuser in each database that has the outbox or the inbox, after V001 to V011, with the same search_path;
-- safe to run twice, and again after an upgrade. Roles belong to the whole server, grants to this database. Then:
--   grant tidemark_writer to orders_app;              -- the service that writes events
--   grant tidemark_consumer to shipping_app;          -- the service that handles them
--   grant tidemark_operator to jane;                  -- who looks after the backlog
--   alter role tidemark_relay password '…';           -- and a line for it in pg_hba.conf
--
-- A role with REPLICATION may decode the changes of all tables of the database, whatever it may select: that is how
-- PostgreSQL has it. Guard the relay's password as you guard the data.

do $$
begin
    if not exists (select from pg_roles where rolname = 'tidemark_writer') then
        create role tidemark_writer nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'tidemark_consumer') then
        create role tidemark_consumer nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'tidemark_relay') then
        create role tidemark_relay login replication;
    end if;
    if not exists (select from pg_roles where rolname = 'tidemark_operator') then
        create role tidemark_operator nologin;
    end if;
end
$$;

-- The outbox and the inbox are in the schema that is first in search_path.
do $$
begin
    execute format('grant usage on schema %I to tidemark_writer, tidemark_relay, tidemark_consumer', current_schema());
end
$$;

-- The writer: adds events, counts versions, and no more. What it has written it can neither read nor change.
grant insert on outbox to tidemark_writer;
grant execute on function outbox_version_claim(text, text, text, text, bigint) to tidemark_writer;
grant execute on function outbox_version_advance(text, text, text, text, bigint, bigint) to tidemark_writer;
grant execute on function outbox_append_transient(
    uuid[], text[], text[], text[], text[], bigint[], boolean[], text[], int[], text[], text[], text[], text[],
    timestamptz[]) to tidemark_writer;
grant execute on function outbox_append_wal_only(text[], text[], text[], text[], text[], text[], boolean[], bigint[])
    to tidemark_writer;

-- Only our functions emit logical messages: one that anybody could emit, anybody could forge. Their signatures are
-- others from PostgreSQL 17 on, and other extensions that emit messages need a grant of their own now.
do $$
declare
    emit  regprocedure;
    owner regrole;
begin
    for emit in select oid from pg_proc where proname = 'pg_logical_emit_message' and pronamespace = 'pg_catalog'::regnamespace loop
        execute format('revoke execute on function %s from public', emit);
        for owner in select proowner from pg_proc
                     where proname = 'outbox_append_wal_only' and pronamespace = quote_ident(current_schema())::regnamespace
                        or proname in ('heartbeat', 'nudge') and pronamespace = 'tidemark'::regnamespace loop
            execute format('grant execute on function %s to %s', emit, owner);
        end loop;
    end loop;
end
$$;

-- The relay: reads the outbox, keeps its own tables, and may have the outbox maintained. It owns nothing.
grant select on outbox, outbox_version to tidemark_relay;
grant usage on schema tidemark to tidemark_relay;
grant select, insert, update, delete on tidemark.relay, tidemark.source to tidemark_relay;
grant select on tidemark.outbox_retired, tidemark.outbox_mark to tidemark_relay;   -- to write these is to choose what is dropped
grant execute on function tidemark.maintain_outbox(interval, interval), tidemark.heartbeat(text), tidemark.nudge()
    to tidemark_relay;
grant select, insert, update, delete on tidemark.backlog to tidemark_relay;
grant select, insert, update on tidemark.subscriber to tidemark_relay;
grant select, insert, update (state, events, answer, done_at) on tidemark.command to tidemark_relay;
grant select, insert, update (cancelled_at, state, total, seen, stored, answer, began_at, stored_at, done_at)
    on tidemark.redelivery to tidemark_relay;
-- And the version of this SQL, if migrate has applied it: tidemark doctor compares.
do $$
begin
    if to_regclass(format('%I.tidemark_schema_history', current_schema())) is not null then
        execute format('grant select on %I.tidemark_schema_history to tidemark_relay', current_schema());
    end if;
end
$$;

-- The operator: sees the backlog, payloads too, and asks the relay to do something with it, or to send events again; who
-- asked, and what came of it, is not the operator's to say.
grant usage on schema tidemark to tidemark_operator;
grant select on tidemark.backlog, tidemark.subscriber, tidemark.command, tidemark.redelivery to tidemark_operator;
grant insert (slot, subscriber, verb, ids, aggregate, reason) on tidemark.command to tidemark_operator;
grant insert (slot, subscriber, kind, since, aggregate, latest, aggregatetype, ids, tenantids), update (cancelled_at)
    on tidemark.redelivery to tidemark_operator;

-- Where a relay delivers to this database: adds incoming events, and knows by their keys which are there. No payload.
grant insert (consumer, source, id, redelivery, tenantid, aggregatetype, aggregateid, aggregateversion, type, event),
    select (consumer, source, id, redelivery) on incoming to tidemark_relay;

-- The consumer: its inbox, and what is incoming.
grant select, update (handledat), delete on incoming to tidemark_consumer;
grant select, insert, update on inbox_watermark to tidemark_consumer;
grant select, insert, delete on inbox_seen to tidemark_consumer;
grant select, insert, update, delete on inbox_tombstone, inbox_waiting, inbox_dead to tidemark_consumer;
