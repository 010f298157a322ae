package dev.tidemark.relay.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How far something is, how fast, and how long it still takes: on a terminal one line that changes, elsewhere a line now
 * and then. For one thread.
 */
final class ProgressBar {

    private static final int WIDTH = 30;
    private static final long WINDOW_NANOS = Duration.ofSeconds(10).toNanos();
    private static final long LINE_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final PrintWriter out;
    private final boolean terminal;
    private final LongSupplier nanoTime;
    private final Deque<Point> window = new ArrayDeque<>();
    private String what = "";
    private String written = "";
    private long writtenAt;

    private record Point(long nanos, long done) {}

    /** Whether somebody looks on, on a terminal. */
    @SuppressWarnings("SystemConsoleNull") // up to Java 21; from 22 on there is a console always, which knows
    static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    /** @param terminal whether a line can be written over */
    ProgressBar(PrintWriter out, boolean terminal, LongSupplier nanoTime) {
        this.out = out;
        this.terminal = terminal;
        this.nanoTime = nanoTime;
    }

    /** Shows a text, while there is nothing to count. */
    void say(String text) {
        write(text, text);
    }

    /**
     * Shows how much is done.
     *
     * @param what is counted; another one begins anew
     */
    void show(String what, long done, long total) {
        long now = nanoTime.getAsLong();
        if (!what.equals(this.what)) {
            window.clear();
        }
        window.addLast(new Point(now, done));
        while (window.size() > 2 && now - window.getFirst().nanos > WINDOW_NANOS) {
            window.removeFirst();
        }
        write(what, what + " " + bar(done, total) + rate(done, total));
    }

    /** What follows begins on a line of its own. */
    void end() {
        if (terminal && !written.isEmpty()) {
            out.println();
            out.flush();
        }
        written = "";
    }

    private static String bar(long done, long total) {
        double part = total == 0 ? 1 : Math.min(1, (double) done / total);
        int filled = (int) Math.round(part * WIDTH);
        return String.format(
                Locale.ROOT,
                "[%s%s] %3d%%  %,d of %,d",
                "#".repeat(filled),
                "-".repeat(WIDTH - filled),
                (int) (part * 100),
                done,
                total);
    }

    private String rate(long done, long total) {
        Point first = window.getFirst();
        double seconds = (window.getLast().nanos - first.nanos) / 1e9;
        double perSecond = seconds <= 0 ? 0 : (done - first.done) / seconds;
        if (perSecond <= 0) {
            return "";
        }
        Duration left = Duration.ofSeconds(Math.round(Math.max(0, total - done) / perSecond));
        return String.format(Locale.ROOT, "  %,.0f/s  %s left", perSecond, span(left));
    }

    private static String span(Duration time) {
        if (time.toHours() > 0) {
            return time.toHours() + "h" + time.toMinutesPart() + "m";
        }
        return time.toMinutes() > 0 ? time.toMinutes() + "m" + time.toSecondsPart() + "s" : time.toSeconds() + "s";
    }

    /** @param key with another one than before, a line is due also where there is no terminal */
    private void write(String key, String text) {
        long now = nanoTime.getAsLong();
        if (terminal) {
            out.print("\r" + text + " ".repeat(Math.max(0, written.length() - text.length())));
            out.flush();
        } else if (!key.equals(what) || now - writtenAt >= LINE_EVERY_NANOS) {
            writtenAt = now;
            out.println(text);
            out.flush();
        }
        what = key;
        written = text;
    }
}
