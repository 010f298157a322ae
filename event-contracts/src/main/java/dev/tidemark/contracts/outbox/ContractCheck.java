package dev.tidemark.contracts.outbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.contracts.Contracts;
import dev.tidemark.outbox.EventCheck;
import dev.tidemark.outbox.OutboxEvent;

/**
 * Refuses an event that is not what its contract says, before it is written.
 *
 * <pre>{@code
 * Contracts contracts = Contracts.load(Orders.class.getClassLoader(), "contracts");
 * Outbox outbox = Outbox.builder().source("orders").check(ContractCheck.of(contracts)).build();
 * }</pre>
 */
public final class ContractCheck implements EventCheck {

    private final Contracts contracts;

    private ContractCheck(Contracts contracts) {
        this.contracts = requireNonNull(contracts, "contracts");
    }

    public static ContractCheck of(Contracts contracts) {
        return new ContractCheck(contracts);
    }

    /** @throws IllegalArgumentException if there is no contract for the event, or its payload is not what that says */
    @Override
    public void check(OutboxEvent event) {
        contracts.requireValid(event.aggregateType(), event.type(), event.schemaVersion(), event.payload());
    }
}
