package dev.tidemark.inbox.cli;

import dev.tidemark.inbox.InboxAdmin;
import dev.tidemark.inbox.KeptEvent;
import dev.tidemark.inbox.KeptSelection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Once more. */
@Command(
        name = "retry",
        mixinStandardHelpOptions = true,
        description = {
            "Has dead events tried once more, by a running consumer, and waits until it has. One that fails is dead again;"
                    + " what waits behind one that succeeds goes on.",
            ""
        },
        footer = {"", "With --json: {asked, handled, failed, pending}"})
final class RetryCommand implements Callable<Integer> {

    private static final int MOST = 1_000_000;
    private static final Duration LOOKS_EVERY = Duration.ofMillis(200);

    @Mixin
    private InboxOptions options = new InboxOptions();

    @Mixin
    private KeptOptions selection = new KeptOptions();

    @Option(names = "--all", description = "All dead events of the consumer.")
    private boolean all;

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long to wait for a consumer, 0 to 86400. Default: 30.")
    private int waitSeconds;

    @Override
    public Integer call() throws Exception {
        KeptSelection selected = selection.selection(options, all);
        if (waitSeconds < 0 || waitSeconds > 86_400) {
            throw options.misused("--wait must be a whole number of seconds from 0 to 86400, but was: " + waitSeconds);
        }
        InboxAdmin admin = options.admin();
        Set<String> asked = deliveries(admin.list(selected, true, MOST));
        admin.retry(selected);
        long deadline = System.nanoTime() + Duration.ofSeconds(waitSeconds).toNanos();
        Set<String> failed = new HashSet<>();
        Set<String> pending = new HashSet<>(asked);
        while (true) {
            look(admin, asked, failed, pending);
            if (pending.isEmpty() || System.nanoTime() - deadline >= 0) {
                break;
            }
            pause();
        }
        return tell(asked.size(), failed.size(), pending.size());
    }

    /** Nobody tells; an interrupt ends the command. */
    private static void pause() throws InterruptedException {
        LockSupport.parkNanos(LOOKS_EVERY.toNanos());
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private static Set<String> deliveries(List<KeptEvent> events) {
        Set<String> deliveries = new HashSet<>();
        events.forEach(event -> deliveries.add(event.aggregate().source() + " " + event.delivery()));
        return deliveries;
    }

    private static void look(InboxAdmin admin, Set<String> asked, Set<String> failed, Set<String> pending)
            throws Exception {
        failed.clear();
        pending.clear();
        for (KeptEvent event : admin.list(KeptSelection.ALL, true, MOST)) {
            String delivery = event.aggregate().source() + " " + event.delivery();
            if (asked.contains(delivery)) {
                (event.retry() ? pending : failed).add(delivery);
            }
        }
    }

    private int tell(int asked, int failed, int pending) {
        int handled = asked - failed - pending;
        if (options.json()) {
            Shown.json(options.out(), json -> {
                json.writeStartObject();
                json.writeNumberField("asked", asked);
                json.writeNumberField("handled", handled);
                json.writeNumberField("failed", failed);
                json.writeNumberField("pending", pending);
                json.writeEndObject();
            });
        } else if (asked == 0) {
            options.out().println("No dead event of " + options.consumer() + " matches.");
        } else {
            options.out()
                    .println(handled + " handled, " + failed + " failed again, " + pending + " not tried yet"
                            + (pending == 0 ? "." : "; no consumer came to them, they stay requested."));
        }
        options.out().flush();
        if (asked == 0) {
            return InboxCommand.NOTHING;
        }
        return failed > 0 ? InboxCommand.FAILED : pending > 0 ? InboxCommand.NO_ANSWER : InboxCommand.OK;
    }
}
