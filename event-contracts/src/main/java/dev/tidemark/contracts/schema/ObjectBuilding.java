package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts an object together: each property that is asked for in each place where it might be. */
final class ObjectBuilding {

    private static final int MOST_PROPERTIES = 1_000;

    private final Properties properties;
    private final long least;
    private final long most;
    private final Set<Value> excluded;

    /** Named properties of which more is asked. */
    private final Map<String, Slot> named = new LinkedHashMap<>();

    /** Properties that nobody named. */
    private final List<Slot> others = new ArrayList<>();

    ObjectBuilding(Properties properties, long least, long most, Set<Value> excluded) {
        this.properties = properties;
        this.least = least;
        this.most = most;
        this.excluded = excluded;
    }

    /**
     * A property that is asked for.
     *
     * @param patterns that its name matches; of a named property, those that are assumed
     */
    private record Slot(Set<String> patterns, List<Literal> names, List<Literal> values) {

        Slot with(ObjectRoom.Some asked) {
            Set<String> patterns = new LinkedHashSet<>(this.patterns);
            patterns.addAll(asked.patterns());
            List<Literal> names = new ArrayList<>(this.names);
            List<Literal> values = new ArrayList<>(this.values);
            if (asked.name() != null) {
                names.add(asked.name());
            }
            if (asked.value() != null) {
                values.add(asked.value());
            }
            return new Slot(patterns, names, values);
        }

        boolean canBe(ObjectRoom.Some asked) {
            return patterns.containsAll(asked.patterns())
                    && asked.nonPatterns().stream().noneMatch(patterns::contains);
        }
    }

    Outcome outcome(List<ObjectRoom.Some> asked) {
        for (String name : properties.required()) {
            named.put(name, new Slot(Set.of(), List.of(), List.of()));
        }
        if (properties.isTooMuch()) {
            return Outcome.unknown("patternProperties has too many patterns to be compared");
        }
        return place(asked, 0);
    }

    private Outcome place(List<ObjectRoom.Some> asked, int index) {
        if (index == asked.size()) {
            return sized();
        }
        if (properties.search().isTired()) {
            return Outcome.unknown("these schemas are too intricate to be compared");
        }
        Outcome outcome = amongNamed(asked, index);
        outcome = outcome.isFound() ? outcome : outcome.or(amongOthers(asked, index));
        return outcome.isFound() ? outcome : outcome.or(anew(asked, index));
    }

    private Outcome amongNamed(List<ObjectRoom.Some> asked, int index) {
        Outcome outcome = Outcome.none();
        for (String name : properties.possible()) {
            if (properties.canBe(name, asked.get(index))) {
                Slot before = named.get(name);
                Slot slot = before == null ? new Slot(Set.of(), List.of(), List.of()) : before;
                named.put(name, slot.with(asked.get(index)));
                outcome = outcome.or(place(asked, index + 1));
                if (before == null) {
                    named.remove(name);
                } else {
                    named.put(name, before);
                }
                if (outcome.isFound()) {
                    return outcome;
                }
            }
        }
        return outcome;
    }

    private Outcome amongOthers(List<ObjectRoom.Some> asked, int index) {
        Outcome outcome = Outcome.none();
        for (int i = 0; i < others.size(); i++) {
            Slot before = others.get(i);
            if (before.canBe(asked.get(index))) {
                others.set(i, before.with(asked.get(index)));
                outcome = outcome.or(place(asked, index + 1));
                others.set(i, before);
                if (outcome.isFound()) {
                    return outcome;
                }
            }
        }
        return outcome;
    }

    private Outcome anew(List<ObjectRoom.Some> asked, int index) {
        Outcome outcome = Outcome.none();
        for (Set<String> region : properties.regions()) {
            Slot slot = new Slot(region, List.of(), List.of());
            if (slot.canBe(asked.get(index))) {
                others.add(slot.with(asked.get(index)));
                outcome = outcome.or(place(asked, index + 1));
                others.remove(others.size() - 1);
                if (outcome.isFound()) {
                    return outcome;
                }
            }
        }
        return outcome;
    }

    /** As small as possible; larger, or with other values, if such a one is excluded. */
    private Outcome sized() {
        long smallest = Math.max(least, named.size() + others.size());
        if (smallest > most) {
            return Outcome.none();
        }
        boolean isUnsure = false;
        for (long size = smallest; size <= Math.min(most, smallest + excluded.size()); size++) {
            if (size > MOST_PROPERTIES) {
                return Outcome.unknown("minProperties is too large to be compared");
            }
            Outcome outcome = filled((int) size, false);
            if (outcome.value() == null || !excluded.contains(new Value(outcome.value()))) {
                if (!outcome.isNone() || size == smallest) {
                    return outcome;
                }
                break;
            }
            Outcome other = filled((int) size, true);
            if (other.isFound() && other.value() != null && !excluded.contains(new Value(other.value()))) {
                return other;
            }
            isUnsure |= size > 0;
        }
        return isUnsure
                ? Outcome.unknown("an object in enum or const cannot be compared with what else is said")
                : Outcome.none();
    }

    private Outcome filled(int size, boolean differs) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        Pieces pieces = new Pieces();
        named.forEach((name, slot) -> {
            if (!pieces.isImpossible()) {
                putNamed(name, slot, differs, object, pieces);
            }
        });
        List<String> taken = new ArrayList<>();
        for (Slot slot : others) {
            if (!pieces.isImpossible()) {
                putOther(slot, differs, taken, object, pieces);
            }
        }
        if (pieces.isImpossible()) {
            return Outcome.none();
        }
        return fillUp(size, taken, object, pieces);
    }

    private void putNamed(String name, Slot slot, boolean differs, ObjectNode object, Pieces pieces) {
        pieces.add(properties.name(name, slot.names()));
        Goal goal = properties.value(name, slot.values(), slot.patterns());
        JsonNode value = pieces.add(properties.search().solve(differs ? goal.without(at(name)) : goal));
        String doubt = properties.doubtAbout(name);
        if (doubt != null) {
            pieces.doubt(doubt);
        }
        if (value != null) {
            object.set(name, value);
        }
    }

    private void putOther(Slot slot, boolean differs, List<String> taken, ObjectNode object, Pieces pieces) {
        Goal goal = properties.value(slot.patterns(), slot.values());
        JsonNode value = pieces.add(properties.search().solve(goal));
        if (pieces.isImpossible()) {
            return;
        }
        JsonNode name = pieces.add(properties.name(slot.patterns(), slot.names(), taken));
        if (name != null && value != null) {
            taken.add(name.textValue());
            JsonNode other = differs
                    ? properties
                            .search()
                            .solve(goal.without(at(name.textValue())))
                            .value()
                    : value;
            object.set(name.textValue(), other == null ? value : other);
        }
    }

    private Set<Value> at(String name) {
        Set<Value> values = new LinkedHashSet<>();
        excluded.stream()
                .filter(object -> object.json().has(name))
                .forEach(object -> values.add(new Value(object.json().get(name))));
        return values;
    }

    /** Adds properties for which nobody asked, until there are so many. */
    private Outcome fillUp(int size, List<String> taken, ObjectNode object, Pieces pieces) {
        int missing = size - named.size() - others.size();
        String doubt = null;
        for (String name : properties.possible()) {
            if (missing > 0 && !named.containsKey(name)) {
                Outcome value = properties.search().solve(properties.value(name, List.of(), Set.of()));
                Outcome key = properties.name(name, List.of());
                if (value.isFound() && key.isFound() && value.value() != null && properties.doubtAbout(name) == null) {
                    object.set(name, value.value());
                    missing--;
                } else if (!value.isNone() && !key.isNone()) {
                    doubt = first(doubt, value.doubt(), key.doubt(), properties.doubtAbout(name));
                }
            }
        }
        for (Set<String> region : missing > 0 ? properties.regions() : List.<Set<String>>of()) {
            Outcome value = properties.search().solve(properties.value(region, List.of()));
            Outcome key = properties.name(region, List.of(), taken);
            while (missing > 0 && value.isFound() && key.isFound() && key.value() != null && value.value() != null) {
                taken.add(key.value().textValue());
                object.set(key.value().textValue(), value.value());
                missing--;
                key = properties.name(region, List.of(), taken);
            }
            if (!value.isNone() && !key.isNone()) {
                doubt = first(doubt, value.doubt(), key.doubt());
            }
        }
        if (missing > 0) {
            return doubt == null ? Outcome.none() : Outcome.unknown(doubt);
        }
        return pieces.whole(object);
    }

    private static @Nullable String first(@Nullable String... doubts) {
        for (String doubt : doubts) {
            if (doubt != null) {
                return doubt;
            }
        }
        return null;
    }
}
