package dev.tidemark.contracts.schema;

import dk.brics.automaton.Automaton;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;

/** A set of characters, where one beyond the first 65,536 is one and not two. */
final class CodePoints {

    static final CodePoints ALL = new CodePoints().add(0, Character.MAX_CODE_POINT);

    private final BitSet points;

    CodePoints() {
        this(new BitSet());
    }

    private CodePoints(BitSet points) {
        this.points = points;
    }

    static CodePoints of(String characters) {
        CodePoints set = new CodePoints();
        characters.codePoints().forEach(c -> set.add(c, c));
        return set;
    }

    CodePoints add(int first, int last) {
        points.set(first, last + 1);
        points.clear(Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1);
        return this;
    }

    CodePoints add(CodePoints others) {
        points.or(others.points);
        return this;
    }

    CodePoints others() {
        BitSet rest = (BitSet) ALL.points.clone();
        rest.andNot(points);
        return new CodePoints(rest);
    }

    /** The only one there is, if there is only one. */
    OptionalInt only() {
        return points.cardinality() == 1 ? OptionalInt.of(points.nextSetBit(0)) : OptionalInt.empty();
    }

    /** One of these characters. */
    Automaton automaton() {
        List<Automaton> parts = new ArrayList<>();
        int first = points.nextSetBit(0);
        while (first >= 0) {
            int last = points.nextClearBit(first) - 1;
            range(first, last, parts);
            first = points.nextSetBit(last + 1);
        }
        return parts.isEmpty() ? Automaton.makeEmpty() : Automaton.union(parts);
    }

    private static void range(int first, int last, List<Automaton> parts) {
        if (first <= Character.MAX_VALUE) {
            parts.add(Automaton.makeCharRange((char) first, (char) Math.min(last, Character.MAX_VALUE)));
        }
        int from = Math.max(first, Character.MIN_SUPPLEMENTARY_CODE_POINT);
        while (from <= last) {
            char high = Character.highSurrogate(from);
            int end = Math.min(last, Character.toCodePoint(high, Character.MAX_LOW_SURROGATE));
            char highest = high;
            if (Character.lowSurrogate(from) == Character.MIN_LOW_SURROGATE && last - from >= 0x3FF) {
                highest = (char) (high + (last - from + 1) / 0x400 - 1);
                end = Character.toCodePoint(highest, Character.MAX_LOW_SURROGATE);
            }
            parts.add(Automaton.makeCharRange(high, highest)
                    .concatenate(Automaton.makeCharRange(Character.lowSurrogate(from), Character.lowSurrogate(end))));
            from = end + 1;
        }
    }
}
