package dev.tidemark.relay.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** What all sections of one file share: the problems, and which settings there are. For one thread. */
final class Reading {

    private final Problems problems = new Problems();
    private final Interpolation interpolation;
    private final Map<String, Set<String>> present = new LinkedHashMap<>();
    private final Map<String, Set<String>> known = new LinkedHashMap<>();

    Reading(Interpolation interpolation) {
        this.interpolation = interpolation;
    }

    Problems problems() {
        return problems;
    }

    Interpolation interpolation() {
        return interpolation;
    }

    void known(String path, String key) {
        known.computeIfAbsent(path, p -> new LinkedHashSet<>()).add(key);
    }

    /** The settings of a mapping by name. YAML itself would let a second one of the same name win. */
    Map<String, Node> settings(String path, MappingNode mapping) {
        Map<String, Node> settings = new LinkedHashMap<>();
        Map<String, Integer> lines = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            int line = tuple.getKeyNode().getStartMark().getLine() + 1;
            if (!(tuple.getKeyNode() instanceof ScalarNode name)) {
                problems.add("line " + line, "has a name that is " + kind(tuple.getKeyNode()));
                continue;
            }
            String key = name.getValue();
            Integer earlier = lines.putIfAbsent(key, line);
            if (earlier == null) {
                settings.put(key, tuple.getValueNode());
            } else {
                problems.add(join(path, Shown.text(key)), "is set twice, in line " + earlier + " and in line " + line);
            }
        }
        present.put(path, settings.keySet());
        return settings;
    }

    /** Notes every setting that is in the file and that nobody has asked for. */
    void refuseUnknown() {
        present.forEach((path, keys) -> {
            Set<String> siblings = known.getOrDefault(path, Set.of());
            for (String key : keys) {
                if (!siblings.contains(key)) {
                    problems.add(join(path, Shown.text(key)), "is not a setting; " + advice(path, key, siblings));
                }
            }
        });
    }

    private String advice(String path, String key, Set<String> siblings) {
        List<String> elsewhere = new ArrayList<>();
        known.forEach((other, keys) -> keys.stream()
                .filter(name -> Similar.same(name, key))
                .forEach(name -> elsewhere.add(join(other, name))));
        return Similar.nearest(key, siblings)
                .map(name -> join(path, name))
                .or(() -> elsewhere.stream().findFirst())
                .map(suggestion -> "did you mean " + suggestion + "?")
                .orElseGet(() -> "there are " + String.join(", ", new TreeSet<>(siblings)));
    }

    static String kind(@Nullable Node node) {
        if (node == null) {
            return "nothing";
        }
        return switch (node.getNodeId()) {
            case sequence -> "a list";
            case mapping -> "a group of settings";
            default -> "a single value";
        };
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
