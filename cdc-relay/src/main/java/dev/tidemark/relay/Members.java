package dev.tidemark.relay;

import dev.tidemark.relay.backlog.SubscriberRoll.Member;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.Start;
import java.util.List;

/** The configured subscribers, as they are remembered. */
final class Members {

    private Members() {}

    static List<Member> of(RelayConfig config) {
        return config.subscribers().stream()
                .map(subscriber -> new Member(
                        subscriber.name(),
                        "aggregatetypes " + sorted(subscriber.aggregateTypes()) + ", types "
                                + sorted(subscriber.types()) + ", tenants " + sorted(subscriber.tenants()),
                        subscriber.start() == Start.RETAINED))
                .toList();
    }

    private static List<String> sorted(List<String> globs) {
        return globs.stream().sorted().toList();
    }
}
