package dev.tidemark.relay.deliver;

/** A sink threw, or broke its promise. Anything else that a lane throws is a bug of the relay. */
final class SinkFailure extends RuntimeException {

    SinkFailure(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
