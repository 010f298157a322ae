package dev.tidemark.contracts.schema;

import dk.brics.automaton.Automaton;
import java.util.ArrayList;
import java.util.List;

/** Reads a regular expression of ECMA-262, as far as it describes a regular language in an obvious way. */
final class RegexParser {

    private static final int MOST_REPETITIONS = 1000;
    private static final String SYNTAX = "^$\\.*+?()[]{}|/";
    private static final CodePoints DIGITS = new CodePoints().add('0', '9');
    private static final CodePoints WORD =
            new CodePoints().add('0', '9').add('A', 'Z').add('a', 'z').add('_', '_');
    private static final CodePoints SPACE = CodePoints.of(
                    "\t\n\u000B\f\r \u00A0\u1680\u2028\u2029\u202F\u205F\u3000\uFEFF")
            .add(0x2000, 0x200A);
    private static final CodePoints NO_LINE_END =
            CodePoints.of("\n\r\u2028\u2029").others();

    private final String pattern;
    private int next;

    RegexParser(String pattern) {
        this.pattern = pattern;
    }

    /** What cannot be said as an automaton, or not by this parser. */
    static final class NotUnderstood extends Exception {

        private static final long serialVersionUID = 1;
    }

    /** Of all texts in which the pattern is found. */
    Automaton automaton() throws NotUnderstood {
        List<Automaton> choices = new ArrayList<>();
        do {
            boolean begins = accept('^');
            Automaton body = sequence();
            boolean ends = accept('$');
            choices.add(Automaton.concatenate(List.of(
                    begins ? Automaton.makeEmptyString() : Regex.anyText(),
                    body,
                    ends ? Automaton.makeEmptyString() : Regex.anyText())));
        } while (accept('|'));
        if (next < pattern.length()) {
            throw new NotUnderstood();
        }
        return Automaton.union(choices);
    }

    private Automaton choice() throws NotUnderstood {
        List<Automaton> choices = new ArrayList<>();
        do {
            choices.add(sequence());
        } while (accept('|'));
        return Automaton.union(choices);
    }

    private Automaton sequence() throws NotUnderstood {
        Automaton sequence = Automaton.makeEmptyString();
        while (next < pattern.length() && "|)$".indexOf(peek()) < 0) {
            sequence = sequence.concatenate(repeated(atom()));
        }
        return sequence;
    }

    private Automaton atom() throws NotUnderstood {
        if (accept('(')) {
            if (accept('?')) {
                expect(':');
            }
            Automaton group = choice();
            expect(')');
            return group;
        }
        if (accept('[')) {
            return characters().automaton();
        }
        if (accept('.')) {
            return NO_LINE_END.automaton();
        }
        if (accept('\\')) {
            return escaped(false).automaton();
        }
        if (SYNTAX.indexOf(peek()) >= 0 && peek() != '/') {
            throw new NotUnderstood();
        }
        return one(codePoint()).automaton();
    }

    private Automaton repeated(Automaton atom) throws NotUnderstood {
        Automaton repeated = atom;
        if (accept('*')) {
            repeated = atom.repeat();
        } else if (accept('+')) {
            repeated = atom.repeat(1);
        } else if (accept('?')) {
            repeated = atom.optional();
        } else if (accept('{')) {
            int least = number();
            if (accept(',')) {
                repeated = peek() == '}' ? atom.repeat(least) : atom.repeat(least, number());
            } else {
                repeated = atom.repeat(least, least);
            }
            expect('}');
        } else {
            return repeated;
        }
        accept('?'); // as few as possible, which is no matter for whether it matches
        return repeated;
    }

    private int number() throws NotUnderstood {
        int start = next;
        while (next < pattern.length() && Character.isDigit(peek())) {
            next++;
        }
        if (next == start || next - start > 4 || Integer.parseInt(pattern.substring(start, next)) > MOST_REPETITIONS) {
            throw new NotUnderstood();
        }
        return Integer.parseInt(pattern.substring(start, next));
    }

    private CodePoints characters() throws NotUnderstood {
        boolean negated = accept('^');
        CodePoints set = new CodePoints();
        while (!accept(']')) {
            CodePoints first = member();
            if (peek() == '-' && next + 1 < pattern.length() && pattern.charAt(next + 1) != ']') {
                next++;
                set.add(single(first), single(member()));
            } else {
                set.add(first);
            }
        }
        return negated ? set.others() : set;
    }

    private CodePoints member() throws NotUnderstood {
        if (accept('\\')) {
            return escaped(true);
        }
        if (peek() == '[' || peek() == '&') {
            throw new NotUnderstood(); // begin something more in Java, where validators are written
        }
        return one(codePoint());
    }

    private int single(CodePoints set) throws NotUnderstood {
        return set.only().orElseThrow(NotUnderstood::new);
    }

    private CodePoints escaped(boolean inClass) throws NotUnderstood {
        int c = codePoint();
        switch (c) {
            case 'd' -> {
                return DIGITS;
            }
            case 'D' -> {
                return DIGITS.others();
            }
            case 'w' -> {
                return WORD;
            }
            case 'W' -> {
                return WORD.others();
            }
            case 's' -> {
                return SPACE;
            }
            case 'S' -> {
                return SPACE.others();
            }
            case 't' -> {
                return one('\t');
            }
            case 'n' -> {
                return one('\n');
            }
            case 'r' -> {
                return one('\r');
            }
            case 'f' -> {
                return one('\f');
            }
            case 'x' -> {
                return one(hex(2));
            }
            case 'u' -> {
                return one(unicode());
            }
            default -> {
                if (SYNTAX.indexOf(c) >= 0 || c == '-' || (c == '"' && !inClass)) {
                    return one(c);
                }
                throw new NotUnderstood();
            }
        }
    }

    /** Two escapes that are the halves of one character are that character. */
    private int unicode() throws NotUnderstood {
        char first = (char) hex(4);
        if (Character.isHighSurrogate(first) && pattern.startsWith("\\u", next)) {
            next += 2;
            char second = (char) hex(4);
            if (Character.isLowSurrogate(second)) {
                return Character.toCodePoint(first, second);
            }
        }
        if (Character.isSurrogate(first)) {
            throw new NotUnderstood();
        }
        return first;
    }

    private int hex(int digits) throws NotUnderstood {
        int end = next + digits;
        if (end > pattern.length() || !pattern.substring(next, end).matches("[0-9A-Fa-f]+")) {
            throw new NotUnderstood();
        }
        int value = Integer.parseInt(pattern.substring(next, end), 16);
        next = end;
        return value;
    }

    private static CodePoints one(int codePoint) {
        return new CodePoints().add(codePoint, codePoint);
    }

    private int codePoint() throws NotUnderstood {
        if (next >= pattern.length()) {
            throw new NotUnderstood();
        }
        int c = pattern.codePointAt(next);
        next += Character.charCount(c);
        return c;
    }

    private char peek() throws NotUnderstood {
        if (next >= pattern.length()) {
            throw new NotUnderstood();
        }
        return pattern.charAt(next);
    }

    private boolean accept(char c) {
        if (next < pattern.length() && pattern.charAt(next) == c) {
            next++;
            return true;
        }
        return false;
    }

    private void expect(char c) throws NotUnderstood {
        if (!accept(c)) {
            throw new NotUnderstood();
        }
    }
}
