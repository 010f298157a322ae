package dev.tidemark.inbox;

import java.time.Duration;

/** What all subscriptions to brokers can be told: as {@link BrokerSubscriptionBuilder} says. */
record SubscriptionSettings(
        String consumer, int threads, int window, Unreadable unreadable, Backoff backoff, Duration stopDeadline) {}
