package dev.tidemark.sample.demo;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;

/** Lines that stay, and below them one that is redrawn; where nobody looks, a line now and then. Safe for many threads. */
final class Progress {

    private static final Duration BETWEEN_PLAIN_LINES = Duration.ofSeconds(2);
    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintWriter out;
    private final boolean terminal;
    private String drawn = "";
    private long lastPlainLine = System.nanoTime();

    Progress(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Whether standard output is a terminal, so that a line can be redrawn. */
    @SuppressWarnings("SystemConsoleNull") // before 22 it is null, later it is asked
    static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException beforeJava22) {
            return true; // there is a console only if both ends are a terminal
        }
    }

    /** Prints something that stays. */
    synchronized void say(String line) {
        erase();
        out.println(line);
        out.print(drawn);
        out.flush();
    }

    /** Replaces the line at the bottom. */
    synchronized void show(String status) {
        if (terminal) {
            erase();
            drawn = status;
            out.print(status);
            out.flush();
        } else if (System.nanoTime() - lastPlainLine > BETWEEN_PLAIN_LINES.toNanos()) {
            lastPlainLine = System.nanoTime();
            out.println(status);
            out.flush();
        }
    }

    /** Takes the line at the bottom away. */
    synchronized void clear() {
        erase();
        drawn = "";
        out.flush();
    }

    private void erase() {
        if (!drawn.isEmpty()) {
            out.print(ERASE_LINE);
        }
    }
}
