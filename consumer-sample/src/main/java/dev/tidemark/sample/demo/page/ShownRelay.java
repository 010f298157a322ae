package dev.tidemark.sample.demo.page;

import dev.tidemark.testkit.FaultyProxy;
import dev.tidemark.testkit.RelayProcess;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A relay that runs, and what can be done to it.
 *
 * @param source the service of whose events it hears
 * @param subscriber the service that it delivers them to
 * @param slot by which it reads
 * @param link the network between it and the subscriber; null if it cannot be made bad
 * @param kill kills it with {@code kill -9} and has it started again; false if it does not run
 * @param kills how often that was done
 */
public record ShownRelay(
        String source,
        String subscriber,
        String slot,
        RelayProcess process,
        @Nullable FaultyProxy link,
        BooleanSupplier kill,
        IntSupplier kills) {}
