package dev.tidemark.bench;

import dev.tidemark.testkit.Closing;
import dev.tidemark.testkit.PostgresServer;
import java.util.HashMap;
import java.util.Map;

/** The destinations of real sinks, each started when it is first asked for. For one thread. */
final class Destinations implements AutoCloseable {

    private final PostgresServer server;
    private final Closing closing = new Closing();
    private final Map<String, Destination> started = new HashMap<>();

    Destinations(PostgresServer server) {
        this.server = server;
    }

    /** @throws RuntimeException if this machine has no such program; the message says what to install */
    Destination of(String sink) {
        Destination known = started.get(sink);
        if (known != null) {
            return known;
        }
        Destination made = closing.add(
                switch (sink) {
                    case "redis" -> new RedisPlace();
                    case "nats" -> new NatsPlace();
                    case "http" -> new HttpPlace();
                    case "rabbitmq" -> new RabbitPlace();
                    case "kafka" -> new KafkaPlace();
                    case "postgres" -> new PostgresPlace(server);
                    default -> throw new IllegalArgumentException("there is no destination " + sink);
                });
        started.put(sink, made);
        return made;
    }

    /** One that Debezium Server delivers to as well. */
    Countable countable(String sink) {
        return (Countable) of(sink);
    }

    @Override
    public void close() {
        closing.close();
    }
}
