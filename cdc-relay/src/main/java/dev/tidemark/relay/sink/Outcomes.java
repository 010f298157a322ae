package dev.tidemark.relay.sink;

/** The outcomes that carry nothing, made once: there is one for each event. */
final class Outcomes {

    static final Delivery DELIVERED = new Delivery.Delivered();
    static final Delivery NOT_ATTEMPTED = new Delivery.NotAttempted();

    private Outcomes() {}
}
