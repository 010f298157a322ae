-- V005  By what a relay knows its outbox and its publication again.
--
-- Forward-only, safe to run twice, takes a lock on tidemark.relay only. Run as the owner of the schema tidemark;
-- PostgreSQL 15 to 18.

-- A table or publication that was dropped and made anew has the old name, and has lost what was written in between.
alter table tidemark.relay
    add column if not exists outbox_oid   oid,
    add column if not exists published_as text;         -- see tidemark.published_as()

comment on column tidemark.relay.acknowledged_lsn is
    'everything up to here is settled; committed before the slot is told, so that a slot beyond it was moved by somebody else';

-- How the outbox is published, in one line that is another one after every change: the row version (xmin) tells what
-- was altered, also when it was altered back; the oid of the membership, that the table was taken out and put back.
-- Other tables of the publication do not matter. Null if there is no such publication.
create or replace function tidemark.published_as(publication text, outbox text) returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select format('oid %s, version %s, membership %s, %s, %s, %s, %s',
                  p.oid, p.xmin, coalesce(m.oid::text, 'by schema or database'),
                  case when p.pubinsert then 'inserts' else 'no inserts' end,
                  case when p.pubviaroot then 'via root' else 'not via root' end,
                  case when m.prattrs is null then 'all columns' else 'some columns' end,
                  case when m.prqual is null then 'all rows' else 'some rows' end)
    from pg_publication p left join pg_publication_rel m on m.prpubid = p.oid and m.prrelid = to_regclass($2)
    where p.pubname = $1
$$;
