package dev.tidemark.contracts;

import static java.util.Objects.requireNonNull;

import dev.tidemark.contracts.schema.SchemaDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The contracts of all types of events, as they stand in {@code <aggregate type>/<type>/<version>.json}, beside
 * {@code contract.yaml}, which says who writes and who reads them.
 *
 * <pre>{@code
 * Contracts contracts = Contracts.load(Path.of("contracts"));
 * contracts.requireValid("order", "order-placed", 2, json);
 * }</pre>
 */
public final class Contracts {

    private final SortedMap<String, Contract> byName;

    Contracts(Collection<Contract> contracts) {
        SortedMap<String, Contract> sorted = new TreeMap<>();
        contracts.forEach(contract -> sorted.put(contract.name(), contract));
        this.byName = Collections.unmodifiableSortedMap(sorted);
    }

    /**
     * Reads all contracts in a folder.
     *
     * @throws ContractsException if a file is none that is expected, or no schema, or a version is missing
     * @throws IOException if there is no such folder, or it cannot be read
     */
    public static Contracts load(Path folder) throws IOException {
        return of(folder.toString(), ContractFolder.read(folder));
    }

    /**
     * Reads contracts from the class path of a service, as {@code load(Orders.class.getClassLoader(), "contracts")}.
     * In a jar, the folder must have an entry of its own, as those that Maven and Gradle make have.
     *
     * @throws ContractsException like {@link #load(Path)}
     * @throws IOException if nothing on the class path has this name, or it cannot be read
     */
    public static Contracts load(ClassLoader loader, String resource) throws IOException {
        return of(resource, ContractFolder.read(loader, resource));
    }

    static Contracts of(String where, Map<String, String> files) {
        ContractReader reader = new ContractReader(files);
        if (!reader.problems().isEmpty()) {
            throw new ContractsException(where, reader.problems());
        }
        return new Contracts(reader.contracts());
    }

    /** By the names of their folders. */
    public Collection<Contract> all() {
        return byName.values();
    }

    @Nullable
    Contract named(String name) {
        return byName.get(name);
    }

    /**
     * Requires that a payload is what its contract says.
     *
     * @param payload as JSON; null for an event without one, which is checked as if it were {@code null}
     * @throws IllegalArgumentException if it is not, or there is no contract for it, saying why
     */
    public void requireValid(String aggregateType, String type, int schemaVersion, @Nullable String payload) {
        requireNonNull(aggregateType, "aggregateType");
        Contract contract = byName.get(aggregateType + "/" + type);
        if (contract == null) {
            throw new IllegalArgumentException("there is no contract for " + aggregateType + "/" + type
                    + "; add one, or spell it like one of " + byName.keySet());
        }
        SchemaDocument schema = contract.version(schemaVersion);
        List<String> problems = schema.problemsOf(payload == null ? "null" : payload);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("the payload is not what " + contract.name() + " version "
                    + schemaVersion + " says: " + String.join("; ", problems));
        }
    }
}
