-- V011  Functions of the outbox, mended: what is kept nowhere is refused without a slot, upkeep gets in nobody's way, and
--       a schema that leaves its publication is noticed.
--
-- Forward-only, safe to run twice, takes no lock on any table: functions are replaced, and who may call them stays as it
-- is. Run as the owner of the schema that has the outbox, which must be first in search_path; PostgreSQL 15 to 18.

do $$
begin
    if to_regclass(format('%I.outbox', current_schema())) is null then
        raise exception 'schema % has no outbox', current_schema()
            using hint = 'Put the schema of the outbox first in search_path, and apply V001 before this.';
    end if;
end
$$;

-- What is kept in the write-ahead log only, as these two modes have it, is gone unless a slot holds the log for a relay.
create or replace function tidemark.outbox_needs_slot() returns void
language plpgsql stable
as $$
begin
    if current_setting('wal_level') <> 'logical' then
        raise exception 'wal_level is %, so that events that are only in the write-ahead log would be lost',
                current_setting('wal_level')
            using errcode = 'object_not_in_prerequisite_state', hint = 'Set wal_level to logical and restart PostgreSQL.';
    end if;
    if not exists (select from tidemark.relay r join pg_replication_slots s on s.slot_name = r.slot
                   where s.database = current_database() and s.wal_status is distinct from 'lost') then
        raise exception 'no relay has a replication slot here, so that events that are only in the write-ahead log would be lost'
            using errcode = 'object_not_in_prerequisite_state', hint = 'Run "tidemark migrate", which makes the slot.';
    end if;
end
$$;

-- TRANSIENT, as in V001; and it refuses to run without a slot.
create or replace function outbox_append_transient(
    ids uuid[], sources text[], tenantids text[], aggregatetypes text[], aggregateids text[],
    aggregateversions bigint[], counted boolean[], types text[], schemaversions int[], datacontenttypes text[],
    payloads text[], traceparents text[], headers text[], occurredats timestamptz[])
returns table (id uuid, aggregateversion bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    versions bigint[] := $6;
begin
    perform tidemark.outbox_needs_slot();
    for i in 1 .. coalesce(cardinality($1), 0) loop
        if $7[i] then
            versions[i] := outbox_version_claim($2[i], $3[i], $4[i], $5[i]);
        end if;
    end loop;
    insert into outbox (id, source, tenantid, aggregatetype, aggregateid, aggregateversion, type, schemaversion,
                        datacontenttype, payload, traceparent, headers, occurredat)
    select e.id, e.source, e.tenantid, e.aggregatetype, e.aggregateid, e.aggregateversion, e.type, e.schemaversion,
           e.datacontenttype, e.payload::json, e.traceparent, e.headers::json, e.occurredat
    from unnest($1, $2, $3, $4, $5, versions, $8, $9, $10, $11, $12, $13, $14) with ordinality
         as e (id, source, tenantid, aggregatetype, aggregateid, aggregateversion, type, schemaversion,
               datacontenttype, payload, traceparent, headers, occurredat, ord)
    order by e.ord;
    delete from outbox where id = any ($1);
    return query select e.id, e.version from unnest($1, versions) with ordinality as e (id, version, ord) order by e.ord;
end
$$;

-- WAL_ONLY, as in V001; and a message is in UTF-8 whatever the database is encoded in, for the log has its bytes as they
-- are: a relay has no other way to know.
create or replace function outbox_append_wal_only(
    heads text[], tails text[], sources text[], tenantids text[], aggregatetypes text[], aggregateids text[],
    counted boolean[], aggregateversions bigint[])
returns table (ord int, aggregateversion bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    message text;
begin
    perform tidemark.outbox_needs_slot();
    for i in 1 .. coalesce(cardinality($1), 0) loop
        ord := i;
        aggregateversion := case when $7[i] then outbox_version_claim($3[i], $4[i], $5[i], $6[i]) else $8[i] end;
        message := $1[i] || coalesce('"aggregateversion":"' || aggregateversion || '",', '') || $2[i];
        if message is null or json_typeof(message::json) <> 'object' then
            raise exception 'message % must be a JSON object', i using errcode = 'invalid_parameter_value';
        end if;
        perform pg_logical_emit_message(true, 'tidemark.outbox.v1', convert_to(message, 'UTF8'));
        return next;
    end loop;
end
$$;

-- As in V001; and writers of a day that has begun wait before they look for their partition, and so find the new one: for
-- the lock of the outbox, and for that of outbox_default as before. Large events count, too.
create or replace function tidemark.outbox_create_partition(day date) returns text
language plpgsql
as $$
declare
    name    text := 'outbox_p' || to_char(day, 'YYYYMMDD');
    first   uuid := tidemark.outbox_first_id(day);
    beyond  uuid := tidemark.outbox_first_id(day + 1);
    sizes   cursor for select coalesce(octet_length(payload::text), 0) + coalesce(octet_length(headers::text), 0)
                       from outbox_default where id >= first and id < beyond;
    size    bigint;
    events  int := 0;
    bytes   bigint := 0;
    columns text;
    moved   bigint;
begin
    -- Writers wait while rows are moved, and while attach partition searches the default partition for more. Up to these
    -- limits that is half a second; where there is more, it stays. What counts is the text: it is not in the table's own
    -- size when it is large, and takes its time also where it is stored compressed. Nobody waits while it is counted.
    open sizes;
    loop
        fetch sizes into size;
        exit when not found or events > 10000 or bytes > 16 * 1024 * 1024;
        events := events + 1;
        bytes := bytes + size;
    end loop;
    close sizes;
    if pg_relation_size('outbox_default') > 256 * 1024 * 1024 or events > 10000 or bytes > 16 * 1024 * 1024 then
        return 'not created: outbox_default has too many rows to move them without holding up writers';
    end if;
    -- A writer that had looked for its partition already would fail once there is another one. A day to come has none.
    if day <= (now() at time zone 'UTC')::date then
        lock table only outbox in share row exclusive mode;
    end if;
    lock table outbox_default in access exclusive mode;
    execute format('create table %I (like outbox including all)', name);
    select string_agg(quote_ident(attname), ', ') into columns from pg_attribute
    where attrelid = 'outbox'::regclass and attnum > 0 and not attisdropped and attgenerated = '';
    execute format('insert into %I (%s) select %s from outbox_default where id >= $1 and id < $2', name, columns, columns)
        using first, beyond;
    delete from outbox_default where id >= first and id < beyond;
    get diagnostics moved = row_count;
    execute format('alter table outbox attach partition %I for values from (%L) to (%L)', name, first, beyond);
    return format('created, with %s rows of outbox_default', moved);
end
$$;

-- What every registered slot has confirmed, and its relay has settled, who notes that before it confirms: a slot that is
-- beyond was moved or made anew by somebody else. Where no relay has ever read, there is no such note. Null if no slot is
-- registered, or one is missing.
create or replace function tidemark.outbox_confirmed_lsn() returns pg_lsn
language plpgsql stable
as $$
begin
    return (select case when count(*) = count(s.confirmed_flush_lsn)
                        then min(least(s.confirmed_flush_lsn, case when r.epoch > 0 then r.acknowledged_lsn end)) end
            from tidemark.relay r
            left join pg_replication_slots s on s.slot_name = r.slot and s.database = current_database());
end
$$;

-- As in V005; and where the outbox is published by its schema, the oid of that membership tells that it was taken out and
-- put back, which leaves the publication's row as it was. Other schemas of the publication do not matter.
create or replace function tidemark.published_as(publication text, outbox text) returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select format('oid %s, version %s, membership %s, %s, %s, %s, %s',
                  p.oid, p.xmin, coalesce(m.oid::text, 'by schema ' || n.oid, 'by database'),
                  case when p.pubinsert then 'inserts' else 'no inserts' end,
                  case when p.pubviaroot then 'via root' else 'not via root' end,
                  case when m.prattrs is null then 'all columns' else 'some columns' end,
                  case when m.prqual is null then 'all rows' else 'some rows' end)
    from pg_publication p
    left join pg_publication_rel m on m.prpubid = p.oid and m.prrelid = to_regclass($2)
    left join pg_publication_namespace n on n.pnpubid = p.oid
         and n.pnnspid = (select c.relnamespace from pg_class c where c.oid = to_regclass($2))
    where p.pubname = $1
$$;

-- As in V001: what functions that run with their owner's rights see must not depend on the caller, and nobody may call
-- them but who was given that right already.
do $$
declare
    f record;
begin
    for f in select oid::regprocedure as signature, prosecdef from pg_proc
             where pronamespace = quote_ident(current_schema())::regnamespace
                   and proname in ('outbox_append_transient', 'outbox_append_wal_only')
                or pronamespace = 'tidemark'::regnamespace and proname ~ '^outbox_' loop
        execute format('revoke execute on function %s from public', f.signature);
        if f.prosecdef then
            execute format('alter function %s set search_path = %I, pg_temp', f.signature, current_schema());
        end if;
    end loop;
end
$$;
