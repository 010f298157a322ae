package dev.tidemark.relay.capture;

import dev.tidemark.testkit.Database;

final class DebeziumFeedTest extends ChangeFeedContract {

    @Override
    ChangeFeed feed(Database database, String slot) {
        FeedSettings settings = new FeedSettings(
                database.url(),
                database.user(),
                database.password(),
                slot,
                "tidemark_outbox",
                "public.outbox",
                8192,
                FedOutbox.FEED_BYTES,
                FedOutbox.DIRECTORY);
        return new DebeziumFeed(settings, new EventDecoder(WireNames.PLAIN, source -> 0), commit -> true);
    }
}
