package dev.tidemark.contracts;

import dev.tidemark.contracts.schema.SchemaDocument;
import dev.tidemark.contracts.schema.SchemaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes contracts of files, and says all that is wrong with these. */
final class ContractReader {

    /** As {@code outbox-writer} takes them. */
    private static final Pattern FOLDER = Pattern.compile(
            "(?<aggregate>[a-z][a-z0-9._-]{0,63})/(?<type>[A-Za-z][A-Za-z0-9._-]{0,127})/(?<file>[^/]+)");

    private static final Pattern VERSION = Pattern.compile("([1-9][0-9]{0,8})\\.json");
    private static final Pattern IGNORED = Pattern.compile("(.*/)?(\\.[^/]*|[^/]*\\.md)(/.*)?");

    private final List<String> problems = new ArrayList<>();
    private final SortedMap<String, SortedMap<Integer, SchemaDocument>> schemas = new TreeMap<>();
    private final SortedMap<String, Ownership> ownerships = new TreeMap<>();
    private final List<Contract> contracts = new ArrayList<>();

    ContractReader(Map<String, String> files) {
        files.forEach((path, text) -> {
            if (!IGNORED.matcher(path).matches()) {
                read(path, text);
            }
        });
        ownerships.keySet().stream()
                .filter(name -> !schemas.containsKey(name))
                .forEach(name -> problems.add(name + " has a contract.yaml, but no schema; add " + name + "/1.json"));
        schemas.forEach(this::add);
    }

    List<String> problems() {
        return problems;
    }

    /** Of the files that could be read. */
    List<Contract> contracts() {
        return contracts;
    }

    private void read(String path, String text) {
        Matcher place = FOLDER.matcher(path);
        if (!place.matches()) {
            problems.add(path + " is not expected; schemas stand in <aggregate type>/<type>/<version>.json, such as"
                    + " order/order-placed/1.json");
            return;
        }
        String name = place.group("aggregate") + "/" + place.group("type");
        Matcher version = VERSION.matcher(place.group("file"));
        if (version.matches()) {
            readSchema(name, path, Integer.parseInt(version.group(1)), text);
        } else if (place.group("file").equals("contract.yaml")) {
            Ownership ownership = Ownership.parse(path, text, problems);
            ownerships.put(name, ownership);
        } else {
            problems.add(path + " is not expected; beside contract.yaml there are only versions, such as 1.json");
        }
    }

    private void readSchema(String name, String path, int version, String text) {
        SortedMap<Integer, SchemaDocument> versions = schemas.computeIfAbsent(name, each -> new TreeMap<>());
        try {
            versions.put(version, SchemaDocument.parse(path, text));
        } catch (SchemaException e) {
            versions.put(version, SchemaDocument.parse(path, "true"));
            e.problems().forEach(problem -> problems.add(path + ": " + problem));
        }
    }

    private void add(String name, SortedMap<Integer, SchemaDocument> versions) {
        for (int version = 1; version < versions.lastKey(); version++) {
            if (!versions.containsKey(version)) {
                problems.add(name + " has version " + versions.lastKey() + ", but no version " + version
                        + "; versions are numbered from 1, without holes");
            }
        }
        Ownership ownership = ownerships.getOrDefault(name, Ownership.UNKNOWN);
        for (Consumer consumer : ownership.consumers()) {
            if (consumer.reads() > versions.lastKey()) {
                problems.add(name + "/contract.yaml: consumer " + consumer.name() + " reads version " + consumer.reads()
                        + ", but the newest is " + versions.lastKey());
            }
        }
        String[] names = name.split("/", 2);
        contracts.add(new Contract(
                names[0], names[1], ownership.owner(), ownership.description(), ownership.consumers(), versions));
    }
}
