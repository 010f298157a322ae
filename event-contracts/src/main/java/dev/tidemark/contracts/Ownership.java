package dev.tidemark.contracts;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** What a {@code contract.yaml} says: who writes events of a type, and who reads them. */
record Ownership(String owner, String description, List<Consumer> consumers) {

    static final Ownership UNKNOWN = new Ownership("", "", List.of());

    private static final Set<String> KEYS = Set.of("owner", "description", "consumers");
    private static final Set<String> CONSUMER_KEYS = Set.of("name", "reads");

    /** Adds what is wrong to {@code problems}, and keeps what is not. */
    static Ownership parse(String path, String text, List<String> problems) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        try {
            Object root = new Yaml(new SafeConstructor(options)).load(text);
            if (root instanceof Map) {
                return new Reading(path, problems).ownership((Map<?, ?>) root);
            }
            problems.add(path + " must have owner and consumers, such as \"owner: orders\"");
        } catch (YAMLException e) {
            problems.add(path + " must be YAML, but is not: " + e.getMessage());
        }
        return UNKNOWN;
    }

    private record Reading(String path, List<String> problems) {

        Ownership ownership(Map<?, ?> root) {
            requireKnown("", root, KEYS);
            String owner = text("owner", root.get("owner"));
            if (owner.isEmpty()) {
                problems.add(path + ": owner is required, but is not set; it is the service that writes these events");
            }
            return new Ownership(owner, text("description", root.get("description")), consumers(root.get("consumers")));
        }

        private List<Consumer> consumers(@Nullable Object value) {
            List<Consumer> consumers = new ArrayList<>();
            if (value instanceof List) {
                ((List<?>) value).forEach(item -> consumers.add(consumer("consumers[" + consumers.size() + "]", item)));
            } else if (value != null) {
                problems.add(path + ": consumers must be a list, such as [{ name: inventory, reads: 1 }]");
            }
            return consumers;
        }

        private Consumer consumer(String key, @Nullable Object item) {
            if (!(item instanceof Map)) {
                problems.add(path + ": " + key + " must be such as { name: inventory, reads: 1 }, but was: " + item);
                return new Consumer("", 1);
            }
            Map<?, ?> map = (Map<?, ?>) item;
            requireKnown(key + ".", map, CONSUMER_KEYS);
            String name = text(key + ".name", map.get("name"));
            Object reads = map.get("reads");
            if (name.isEmpty()) {
                problems.add(path + ": " + key + ".name is required, but is not set");
            }
            if (!(reads instanceof Integer i) || i < 1) {
                problems.add(path + ": " + key + ".reads must be the newest version that it knows, from 1, but was: "
                        + reads);
                return new Consumer(name, 1);
            }
            return new Consumer(name, i);
        }

        private String text(String key, @Nullable Object value) {
            if (value == null) {
                return "";
            }
            if (!(value instanceof String string)) {
                problems.add(path + ": " + key + " must be text, but was: " + value);
                return "";
            }
            return string.strip();
        }

        private void requireKnown(String prefix, Map<?, ?> map, Set<String> known) {
            for (Object key : map.keySet()) {
                if (!known.contains(String.valueOf(key))) {
                    problems.add(path + ": " + prefix + key + " is not a setting; there are "
                            + known.stream().sorted().toList());
                }
            }
        }
    }
}
