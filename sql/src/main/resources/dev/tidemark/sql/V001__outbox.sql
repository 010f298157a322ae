-- V001  The outbox, its version counter, and the publication through which the relay reads it.
--
-- Forward-only, safe to run twice, takes no lock on any other table. Run as the owner of the schema that is
-- first in search_path, who may also create a schema and a publication in this database; PostgreSQL 15 to 18.
-- One outbox for each database. Who may do what afterwards: roles.sql.

create schema if not exists tidemark;

do $$
begin
    if has_schema_privilege('public', current_schema(), 'create') then
        raise exception 'everybody may create objects in schema %, where functions of the outbox, which run with their owner''s rights, would find them',
                current_schema()
            using hint = format('Run: revoke create on schema %I from public', current_schema());
    end if;
    if exists (select from pg_publication_tables
               where pubname = 'tidemark_outbox' and schemaname <> current_schema()) then
        raise exception 'schema % cannot have an outbox: this database has one in another schema already',
                current_schema()
            using hint = 'Put the schema of the present outbox first in search_path, or use another database.';
    end if;
end
$$;

create table if not exists outbox (
    id               uuid        not null primary key,   -- UUIDv7 made by the writer; consumers deduplicate by it
    source           text        not null,               -- the service; a URI reference such as orders
    tenantid         text        not null default '',    -- '' when there are no tenants
    aggregatetype    text        not null,               -- routing
    aggregateid      text        not null,               -- ordering
    aggregateversion bigint,                             -- 1, 2, 3 … one for each event; null for an unversioned type
    type             text        not null,               -- what happened, such as order-placed
    schemaversion    int         not null default 1,     -- of the payload
    datacontenttype  text        not null default 'application/json',
    payload          json,                               -- json, not jsonb: less WAL, and key order survives; SQL NULL is a tombstone
    traceparent      text,                               -- W3C trace context of the writer
    headers          json,                               -- object, string to string: correlation, causation, tracestate …
    occurredat       timestamptz not null default clock_timestamp(),

    -- The writer checks all this with better messages. These are for COPY and plain SQL, which pass by it: what
    -- could not travel fails in the transaction that wrote it, and not later in the relay.
    constraint outbox_id_is_uuidv7 check (               -- partitions are ranges of time, and v7 is time
        get_byte(uuid_send(id), 6) between 112 and 127 and get_byte(uuid_send(id), 8) between 128 and 191),
    constraint outbox_source_is_uri_reference check (source ~ '^[A-Za-z0-9._~:/?#@!$&''()*+,;=%-]{1,255}$'),
    constraint outbox_tenantid_is_short_text check (length(tenantid) <= 255 and tenantid !~ '[\x01-\x1f\x7f]'),
    constraint outbox_aggregatetype_is_name check (aggregatetype ~ '^[a-z][a-z0-9._-]{0,63}$'),
    constraint outbox_aggregateid_is_short_text check (
        length(aggregateid) between 1 and 255 and aggregateid !~ '[\x01-\x1f\x7f]'),
    constraint outbox_aggregateversion_is_positive check (aggregateversion > 0),
    constraint outbox_type_is_name check (type ~ '^[A-Za-z][A-Za-z0-9._-]{0,127}$'),
    constraint outbox_schemaversion_is_positive check (schemaversion > 0),
    constraint outbox_datacontenttype_is_json check (    -- the payload is json, whatever it is called
        datacontenttype ~ '^[a-z]+/([a-z0-9.-]+\+)?json( ?; ?[a-z]+=[A-Za-z0-9._-]+)*$' and length(datacontenttype) <= 255),
    constraint outbox_payload_is_at_most_16_mib check (octet_length(payload::text) <= 16777216),
    constraint outbox_payload_has_no_u0000 check (       -- neither text nor jsonb of a consumer could hold it
        position('\u0000' in payload::text) = 0 or payload::text !~ '(^|[^\\])(\\\\)*\\u0000'),
    constraint outbox_traceparent_is_w3c check (traceparent ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'),
    constraint outbox_headers_are_at_most_16_kib check (octet_length(headers::text) <= 16384),
    constraint outbox_headers_have_no_u0000 check (
        position('\u0000' in headers::text) = 0 or headers::text !~ '(^|[^\\])(\\\\)*\\u0000'),
    constraint outbox_headers_map_names_to_strings check (
        case when position('\u0000' in headers::text) > 0 then true    -- jsonb would refuse it with a worse message
             else json_typeof(headers) = 'object'
                  and not jsonb_path_exists(headers::jsonb, 'strict $.* ? (@.type() != "string")')
                  and not jsonb_path_exists(headers::jsonb, 'strict $.keyvalue() ? (!(@.key like_regex "^[a-z0-9]{1,20}$"))')
        end),
    constraint outbox_headers_leave_our_names_alone check (            -- on the wire they stand beside these
        case when json_typeof(headers) <> 'object' or position('\u0000' in headers::text) > 0 then true
             else not jsonb_exists_any(headers::jsonb, array[
                  'specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema', 'data',
                  'aggregatetype', 'aggregateid', 'aggregateversion', 'partitionkey', 'tenantid',
                  'sourceepoch', 'schemaversion', 'traceparent', 'redelivery', 'payload', 'occurredat', 'headers'])
        end),
    constraint outbox_occurredat_has_four_digit_year check (           -- what RFC 3339 can say
        occurredat >= '1970-01-01 00:00:00+00' and occurredat < '9999-12-31 00:00:00+00')
) partition by range (id);                               -- the key stays unique over all partitions, and old ones go whole

comment on table outbox is 'Events to be relayed, written in the transaction of the change they tell of.';
comment on column outbox.payload is 'JSON as it was written; SQL NULL is a tombstone, JSON null is an event with the payload null';

-- Takes the events for which there is no daily partition: those of writers with a wrong clock, and all before
-- the first tidemark.maintain_outbox.
create table if not exists outbox_default partition of outbox default;

-- Inserts only: deleting or dropping old rows reaches nobody. Partitions go by the name of their root.
do $$
begin
    if not exists (select from pg_publication where pubname = 'tidemark_outbox') then
        create publication tidemark_outbox for table outbox
            with (publish = 'insert', publish_via_partition_root = true);
    end if;
end
$$;

create table if not exists outbox_version (
    source        text   not null,
    tenantid      text   not null,
    aggregatetype text   not null,
    aggregateid   text   not null,
    version       bigint not null,                       -- the last one claimed
    primary key (source, tenantid, aggregatetype, aggregateid)
) with (fillfactor = 70);                                -- every event updates a row: leave room to do it in its page

-- Claims the next n versions of an aggregate, and returns the last of them. The row stays locked until the
-- transaction ends, which makes the order of versions the order of commits. Under repeatable read and stricter a
-- contended aggregate fails with 40001: run the transaction again.
create or replace function outbox_version_claim(
    source text, tenantid text, aggregatetype text, aggregateid text, n bigint default 1)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    last bigint;
begin
    if $5 is null or $5 < 1 then
        raise exception 'n must be 1 or more, but was: %', $5 using errcode = 'invalid_parameter_value';
    end if;
    insert into outbox_version as v (source, tenantid, aggregatetype, aggregateid, version)
    values ($1, $2, $3, $4, $5)
    on conflict (source, tenantid, aggregatetype, aggregateid) do update set version = v.version + excluded.version
    returning v.version into last;
    return last;
end
$$;

-- For aggregate types whose versions come from the caller: notes that versions first to last are used, and refuses
-- them unless all are above those noted before, so that no version is used twice. Locks the row as claiming does.
create or replace function outbox_version_advance(
    source text, tenantid text, aggregatetype text, aggregateid text, first bigint, last bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    noted bigint;
begin
    if $5 is null or $6 is null or $5 < 1 or $6 < $5 then
        raise exception 'versions go from 1 or more to at least as much, but were: % to %', $5, $6
            using errcode = 'invalid_parameter_value';
    end if;
    insert into outbox_version as v (source, tenantid, aggregatetype, aggregateid, version)
    values ($1, $2, $3, $4, $6)
    on conflict (source, tenantid, aggregatetype, aggregateid) do update set version = excluded.version
        where v.version < $5
    returning v.version into noted;
    if noted is null then
        raise exception 'version % of % % of % is used already, or is below one that is', $5, $3, $4, $1
            using errcode = 'unique_violation',
                  hint = 'Each event needs a version of its own, one more than that of the event before.';
    end if;
    return noted;
end
$$;

-- TRANSIENT: inserts events and deletes them again, so that they are in the write-ahead log and nowhere else. Two
-- statements, because one with a CTE does not see the rows it has just inserted. Arrays of one length, one element
-- for each event; a version is claimed where counted is true. Returns them in the order of the arrays.
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

-- WAL_ONLY: emits events as logical messages, each head || version || tail, which must be the JSON of a structured
-- CloudEvent. Nothing is kept: without a slot they would be gone, so it refuses to run without one.
create or replace function outbox_append_wal_only(
    heads text[], tails text[], sources text[], tenantids text[], aggregatetypes text[], aggregateids text[],
    counted boolean[], aggregateversions bigint[])
returns table (ord int, aggregateversion bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    message text;
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
    for i in 1 .. coalesce(cardinality($1), 0) loop
        ord := i;
        aggregateversion := case when $7[i] then outbox_version_claim($3[i], $4[i], $5[i], $6[i]) else $8[i] end;
        message := $1[i] || coalesce('"aggregateversion":"' || aggregateversion || '",', '') || $2[i];
        if message is null or json_typeof(message::json) <> 'object' then
            raise exception 'message % must be a JSON object', i using errcode = 'invalid_parameter_value';
        end if;
        perform pg_logical_emit_message(true, 'tidemark.outbox.v1', message);
        return next;
    end loop;
end
$$;

-- Upkeep. The relay calls tidemark.maintain_outbox every few minutes; it runs with the rights of the outbox's owner.

-- Partitions that were detached, and how far a slot must have confirmed before they may go.
create table if not exists tidemark.outbox_retired (
    partition  text        not null primary key check (partition ~ '^outbox_p\d{8}$'),   -- and nothing else is ever dropped
    lsn        pg_lsn      not null,                     -- every insert into it was committed before this
    retired_at timestamptz not null default clock_timestamp()
);

-- Links transactions to the write-ahead log: all with an id below oldest_xid had ended when it had come to lsn.
create table if not exists tidemark.outbox_mark (
    lsn        pg_lsn      not null primary key,
    oldest_xid xid8        not null,
    taken_at   timestamptz not null default clock_timestamp()
);

-- What every registered slot has confirmed; null if none is registered, or one is missing.
create or replace function tidemark.outbox_confirmed_lsn() returns pg_lsn
language plpgsql stable
as $$
begin
    return (select case when count(*) = count(s.confirmed_flush_lsn) then min(s.confirmed_flush_lsn) end
            from tidemark.relay r
            left join pg_replication_slots s on s.slot_name = r.slot and s.database = current_database());
end
$$;

-- The least UUIDv7 of a day in UTC.
create or replace function tidemark.outbox_first_id(day date) returns uuid
language sql immutable strict
as $$
    select rpad(lpad(to_hex(extract(epoch from day)::bigint * 1000), 12, '0'), 32, '0')::uuid
$$;

-- Makes the partition of a day, and moves into it what the default partition has of that day. Those rows are not
-- published again: the new table is not part of the outbox while they are written to it. Returns what it did.
create or replace function tidemark.outbox_create_partition(day date) returns text
language plpgsql
as $$
declare
    name    text := 'outbox_p' || to_char(day, 'YYYYMMDD');
    first   uuid := tidemark.outbox_first_id(day);
    beyond  uuid := tidemark.outbox_first_id(day + 1);
    columns text;
    moved   bigint;
begin
    -- Writers wait while rows are moved, and while attach partition searches the default partition for more. A few
    -- thousand rows take milliseconds; where there are many, they stay.
    if pg_relation_size('outbox_default') > 256 * 1024 * 1024
       or (select count(*) from (select from outbox_default where id >= first and id < beyond limit 10001) as found) > 10000
    then
        return 'not created: outbox_default has too many rows to move them without holding up writers';
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

-- Detaches a partition, so that no row can come into it any more, and notes where the write-ahead log then was.
create or replace function tidemark.outbox_retire_partition(name text) returns text
language plpgsql
as $$
begin
    execute format('alter table outbox detach partition %I', name);
    insert into tidemark.outbox_retired (partition, lsn) values (name, pg_current_wal_insert_lsn());
    return format('detached; goes when every slot has confirmed %s', pg_current_wal_insert_lsn());
end
$$;

-- Drops a detached partition. One that somebody has attached again is left alone.
create or replace function tidemark.outbox_drop_partition(name text) returns text
language plpgsql
as $$
begin
    if exists (select from pg_class where oid = to_regclass(quote_ident(name)) and relispartition) then
        delete from tidemark.outbox_retired where partition = name;
        return 'not dropped: it is attached again';
    end if;
    execute format('drop table if exists %I', name);
    delete from tidemark.outbox_retired where partition = name;
    return 'dropped';
end
$$;

-- Deletes a batch of old rows of the default partition whose inserts every slot has confirmed. Returns how many.
create or replace function tidemark.outbox_clean_default(before timestamptz) returns bigint
language plpgsql
as $$
declare
    passed  tidemark.outbox_mark;
    deleted bigint;
begin
    select * into passed from tidemark.outbox_mark where lsn <= tidemark.outbox_confirmed_lsn() order by lsn desc limit 1;
    if passed.lsn is not null then
        delete from tidemark.outbox_mark where lsn < passed.lsn;
    end if;
    -- One mark that was passed and one that was not are enough. The snapshot is older than the position read after it.
    if not exists (select from tidemark.outbox_mark where lsn > coalesce(passed.lsn, '0/0')) then
        insert into tidemark.outbox_mark (oldest_xid, lsn)
        select pg_snapshot_xmin(pg_current_snapshot()), pg_current_wal_insert_lsn() on conflict do nothing;
    end if;
    -- Transaction ids are compared by age, which is right over a distance of up to 2^31.
    if passed.lsn is null
       or pg_snapshot_xmax(pg_current_snapshot())::text::numeric - passed.oldest_xid::text::numeric > 2000000000 then
        return 0;
    end if;
    delete from outbox_default where ctid = any (array(
        select ctid from outbox_default
        where occurredat < before and age(xmin) > age(passed.oldest_xid::xid) limit 10000));
    get diagnostics deleted = row_count;
    return deleted;
end
$$;

-- Makes daily partitions (UTC) from today to ahead, and takes away what is older than retention and confirmed by every
-- slot of tidemark.relay; without a slot nothing goes. Writers never wait longer than 200 ms for its locks: a step
-- whose lock is not free is reported and left for the next call, and a call that created partitions, and so holds the
-- lock of outbox_default, detaches none. Returns what it did, one row for each step, none if there was nothing to do.
create or replace function tidemark.maintain_outbox(retention interval, ahead interval)
returns table (relation text, done text)
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '200ms'
as $$
declare
    today   date := (now() at time zone 'UTC')::date;
    keep    date := ((now() - retention) at time zone 'UTC')::date;
    holding boolean := false;                            -- the lock of outbox_default, until the caller's transaction ends
    step    record;
begin
    if retention is null or ahead is null or retention < interval '0' or ahead not between interval '0' and interval '1 year' then
        raise exception 'retention must be 0 or more, and ahead from 0 to 1 year, but were: % and %', retention, ahead
            using errcode = 'invalid_parameter_value';
    end if;
    if not pg_try_advisory_xact_lock(hashtext('tidemark.maintain_outbox')) then
        return query select 'outbox', 'not done: another session is at it';
        return;
    end if;
    for step in
        select 1 as nr, 'drop' as what, partition as name, null::date as day
        from tidemark.outbox_retired where lsn <= tidemark.outbox_confirmed_lsn()
        union all
        select 2, 'clean', 'outbox_default', null
        union all
        select 3, 'create', 'outbox_p' || to_char(d, 'YYYYMMDD'), d::date
        from generate_series(today::timestamp, ((now() + ahead) at time zone 'UTC')::date::timestamp, interval '1 day') as d
        where to_regclass('outbox_p' || to_char(d, 'YYYYMMDD')) is null
        union all
        select 4, 'retire', relname, to_date(substr(relname, 9), 'YYYYMMDD')
        from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = 'outbox'::regclass and relname ~ '^outbox_p\d{8}$'
          and to_date(substr(relname, 9), 'YYYYMMDD') < keep
        order by nr, name
    loop
        continue when step.what = 'retire' and holding;
        relation := step.name;
        begin
            case step.what
                when 'drop' then done := tidemark.outbox_drop_partition(step.name);
                when 'clean' then
                    done := nullif(tidemark.outbox_clean_default(now() - retention), 0) || ' old rows deleted';
                when 'create' then
                    done := tidemark.outbox_create_partition(step.day);
                    holding := holding or done like 'created%';
                else done := tidemark.outbox_retire_partition(step.name);
            end case;
        exception when lock_not_available or deadlock_detected then
            done := step.what || ' put off: the lock is not free';
        end;
        if done is not null then
            return next;
        end if;
    end loop;
end
$$;

-- What functions that run with their owner's rights see must not depend on the caller: they get the schema of the
-- outbox, which is known only now, and nobody may call them until roles.sql says so.
do $$
declare
    f record;
begin
    for f in select oid::regprocedure as signature, prosecdef from pg_proc
             where pronamespace = quote_ident(current_schema())::regnamespace
                   and proname in ('outbox_version_claim', 'outbox_version_advance', 'outbox_append_transient', 'outbox_append_wal_only')
                or pronamespace = 'tidemark'::regnamespace and proname ~ '^(outbox_|maintain_outbox)' loop
        execute format('revoke execute on function %s from public', f.signature);
        if f.prosecdef then
            execute format('alter function %s set search_path = %I, pg_temp', f.signature, current_schema());
        end if;
    end loop;
end
$$;
