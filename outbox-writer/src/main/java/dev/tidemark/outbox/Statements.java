package dev.tidemark.outbox;

/**
 * The one statement that appends, for each storage. Its parameters are the columns of a {@link Batch}: first
 * the source, then one array for each part of the aggregates, then one for each part of the events; its result
 * is one version for each event, in their order.
 */
final class Statements {

    private Statements() {}

    static String append(TableName table, Storage storage) {
        return versioned(table)
                + switch (storage) {
                    case RETAINED -> retained(table);
                    case TRANSIENT -> transientAppend(table);
                    case WAL_ONLY -> walOnly(table);
                };
    }

    /** Claims versions aggregate by aggregate, in the order of the arrays: the order in which locks are taken. */
    private static String versioned(TableName table) {
        return """
                with aggregate as materialized (
                    select a.ord, a.source, a.tenantid, a.aggregatetype, a.aggregateid,
                           case when a.counted > 0
                                then %s(a.source, a.tenantid, a.aggregatetype, a.aggregateid, a.counted) - a.counted
                                when a.last is not null
                                then %s(a.source, a.tenantid, a.aggregatetype, a.aggregateid, a.first, a.last)
                           end as base
                    from (select ?::text as source, u.*
                          from unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[])
                               with ordinality as u (tenantid, aggregatetype, aggregateid, counted, first, last, ord)
                          order by u.ord) as a
                ), event as materialized (
                    select e.ord, e.id, a.source, a.tenantid, a.aggregatetype, a.aggregateid,
                           coalesce(e.given, a.base + e.rank) as aggregateversion, e.type, e.schemaversion,
                           e.datacontenttype, e.payload, e.traceparent, e.headers, e.occurredat
                    from unnest(?::uuid[], ?::int[], ?::bigint[], ?::bigint[], ?::text[], ?::int[], ?::text[], ?::text[],
                                ?::text[], ?::text[], ?::timestamptz[])
                         with ordinality as e (id, aggregate, rank, given, type, schemaversion, datacontenttype, payload,
                                               traceparent, headers, occurredat, ord)
                    join aggregate a on a.ord = e.aggregate
                )
                """.formatted(table.quoted("_version_claim"), table.quoted("_version_advance"));
    }

    /** The versions come from the events and not by returning, for which the right to insert is not enough. */
    private static String retained(TableName table) {
        return """
                , written as (
                    insert into %s (id, source, tenantid, aggregatetype, aggregateid, aggregateversion, type, schemaversion,
                                    datacontenttype, payload, traceparent, headers, occurredat)
                    select id, source, tenantid, aggregatetype, aggregateid, aggregateversion, type, schemaversion,
                           datacontenttype, payload::json, traceparent, headers::json, occurredat
                    from event order by ord
                )
                select aggregateversion from event order by ord""".formatted(table.quoted());
    }

    private static String transientAppend(TableName table) {
        return """
                select f.aggregateversion
                from (select array_agg(id order by ord) as ids, array_agg(source order by ord) as sources,
                             array_agg(tenantid order by ord) as tenantids,
                             array_agg(aggregatetype order by ord) as aggregatetypes,
                             array_agg(aggregateid order by ord) as aggregateids,
                             array_agg(aggregateversion order by ord) as aggregateversions,
                             array_agg(false) as counted, array_agg(type order by ord) as types,
                             array_agg(schemaversion order by ord) as schemaversions,
                             array_agg(datacontenttype order by ord) as datacontenttypes,
                             array_agg(payload order by ord) as payloads,
                             array_agg(traceparent order by ord) as traceparents,
                             array_agg(headers order by ord) as headers,
                             array_agg(occurredat order by ord) as occurredats
                      from event) as b,
                     %s(b.ids, b.sources, b.tenantids, b.aggregatetypes, b.aggregateids, b.aggregateversions, b.counted,
                        b.types, b.schemaversions, b.datacontenttypes, b.payloads, b.traceparents, b.headers,
                        b.occurredats) with ordinality as f (id, aggregateversion, ord)
                order by f.ord""".formatted(table.quoted("_append_transient"));
    }

    /** The payload of an event is its JSON here, without the brace that opens it. */
    private static String walOnly(TableName table) {
        return """
                select f.aggregateversion
                from (select array_agg('{'::text) as heads, array_agg(payload order by ord) as tails,
                             array_agg(source order by ord) as sources, array_agg(tenantid order by ord) as tenantids,
                             array_agg(aggregatetype order by ord) as aggregatetypes,
                             array_agg(aggregateid order by ord) as aggregateids, array_agg(false) as counted,
                             array_agg(aggregateversion order by ord) as aggregateversions
                      from event) as b,
                     %s(b.heads, b.tails, b.sources, b.tenantids, b.aggregatetypes, b.aggregateids, b.counted,
                        b.aggregateversions) as f
                order by f.ord""".formatted(table.quoted("_append_wal_only"));
    }
}
