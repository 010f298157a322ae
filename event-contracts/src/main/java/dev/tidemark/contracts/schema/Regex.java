package dev.tidemark.contracts.schema;

import dk.brics.automaton.Automaton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression as JSON Schema has it: the dialect of ECMA-262, found anywhere in a text unless it is anchored.
 *
 * @see <a href="https://json-schema.org/draft/2020-12/json-schema-core#section-6.4">regular expressions</a>
 */
final class Regex {

    private static final int MOST_STATES = 5_000;
    private static final Map<String, Regex> KNOWN = new ConcurrentHashMap<>();

    private final @Nullable Automaton automaton;

    private Regex(@Nullable Automaton automaton) {
        this.automaton = automaton;
    }

    static Regex of(String pattern) {
        return KNOWN.computeIfAbsent(pattern, Regex::read);
    }

    private static Regex read(String pattern) {
        try {
            Automaton automaton = new RegexParser(pattern).automaton();
            automaton.determinize();
            automaton.minimize();
            return new Regex(automaton.getNumberOfStates() > MOST_STATES ? null : automaton);
        } catch (RegexParser.NotUnderstood e) {
            return new Regex(null);
        }
    }

    /** Look-around, back-references, classes of Unicode and anchors in the middle are not. */
    boolean isUnderstood() {
        return automaton != null;
    }

    Truth matches(String text) {
        return automaton == null ? Truth.UNSURE : Truth.of(automaton().run(text));
    }

    /** The texts that match; each time another object, because its operations change it. */
    Automaton automaton() {
        if (automaton == null) {
            throw new IllegalStateException("a pattern that is not understood has no automaton");
        }
        return automaton.clone();
    }

    static Automaton anyCharacter() {
        return CodePoints.ALL.automaton();
    }

    static Automaton anyText() {
        return anyCharacter().repeat();
    }
}
