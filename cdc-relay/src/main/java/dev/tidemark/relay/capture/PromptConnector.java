package dev.tidemark.relay.capture;

import io.debezium.connector.postgresql.PostgresConnector;
import org.apache.kafka.connect.connector.Task;

/** Debezium's connector with a task that acknowledges at once. Public because the engine makes it by name. */
public final class PromptConnector extends PostgresConnector {

    @Override
    public Class<? extends Task> taskClass() {
        return PromptTask.class;
    }
}
