package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Strings of some lengths that match some patterns and have some formats, and others not. */
final class TextRoom implements Room {

    private static final int LONGEST = 100_000;

    private long shortest;
    private long longest = Long.MAX_VALUE;
    private Set<String> patterns = new LinkedHashSet<>();
    private Set<String> nonPatterns = new LinkedHashSet<>();
    private Set<String> formats = new LinkedHashSet<>();
    private Set<String> nonFormats = new LinkedHashSet<>();

    @Override
    public Room copy() {
        TextRoom copy = new TextRoom();
        copy.shortest = shortest;
        copy.longest = longest;
        copy.patterns = new LinkedHashSet<>(patterns);
        copy.nonPatterns = new LinkedHashSet<>(nonPatterns);
        copy.formats = new LinkedHashSet<>(formats);
        copy.nonFormats = new LinkedHashSet<>(nonFormats);
        return copy;
    }

    @Override
    public void require(Part schema, Branch branch) {
        if (schema.has("minLength")) {
            shortest = Math.max(shortest, Count.of(schema.get("minLength")));
        }
        if (schema.has("maxLength")) {
            longest = Math.min(longest, Count.of(schema.get("maxLength")));
        }
        if (schema.has("pattern")) {
            match(schema.get("pattern").asText(), true, branch);
        }
        if (schema.has("format")) {
            formats.add(schema.get("format").asText());
        }
    }

    @Override
    public List<Branch> refuse(Part schema, Branch branch) {
        List<Branch> ways = new ArrayList<>();
        if (schema.has("minLength")) {
            Branch way = branch.copy();
            TextRoom room = way.room(TextRoom.class);
            room.longest = Math.min(room.longest, Count.of(schema.get("minLength")) - 1);
            ways.add(way);
        }
        if (schema.has("maxLength")) {
            Branch way = branch.copy();
            TextRoom room = way.room(TextRoom.class);
            room.shortest = Math.max(room.shortest, Count.of(schema.get("maxLength")) + 1);
            ways.add(way);
        }
        if (schema.has("pattern")) {
            Branch way = branch.copy();
            way.room(TextRoom.class).match(schema.get("pattern").asText(), false, way);
            ways.add(way);
        }
        if (schema.has("format")) {
            Branch way = branch.copy();
            way.room(TextRoom.class).nonFormats.add(schema.get("format").asText());
            ways.add(way);
        }
        return ways;
    }

    private void match(String pattern, boolean holds, Branch branch) {
        if (Regex.of(pattern).isUnderstood()) {
            (holds ? patterns : nonPatterns).add(pattern);
        } else {
            branch.opaque("pattern", Json.quoted(pattern), holds);
        }
    }

    @Override
    public Outcome solve(Search search, Branch branch) {
        if (shortest > longest || formats.stream().anyMatch(nonFormats::contains)) {
            return Outcome.none();
        }
        if (shortest > LONGEST) {
            return Outcome.unknown("minLength is too large to be compared");
        }
        Set<String> excluded = branch.excluded().stream()
                .map(Value::json)
                .filter(JsonNode::isTextual)
                .map(JsonNode::textValue)
                .collect(Collectors.toSet());
        Outcome plain = plain(excluded);
        return plain.isNone() || (formats.isEmpty() && nonFormats.isEmpty()) ? plain : formatted(plain, excluded);
    }

    /** As if there were no formats. */
    private Outcome plain(Set<String> excluded) {
        if (patterns.isEmpty() && nonPatterns.isEmpty()) {
            return ofLength(excluded);
        }
        Language language = Language.of(patterns, nonPatterns).without(excluded);
        return language.example(shortest, longest);
    }

    private Outcome ofLength(Set<String> excluded) {
        long length = shortest == 0 && longest > 0 && !excluded.contains("") ? 1 : shortest;
        for (; length <= Math.min(longest, shortest + 1); length++) {
            int most = length == 0 ? 1 : excluded.size() + 1;
            for (int i = 0; i < most; i++) {
                String text = length == 0 ? "" : counted(i, (int) length);
                if (!excluded.contains(text)) {
                    return Outcome.found(TextNode.valueOf(text));
                }
            }
        }
        return shortest == 0 && longest >= 0 && !excluded.contains("")
                ? Outcome.found(TextNode.valueOf(""))
                : Outcome.none();
    }

    /** The i-th text of a length, from a to z and then beyond; different for different i up to 50,000. */
    private static String counted(int i, int length) {
        String last = i < 26 ? String.valueOf((char) ('a' + i)) : Character.toString(0x4E00 + i - 26);
        return "a".repeat(length - 1) + last;
    }

    /** Formats are not described, only tried. */
    private Outcome formatted(Outcome plain, Set<String> excluded) {
        JsonNode guess = plain.value();
        List<String> tries = Stream.concat(
                        guess == null ? Stream.empty() : Stream.of(guess.textValue(), "no " + nonFormats),
                        Stream.concat(formats.stream(), nonFormats.stream())
                                .flatMap(format -> Formats.samples(format).stream()))
                .toList();
        for (String text : tries) {
            if (!excluded.contains(text) && fits(text) == Truth.YES) {
                return Outcome.found(TextNode.valueOf(text)).doubted(plain.doubt());
            }
        }
        Set<String> all = new LinkedHashSet<>(formats);
        all.addAll(nonFormats);
        return Outcome.unknown("format " + String.join(" and ", all) + " cannot be compared with what else is said");
    }

    private Truth fits(String text) {
        Truth truth = Truth.of(Json.length(text) >= shortest
                && Json.length(text) <= longest
                && patterns.stream().allMatch(pattern -> Regex.of(pattern).matches(text) == Truth.YES)
                && nonPatterns.stream().allMatch(pattern -> Regex.of(pattern).matches(text) == Truth.NO));
        for (String format : formats) {
            truth = truth.and(() -> Formats.matches(format, text));
        }
        for (String format : nonFormats) {
            truth = truth.and(() -> Formats.matches(format, text).negated());
        }
        return truth;
    }
}
