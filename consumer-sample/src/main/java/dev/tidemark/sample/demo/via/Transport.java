package dev.tidemark.sample.demo.via;

import java.io.IOException;

/** How events get to one service. */
public interface Transport {

    /** What the relay has for its subscriber, in YAML on one line, such as <code>redis: { … }</code>. */
    String sink();

    /** Makes what neither the relay nor the service makes; before either is started. */
    default void prepare() throws IOException, InterruptedException {}

    /** Opens the subscription of the service, in the process that is to handle the events. */
    Opened open(Receiving receiving) throws IOException;
}
