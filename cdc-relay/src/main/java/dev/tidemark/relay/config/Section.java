package dev.tidemark.relay.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * One mapping of a YAML file while it is read. The settings it has are those that somebody asks for; a
 * problem is noted, and the fallback is the answer, so that reading goes on. For one thread.
 */
final class Section {

    private final String path;
    private final Reading reading;
    private final Map<String, Node> settings;
    private final boolean readable;
    private final Map<String, String> written = new HashMap<>();

    /** @param node null if the section is not there; then all its settings are unset */
    Section(String path, @Nullable Node node, Reading reading) {
        this.path = path;
        this.reading = reading;
        this.readable = node == null || node instanceof MappingNode;
        if (!readable) {
            reading.problems().add(path, "must be a group of settings", Reading.kind(node));
        }
        this.settings = node instanceof MappingNode mapping ? reading.settings(path, mapping) : Map.of();
    }

    String text(String key, String fallback) {
        return value(key, "must be text", Function.identity(), fallback);
    }

    Secret secret(String key) {
        String rule = "must be text, such as ${file:/run/secrets/" + key + "}";
        return value(key, rule, Secret::of, Secret.none());
    }

    int number(String key, Bounds bounds, int fallback) {
        return value(key, bounds.rule(), Section::wholeNumber, fallback);
    }

    Duration duration(String key, Span span, Duration fallback) {
        return value(key, span.rule(), Durations::parse, fallback);
    }

    long bytes(String key, String rule, long fallback) {
        return value(key, rule, Sizes::parse, fallback);
    }

    boolean flag(String key) {
        return value(key, "must be true or false", Section::trueOrFalse, false);
    }

    <T> T oneOf(String key, Map<String, T> choices, T fallback) {
        return value(key, "must be " + String.join(" or ", choices.keySet()), choices::get, fallback);
    }

    List<String> texts(String key, List<String> fallback) {
        Node node = ask(key);
        if (node == null) {
            return fallback;
        }
        if (!(node instanceof SequenceNode sequence)) {
            reading.problems().add(at(key), "must be a list, such as [order, cust*]", shown(node));
            return fallback;
        }
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < sequence.getValue().size(); i++) {
            String text = scalar(key + "[" + i + "]", sequence.getValue().get(i), "must be text");
            texts.add(text == null ? "?" : text);
        }
        return texts;
    }

    /** A list of secrets; empty if the setting is not there, and only then: one that was forgotten is a problem. */
    List<Secret> secretList(String key) {
        if (!has(key)) {
            return List.of();
        }
        Node node = ask(key);
        if (!(node instanceof SequenceNode sequence) || sequence.getValue().isEmpty()) {
            reading.problems().add(at(key), "must be a list of at least one, or be left out", Reading.kind(node));
            return List.of();
        }
        List<Secret> secrets = new ArrayList<>();
        for (Node element : sequence.getValue()) {
            String text = scalar(key + "[" + secrets.size() + "]", element, "must be text");
            secrets.add(text == null ? Secret.none() : Secret.of(text));
        }
        return secrets;
    }

    /** Any names, each with a secret. */
    Map<String, Secret> secrets(String key) {
        Section section = group(key);
        Map<String, Secret> secrets = new LinkedHashMap<>();
        for (String name : section.settings.keySet()) {
            secrets.put(name, section.secret(name));
            if (reading.problems().concerns(section.at(name))) {
                secrets.remove(name);
            }
        }
        return secrets;
    }

    /** Notes that a setting is there, which beside others must not be. */
    void refuse(String key, String rule) {
        if (has(key)) {
            reading.problems().add(at(key), rule);
        }
    }

    /** Whether the setting is in the file, with or without a value. */
    boolean has(String key) {
        reading.known(path, key);
        return settings.containsKey(key);
    }

    Section group(String key) {
        return new Section(at(key), ask(key), reading);
    }

    List<Section> groups(String key) {
        Node node = ask(key);
        List<Section> sections = new ArrayList<>();
        if (node instanceof SequenceNode sequence) {
            for (Node element : sequence.getValue()) {
                sections.add(new Section(at(key) + "[" + sections.size() + "]", element, reading));
            }
        } else if (node != null) {
            reading.problems().add(at(key), "must be a list of groups of settings", Reading.kind(node));
        }
        return sections;
    }

    /** What {@code maker} makes of the settings, or empty if it refuses them, which is noted. */
    <T> Optional<T> make(Supplier<T> maker) {
        if (!readable) {
            return Optional.empty();
        }
        try {
            return Optional.of(maker.get());
        } catch (ConfigException e) {
            for (Problem problem : e.problems()) {
                // what came out of a variable or a file is not shown, but where it came from is
                String origin = written.get(problem.key());
                reading.problems().add((origin == null ? problem : problem.found(origin)).within(path));
            }
            return Optional.empty();
        }
    }

    private <T> T value(String key, String rule, Function<String, @Nullable T> parser, T fallback) {
        Node node = ask(key);
        String text = node == null ? null : scalar(key, node, rule);
        if (text == null) {
            return fallback;
        }
        T value = parser.apply(text);
        if (value == null) {
            reading.problems().add(at(key), rule, written.getOrDefault(key, text));
            return fallback;
        }
        return value;
    }

    /** Null if the setting is not there, or has no value. */
    private @Nullable Node ask(String key) {
        reading.known(path, key);
        Node node = settings.get(key);
        return node == null || node.getTag().equals(Tag.NULL) ? null : node;
    }

    private @Nullable String scalar(String key, Node node, String rule) {
        if (!(node instanceof ScalarNode scalar)) {
            reading.problems().add(at(key), rule, Reading.kind(node));
            return null;
        }
        if (node.getTag().getValue().startsWith("!")) {
            reading.problems().add(at(key), "begins with ! and must be quoted");
            return null;
        }
        String text = reading.interpolation().resolve(at(key), scalar.getValue(), reading.problems());
        if (text != null && !text.equals(scalar.getValue())) {
            written.put(key, scalar.getValue());
        }
        return text;
    }

    /** The name of a setting as problems have it. */
    String at(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private static String shown(Node node) {
        return node.getNodeId() == NodeId.scalar ? ((ScalarNode) node).getValue() : Reading.kind(node);
    }

    private static @Nullable Integer wholeNumber(String text) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Boolean trueOrFalse(String text) {
        return text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
    }
}
