package dev.tidemark.relay.backlog;

final class OldestForgettingTest extends ForgettingContract {

    @Override
    int version() {
        return 15;
    }
}
