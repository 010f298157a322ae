package dev.tidemark.relay.backlog;

import org.junit.jupiter.api.Tag;

@Tag("long")
final class OldestForgettingTest extends ForgettingContract {

    @Override
    int version() {
        return 15;
    }
}
