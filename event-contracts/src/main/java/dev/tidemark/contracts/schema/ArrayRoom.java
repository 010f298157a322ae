package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Arrays: what every item is, what some items are, and how many there may be. */
final class ArrayRoom implements Room {

    private static final int LONGEST = 2_000;
    private static final int MOST_CONTAINED = 4;

    private long least;
    private long most = Long.MAX_VALUE;
    private boolean isUnique;
    private boolean hasEqualItems;
    private List<Every> every = new ArrayList<>();
    private List<Some> some = new ArrayList<>();
    private Map<Part, Long> atMost = new HashMap<>();

    /** What each item is, by its place. */
    private record Every(List<Literal> prefix, @Nullable Literal tail) {

        @Nullable
        Literal at(int index) {
            return index < prefix.size() ? prefix.get(index) : tail;
        }
    }

    /**
     * What one item is.
     *
     * @param from its place, or the first of its possible places
     * @param group items of one group are different ones
     */
    private record Some(int from, boolean isExact, Literal literal, Object group) {}

    @Override
    public Room copy() {
        ArrayRoom copy = new ArrayRoom();
        copy.least = least;
        copy.most = most;
        copy.isUnique = isUnique;
        copy.hasEqualItems = hasEqualItems;
        copy.every = new ArrayList<>(every);
        copy.some = new ArrayList<>(some);
        copy.atMost = new HashMap<>(atMost);
        return copy;
    }

    @Override
    public void require(Part schema, Branch branch) {
        if (schema.has("minItems")) {
            least = Math.max(least, Count.of(schema.get("minItems")));
        }
        if (schema.has("maxItems")) {
            most = Math.min(most, Count.of(schema.get("maxItems")));
        }
        isUnique |= schema.has("uniqueItems") && schema.get("uniqueItems").asBoolean();
        Part tail = schema.tail();
        if (!schema.prefix().isEmpty() || tail != null) {
            every.add(new Every(
                    schema.prefix().stream().map(Literal::of).toList(), tail == null ? null : Literal.of(tail)));
        }
        if (schema.has("contains")) {
            Contained contained = Contained.of(schema);
            contain(contained.what(), contained.least(), branch);
            if (contained.most() < Long.MAX_VALUE) {
                containAtMost(contained.what(), contained.most(), branch);
            }
        }
        if (schema.isOpaqueItems()) {
            branch.opaque("unevaluatedItems", schema.toString(), true);
        }
    }

    private void contain(Part what, long times, Branch branch) {
        if (times > MOST_CONTAINED) {
            branch.opaque("contains", times + " " + what, true);
            return;
        }
        Object group = new Object();
        for (int i = 0; i < times; i++) {
            some.add(new Some(0, false, Literal.of(what), group));
        }
    }

    /** If it is not none at all, this is only kept in mind, to be set against how many there must be. */
    private void containAtMost(Part what, long times, Branch branch) {
        if (times == 0) {
            every.add(new Every(List.of(), Literal.not(what)));
        } else {
            atMost.merge(what, times, Math::min);
            branch.doubt("nothing more can be said of contains with minContains or maxContains");
        }
    }

    @Override
    public List<Branch> refuse(Part schema, Branch branch) {
        List<Branch> ways = new ArrayList<>();
        if (schema.has("minItems")) {
            ArrayRoom room = another(branch, ways);
            room.most = Math.min(room.most, Count.of(schema.get("minItems")) - 1);
        }
        if (schema.has("maxItems")) {
            ArrayRoom room = another(branch, ways);
            room.least = Math.max(room.least, Count.of(schema.get("maxItems")) + 1);
        }
        if (schema.has("uniqueItems") && schema.get("uniqueItems").asBoolean()) {
            another(branch, ways).hasEqualItems = true;
        }
        List<Part> prefix = schema.prefix();
        for (int i = 0; i < prefix.size(); i++) {
            another(branch, ways).some.add(new Some(i, true, Literal.not(prefix.get(i)), new Object()));
        }
        Part tail = schema.tail();
        if (tail != null) {
            another(branch, ways).some.add(new Some(prefix.size(), false, Literal.not(tail), new Object()));
        }
        if (schema.has("contains")) {
            refuseContained(Contained.of(schema), branch, ways);
        }
        if (schema.isOpaqueItems()) {
            ways.add(branch.copy().opaque("unevaluatedItems", schema.toString(), false));
        }
        return ways;
    }

    private static ArrayRoom another(Branch branch, List<Branch> ways) {
        Branch way = branch.copy();
        ways.add(way);
        return way.room(ArrayRoom.class);
    }

    private static void refuseContained(Contained contained, Branch branch, List<Branch> ways) {
        if (contained.least() > 0) {
            Branch fewer = branch.copy();
            fewer.room(ArrayRoom.class).containAtMost(contained.what(), contained.least() - 1, fewer);
            ways.add(fewer);
        }
        if (contained.most() < Long.MAX_VALUE) {
            Branch more = branch.copy();
            more.room(ArrayRoom.class).contain(contained.what(), contained.most() + 1, more);
            ways.add(more);
        }
    }

    @Override
    public Outcome solve(Search search, Branch branch) {
        Set<Value> excluded = new LinkedHashSet<>();
        branch.excluded().stream().filter(value -> value.json().isArray()).forEach(excluded::add);
        if (least > most || (isUnique && hasEqualItems) || containsTooMany()) {
            return Outcome.none();
        }
        return place(search, new HashMap<>(), new HashMap<>(), 0, excluded);
    }

    private boolean containsTooMany() {
        Map<Object, Long> groups = new HashMap<>();
        for (Some item : some) {
            long times = groups.merge(item.group(), 1L, Long::sum);
            if (times > atMost.getOrDefault(item.literal().part(), Long.MAX_VALUE)
                    && item.literal().holds()) {
                return true;
            }
        }
        return false;
    }

    /** Tries each place for each item that must be somewhere. */
    private Outcome place(
            Search search,
            Map<Integer, Set<Literal>> placed,
            Map<Integer, Set<Object>> groups,
            int index,
            Set<Value> excluded) {
        if (index == some.size()) {
            return hasEqualItems ? paired(search, placed, excluded) : sized(search, placed, 0, excluded);
        }
        Some item = some.get(index);
        int last = item.isExact() ? item.from() : Math.max(item.from(), width()) + index;
        Outcome outcome = Outcome.none();
        for (int i = item.from(); i <= last && i < most; i++) {
            if (search.isTired()) {
                return Outcome.unknown("these schemas are too intricate to be compared");
            }
            Set<Object> taken = groups.computeIfAbsent(i, place -> new LinkedHashSet<>());
            Set<Literal> here = placed.computeIfAbsent(i, place -> new LinkedHashSet<>());
            boolean isNew = !here.contains(item.literal());
            if (taken.add(item.group())) {
                here.add(item.literal());
                outcome = outcome.or(place(search, placed, groups, index + 1, excluded));
                taken.remove(item.group());
                if (isNew) {
                    here.remove(item.literal());
                }
                if (outcome.isFound()) {
                    return outcome;
                }
            }
        }
        return outcome;
    }

    /** From here on, one place is like the other. */
    private int width() {
        int width = 0;
        for (Every each : every) {
            width = Math.max(width, each.prefix().size());
        }
        for (Some each : some) {
            width = Math.max(width, each.from() + (each.isExact() ? 1 : 0));
        }
        return width;
    }

    private static int end(Map<Integer, Set<Literal>> placed) {
        return placed.entrySet().stream()
                .filter(place -> !place.getValue().isEmpty())
                .mapToInt(place -> place.getKey() + 1)
                .max()
                .orElse(0);
    }

    private Outcome paired(Search search, Map<Integer, Set<Literal>> placed, Set<Value> excluded) {
        int end = Math.max(width(), end(placed)) + 2;
        Outcome outcome = Outcome.none();
        for (int i = 0; i < end; i++) {
            for (int j = i + 1; j < end && j < most; j++) {
                Set<Literal> both = literals(i, placed);
                both.addAll(literals(j, placed));
                Map<Integer, Set<Literal>> paired = new HashMap<>(placed);
                paired.put(i, both);
                paired.put(j, both);
                outcome = outcome.or(sized(search, paired, j + 1, excluded));
                if (outcome.isFound()) {
                    return outcome;
                }
            }
        }
        return outcome;
    }

    private Set<Literal> literals(int index, Map<Integer, Set<Literal>> placed) {
        Set<Literal> literals = new LinkedHashSet<>(placed.getOrDefault(index, Set.of()));
        for (Every each : every) {
            Literal literal = each.at(index);
            if (literal != null) {
                literals.add(literal);
            }
        }
        return literals;
    }

    /** As short as possible; longer, or with other items, if such a one is excluded. */
    private Outcome sized(Search search, Map<Integer, Set<Literal>> placed, int end, Set<Value> excluded) {
        long shortest = Math.max(Math.max(least, end), end(placed));
        if (shortest > most) {
            return Outcome.none();
        }
        boolean isUnsure = false;
        for (long size = shortest; size <= Math.min(most, shortest + excluded.size()); size++) {
            if (size > LONGEST) {
                return Outcome.unknown("minItems is too large to be compared");
            }
            Outcome outcome = filled(search, placed, (int) size, Set.of());
            if (outcome.value() == null || !excluded.contains(new Value(outcome.value()))) {
                if (!outcome.isNone() || size == shortest) {
                    return outcome;
                }
                break;
            }
            Outcome other = filled(search, placed, (int) size, excluded);
            if (other.isFound() && other.value() != null && !excluded.contains(new Value(other.value()))) {
                return other;
            }
            isUnsure |= size > 0;
        }
        return isUnsure
                ? Outcome.unknown("an array in enum or const cannot be compared with what else is said")
                : Outcome.none();
    }

    /** With items that are not those of {@code others}. */
    private Outcome filled(Search search, Map<Integer, Set<Literal>> placed, int size, Set<Value> others) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        Pieces pieces = new Pieces();
        Set<Value> taken = new LinkedHashSet<>();
        boolean isUniform = true;
        for (int i = 0; i < size && !pieces.isImpossible(); i++) {
            Set<Literal> literals = literals(i, placed);
            isUniform &= literals.equals(literals(0, placed));
            Goal goal = Goal.of(literals);
            Outcome item = search.solve(goal.without(isUnique ? Set.copyOf(taken) : at(i, others)));
            if (isUnique && item.isNone() && !isUniform && !search.solve(goal).isNone()) {
                item = Outcome.unknown("uniqueItems cannot be compared with what is said of single items");
            }
            JsonNode value = pieces.add(item);
            if (value != null) {
                array.add(value);
                taken.add(new Value(value));
            }
        }
        return pieces.whole(array);
    }

    private static Set<Value> at(int index, Set<Value> arrays) {
        Set<Value> items = new LinkedHashSet<>();
        arrays.stream()
                .filter(array -> array.json().has(index))
                .forEach(array -> items.add(new Value(array.json().get(index))));
        return items;
    }
}
