package dev.tidemark.sample.demo.via;

import java.io.IOException;

/** How events get to one service. */
public interface Transport {

    /** What the relay has for its subscriber, in YAML on one line, such as <code>redis: { … }</code>. */
    String sink();

    /** Makes what neither the relay nor the service makes; before either is started. */
    default void prepare() throws IOException, InterruptedException {}

    /**
     * How many events what is between still has for the service: what it will deliver, as far as it says so also what it has
     * delivered and heard nothing of. 0 where nothing is between.
     *
     * @throws Exception if it cannot be asked now, such as while it is down
     */
    default long left() throws Exception {
        return 0;
    }

    /** Opens the subscription of the service, in the process that is to handle the events. */
    Opened open(Receiving receiving) throws IOException;
}
