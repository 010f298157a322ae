package dev.tidemark.sample.agreement;

import dev.tidemark.contracts.Contracts;
import dev.tidemark.contracts.outbox.ContractCheck;
import dev.tidemark.outbox.EventCheck;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The contracts in {@code contracts/} at the root of the repository, which the build puts on the class path. */
public final class SampleContracts {

    private static final ContractCheck CHECK = ContractCheck.of(load());

    private SampleContracts() {}

    /** Refuses an event that is not what its contract says. */
    public static EventCheck check() {
        return CHECK;
    }

    private static Contracts load() {
        try {
            return Contracts.load(SampleContracts.class.getClassLoader(), "contracts");
        } catch (IOException e) {
            throw new UncheckedIOException("the contracts are not on the class path", e);
        }
    }
}
