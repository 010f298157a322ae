package dev.tidemark.sample.demo.via;

import dev.tidemark.inbox.Reading;
import java.util.Optional;
import java.util.function.Supplier;

/** A subscription at work. */
public final class Opened {

    private final Supplier<Optional<String>> trouble;

    private Opened(Supplier<Optional<String>> trouble) {
        this.trouble = trouble;
    }

    static Opened of(Reading reading) {
        return new Opened(reading::trouble);
    }

    /** One that takes what comes from its first moment. */
    static Opened atOnce() {
        return new Opened(Optional::empty);
    }

    /** Why nothing is read now; empty if it reads. */
    public Optional<String> trouble() {
        return trouble.get();
    }
}
