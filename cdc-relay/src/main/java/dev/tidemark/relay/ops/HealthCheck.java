package dev.tidemark.relay.ops;

import java.util.Optional;
import java.util.function.Supplier;

/** One condition of being alive or ready. Asked at every request, on the server's threads: it must not wait. */
public interface HealthCheck {

    /** Such as {@code streaming}. */
    String name();

    /** What is wrong, for people and without secrets; empty if nothing is. */
    Optional<String> problem();

    /** What there is to say while nothing is wrong, for people. */
    default String allIsWell() {
        return "ok";
    }

    /** One that never fails, and tells something. */
    static HealthCheck saying(String name, Supplier<String> told) {
        return new HealthCheck() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Optional<String> problem() {
                return Optional.empty();
            }

            @Override
            public String allIsWell() {
                return told.get();
            }
        };
    }

    static HealthCheck of(String name, Supplier<Optional<String>> problem) {
        return of(name, problem, () -> "ok");
    }

    /** @param told what there is to say while nothing is wrong */
    static HealthCheck of(String name, Supplier<Optional<String>> problem, Supplier<String> told) {
        return new HealthCheck() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Optional<String> problem() {
                return problem.get();
            }

            @Override
            public String allIsWell() {
                return told.get();
            }
        };
    }
}
