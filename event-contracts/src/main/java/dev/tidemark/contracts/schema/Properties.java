package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The properties that an object may have: those that somebody named, and all others, which differ only by the patterns
 * they match.
 */
final class Properties {

    private static final int MOST_PATTERNS = 6;

    private final Search search;
    private final List<Literal> nameLiterals;
    private final List<ObjectRoom.Every> every;
    private final Set<String> required;
    private final Set<String> absent;
    private final Map<String, Set<Literal>> values;
    private final Set<String> named = new LinkedHashSet<>();
    private final Set<String> patterns = new LinkedHashSet<>();

    Properties(
            Search search,
            List<Literal> nameLiterals,
            List<ObjectRoom.Every> every,
            List<ObjectRoom.Some> some,
            Set<String> required,
            Set<String> absent,
            Map<String, Set<Literal>> values) {
        this.search = search;
        this.nameLiterals = nameLiterals;
        this.every = every;
        this.required = required;
        this.absent = absent;
        this.values = values;
        named.addAll(required);
        named.addAll(absent);
        for (ObjectRoom.Every each : every) {
            named.addAll(each.properties().keySet());
            patterns.addAll(each.patterns().keySet());
        }
        for (ObjectRoom.Some each : some) {
            named.addAll(each.nonNames());
            patterns.addAll(each.patterns());
            patterns.addAll(each.nonPatterns());
        }
    }

    /** Those that somebody named, and that are not forbidden. */
    List<String> possible() {
        return named.stream().filter(name -> !absent.contains(name)).toList();
    }

    Set<String> required() {
        return required;
    }

    Search search() {
        return search;
    }

    boolean isTooMuch() {
        return patterns.size() > MOST_PATTERNS;
    }

    /** Every set of patterns that a name might match, and match no others; the empty one first. */
    List<Set<String>> regions() {
        List<String> all = List.copyOf(patterns);
        List<Set<String>> regions = new ArrayList<>();
        for (int bits = 0; bits < 1 << all.size(); bits++) {
            Set<String> region = new LinkedHashSet<>();
            for (int i = 0; i < all.size(); i++) {
                if ((bits & 1 << i) != 0) {
                    region.add(all.get(i));
                }
            }
            regions.add(region);
        }
        return regions;
    }

    /** Whether a named property may be the one that is asked for. */
    boolean canBe(String name, ObjectRoom.Some asked) {
        return !asked.nonNames().contains(name)
                && asked.patterns().stream()
                        .allMatch(pattern -> Regex.of(pattern).matches(name) != Truth.NO)
                && asked.nonPatterns().stream()
                        .allMatch(pattern -> Regex.of(pattern).matches(name) != Truth.YES);
    }

    /** Whether it is not known which patterns the name matches. */
    @Nullable
    String doubtAbout(String name) {
        return patterns.stream()
                .filter(pattern -> Regex.of(pattern).matches(name) == Truth.UNSURE)
                .findFirst()
                .map(pattern -> "the pattern " + pattern + " is not understood")
                .orElse(null);
    }

    /** What a named property is, and what else is asked of it. */
    Goal value(String name, Collection<Literal> asked, Set<String> assumed) {
        Set<Literal> literals = new LinkedHashSet<>(values.getOrDefault(name, Set.of()));
        literals.addAll(asked);
        for (ObjectRoom.Every each : every) {
            Part own = each.properties().get(name);
            boolean isKnown = own != null;
            if (own != null) {
                literals.add(Literal.of(own));
            }
            for (Map.Entry<String, Part> pattern : each.patterns().entrySet()) {
                Truth matches = Regex.of(pattern.getKey()).matches(name);
                isKnown |= matches != Truth.NO;
                if (matches == Truth.YES || assumed.contains(pattern.getKey())) {
                    literals.add(Literal.of(pattern.getValue()));
                }
            }
            Part additional = each.additional();
            if (!isKnown && additional != null) {
                literals.add(Literal.of(additional));
            }
        }
        return Goal.of(literals);
    }

    /** What a property is that nobody named, and that matches these patterns and no others. */
    Goal value(Set<String> region, Collection<Literal> asked) {
        Set<Literal> literals = new LinkedHashSet<>(asked);
        for (ObjectRoom.Every each : every) {
            boolean isKnown = false;
            for (Map.Entry<String, Part> pattern : each.patterns().entrySet()) {
                if (region.contains(pattern.getKey())) {
                    isKnown = true;
                    literals.add(Literal.of(pattern.getValue()));
                }
            }
            Part additional = each.additional();
            if (!isKnown && additional != null) {
                literals.add(Literal.of(additional));
            }
        }
        return Goal.of(literals);
    }

    /** Whether a named property may have its name. */
    Outcome name(String name, Collection<Literal> asked) {
        Set<Literal> literals = new LinkedHashSet<>(nameLiterals);
        literals.addAll(asked);
        if (literals.isEmpty()) {
            return Outcome.found(TextNode.valueOf(name));
        }
        literals.add(Literal.of(SchemaDocument.of(Json.object("const", TextNode.valueOf(name)))));
        return search.solve(Goal.of(literals));
    }

    /** A name that nobody named, nor took yet. */
    Outcome name(Set<String> region, Collection<Literal> asked, Collection<String> taken) {
        Set<Literal> literals = new LinkedHashSet<>(nameLiterals);
        literals.addAll(asked);
        literals.add(Literal.of(SchemaDocument.of(Json.object("type", TextNode.valueOf("string")))));
        for (String pattern : patterns) {
            Part matching = SchemaDocument.of(Json.object("pattern", TextNode.valueOf(pattern)));
            literals.add(region.contains(pattern) ? Literal.of(matching) : Literal.not(matching));
        }
        Set<Value> others = new LinkedHashSet<>();
        named.forEach(name -> others.add(new Value(TextNode.valueOf(name))));
        taken.forEach(name -> others.add(new Value(TextNode.valueOf(name))));
        return search.solve(Goal.of(literals).without(others));
    }
}
