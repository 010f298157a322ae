package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.node.TextNode;
import dk.brics.automaton.Automaton;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** The texts that match some patterns, and others not. */
final class Language {

    private static final int MOST_STATES = 20_000;
    private static final int LONGEST = 5_000;
    private static final Automaton PRINTABLE = Automaton.makeCharRange(' ', '~').repeat();

    private final Automaton automaton;

    private Language(Automaton automaton) {
        this.automaton = automaton;
    }

    /** Of patterns that are understood. */
    static Language of(Collection<String> patterns, Collection<String> nonPatterns) {
        Automaton automaton = Regex.anyText();
        for (String pattern : patterns) {
            automaton = automaton.intersection(Regex.of(pattern).automaton());
        }
        for (String pattern : nonPatterns) {
            automaton = automaton.minus(Regex.of(pattern).automaton());
        }
        return new Language(automaton);
    }

    Language without(Collection<String> texts) {
        Automaton rest = automaton;
        for (String text : texts) {
            rest = rest.minus(Automaton.makeString(text));
        }
        return new Language(rest);
    }

    /** One of them with so many characters; one that can be read, if there is such a one. */
    Outcome example(long shortest, long longest) {
        String example = readable(automaton);
        if (example == null) {
            return Outcome.none();
        }
        int length = Json.length(example);
        if (length >= shortest && length <= longest) {
            return Outcome.found(TextNode.valueOf(example));
        }
        if (shortest > LONGEST
                || (longest < Long.MAX_VALUE / 4 && longest > LONGEST)
                || automaton.getNumberOfStates() > MOST_STATES) {
            return Outcome.unknown("pattern cannot be compared with minLength and maxLength that are so large");
        }
        Automaton lengths = longest > LONGEST
                ? Regex.anyCharacter().repeat((int) shortest)
                : Regex.anyCharacter().repeat((int) shortest, (int) longest);
        String fitting = readable(automaton.intersection(lengths));
        return fitting == null ? Outcome.none() : Outcome.found(TextNode.valueOf(fitting));
    }

    private static @Nullable String readable(Automaton automaton) {
        String printable = automaton.intersection(PRINTABLE).getShortestExample(true);
        return printable == null ? automaton.getShortestExample(true) : printable;
    }
}
