package dev.tidemark.inbox;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Of a broker that takes long to start: what ends it is tried in the long form; over the others in each build. */
abstract class SlowSubscriptionContract extends SubscriptionContract {

    @Override
    @Test
    @Tag("long")
    void aBrokerThatIsKilledInTheMiddleLosesNothing() throws Exception {
        super.aBrokerThatIsKilledInTheMiddleLosesNothing();
    }

    @Override
    @Test
    @Tag("long")
    void aBrokerThatWasFrozenIsReadWhenItWakes() throws Exception {
        super.aBrokerThatWasFrozenIsReadWhenItWakes();
    }
}
