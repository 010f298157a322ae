package dev.tidemark.torture;

import java.time.Duration;
import java.util.List;

/**
 * What one run is like.
 *
 * @param faults of which each run injects some
 * @param events that are committed, about
 * @param big events of one more transaction; 0 for none
 * @param recovery within which all must be delivered, once the last fault is gone and the last event committed
 * @param program of the relay, such as {@link Relays#honest}
 */
record RunOptions(List<Fault> faults, int events, int big, Duration recovery, List<String> program) {

    RunOptions {
        faults = List.copyOf(faults);
        program = List.copyOf(program);
    }
}
