package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.DemoOptions.Planned;
import dev.tidemark.sample.demo.via.Via;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The demo as {@code ./tidemark demo} runs it, without an end, until it is told to stop as by Ctrl-C. */
final class LiveDemo implements AutoCloseable {

    private static final Duration ENDS_WITHIN = Duration.ofMinutes(2);
    private static final Pattern PAGE = Pattern.compile("on one page.*(http://localhost:[0-9]+/)");

    private final StringWriter out = new StringWriter();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    private final Thread thread;

    LiveDemo(long seed) {
        DemoOptions options = new DemoOptions(0, Planned.NONE, seed, false, false, 18, Via.HTTP);
        Demo demo = new Demo(options, RelayLauncher.of(options), new PrintWriter(out, true));
        thread = new Thread(() -> ended.complete(demo.run()), "demo");
        thread.start();
    }

    /** Whether its page can be opened; fails if it has ended. */
    boolean isUp() {
        if (ended.isDone()) {
            throw new AssertionError("the demo has ended:\n" + out);
        }
        return PAGE.matcher(out.toString()).find();
    }

    /** Where its page is. */
    URI page() {
        Matcher page = PAGE.matcher(out.toString());
        if (!page.find()) {
            throw new AssertionError("the demo has not said where its page is:\n" + out);
        }
        return URI.create(page.group(1));
    }

    String said() {
        return out.toString();
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            ended.get(ENDS_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new AssertionError("the demo did not end:\n" + out, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
