package dev.tidemark.relay.sink;

import dev.tidemark.testkit.Breakable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Of a broker that takes long to start: what ends it is tried in the long form; over the others in each build. */
abstract class SlowBrokerSinkContract<B extends Breakable> extends BrokerSinkContract<B> {

    @Override
    @Test
    @Tag("long")
    void aBrokerThatIsKilledInTheMiddleHasEverythingInOrderInTheEnd() throws InterruptedException {
        super.aBrokerThatIsKilledInTheMiddleHasEverythingInOrderInTheEnd();
    }

    @Override
    @Test
    @Tag("long")
    void aFrozenBrokerIsGivenUpAndHasNothingOldAtTheEndWhenItWakes() throws InterruptedException {
        super.aFrozenBrokerIsGivenUpAndHasNothingOldAtTheEndWhenItWakes();
    }
}
