package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A name with places that each event fills, such as {@code events.{aggregatetype}}. */
public final class Template {

    /** The aggregate but for its id: events of one aggregate then share a name, and with it their order. */
    public static final Set<String> GROUPS = Set.of("source", "tenantid", "aggregatetype");

    private static final Pattern PLACE = Pattern.compile("\\{([^{}]*)}|[{}]");

    private final String text;
    private final List<Function<Envelope, String>> parts;

    private Template(String text, List<Function<Envelope, String>> parts) {
        this.text = text;
        this.parts = parts;
    }

    /**
     * A template of {@code text}.
     *
     * @param places the names that may stand in braces
     * @throws IllegalArgumentException if it is empty or has another brace; the message follows the name of a setting
     */
    public static Template of(String text, Set<String> places) {
        List<Function<Envelope, String>> parts = new ArrayList<>();
        Matcher matcher = PLACE.matcher(text);
        int done = 0;
        while (matcher.find()) {
            String name = matcher.group(1);
            if (name == null || !places.contains(name)) {
                throw refused(places);
            }
            String before = text.substring(done, matcher.start());
            parts.add(event -> before);
            parts.add(event -> value(name, event));
            done = matcher.end();
        }
        String rest = text.substring(done);
        parts.add(event -> rest);
        if (text.isBlank()) {
            throw refused(places);
        }
        return new Template(text, List.copyOf(parts));
    }

    private static IllegalArgumentException refused(Set<String> places) {
        return new IllegalArgumentException("must be a name, in which braces hold one of "
                + String.join(", ", new TreeSet<>(places)) + ", such as events.{aggregatetype}");
    }

    /** The name for every event, if there is no place in it. */
    Optional<String> fixed() {
        return PLACE.matcher(text).find() ? Optional.empty() : Optional.of(text);
    }

    /** The name for {@code event}. */
    String fill(Envelope event) {
        StringBuilder name = new StringBuilder();
        parts.forEach(part -> name.append(part.apply(event)));
        return name.toString();
    }

    private static String value(String place, Envelope event) {
        return switch (place) {
            case "source" -> event.aggregate().source();
            case "tenantid" -> event.aggregate().tenantId();
            case "aggregatetype" -> event.aggregate().type();
            case "aggregateid" -> event.aggregate().id();
            case "type" -> event.type();
            default -> throw new IllegalArgumentException("no place of a template is called " + place);
        };
    }

    @Override
    public String toString() {
        return text;
    }
}
