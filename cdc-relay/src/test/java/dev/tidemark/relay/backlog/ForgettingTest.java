package dev.tidemark.relay.backlog;

final class ForgettingTest extends ForgettingContract {

    @Override
    int version() {
        return 18;
    }
}
