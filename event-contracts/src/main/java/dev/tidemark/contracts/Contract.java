package dev.tidemark.contracts;

import dev.tidemark.contracts.schema.SchemaDocument;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is agreed on one type of event.
 *
 * @param aggregateType such as {@code order}
 * @param type such as {@code order-placed}
 * @param owner the service that writes these events; empty if nobody said
 * @param description for people; empty if there is none
 * @param consumers the services that read them, as far as anybody said
 * @param versions the schema of each version, by its number from 1, without holes
 */
public record Contract(
        String aggregateType,
        String type,
        String owner,
        String description,
        List<Consumer> consumers,
        SortedMap<Integer, SchemaDocument> versions) {

    public Contract {
        consumers = List.copyOf(consumers);
        versions = Collections.unmodifiableSortedMap(new TreeMap<>(versions));
    }

    /** As its folder is called, such as {@code order/order-placed}. */
    public String name() {
        return aggregateType + "/" + type;
    }

    public int newest() {
        return versions.lastKey();
    }

    /** @throws IllegalArgumentException if there is no such version */
    public SchemaDocument version(int version) {
        SchemaDocument schema = versions.get(version);
        if (schema == null) {
            throw new IllegalArgumentException(
                    "the contract of " + name() + " has no schema version " + version + ", only 1 to " + newest());
        }
        return schema;
    }
}
