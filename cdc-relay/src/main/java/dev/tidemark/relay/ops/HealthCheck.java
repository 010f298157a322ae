package dev.tidemark.relay.ops;

import java.util.Optional;
import java.util.function.Supplier;

/** One condition of being alive or ready. Asked at every request, on the server's threads: it must not wait. */
public interface HealthCheck {

    /** Such as {@code streaming}. */
    String name();

    /** What is wrong, for people and without secrets; empty if nothing is. */
    Optional<String> problem();

    static HealthCheck of(String name, Supplier<Optional<String>> problem) {
        return new HealthCheck() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Optional<String> problem() {
                return problem.get();
            }
        };
    }
}
