package dev.tidemark.sample.demo.via;

import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.RelayProcess;
import java.io.IOException;
import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The transports that there are. */
public enum Via {
    /** From the relay to the service, with nothing between. */
    HTTP,
    KAFKA,
    RABBITMQ,
    NATS,
    REDIS,
    /** FIFO queues of ElasticMQ, which speaks the protocol of SQS. */
    SQS,
    /** A table in the database of the service. */
    POSTGRES;

    /**
     * Starts its broker.
     *
     * @return null if it has none
     * @throws IllegalStateException if that is not installed; the message says what to install
     */
    public @Nullable Broker startBroker() {
        return hasBroker() ? Broker.own(toString()) : null;
    }

    /** Whether there is something between relays and services that is neither. */
    public boolean hasBroker() {
        return this != HTTP && this != POSTGRES;
    }

    /** Whether there is a broker that has, after {@code kill -9} and its next start, what it had acknowledged. */
    public boolean hasBrokerToKill() {
        return hasBroker() && this != SQS; // ElasticMQ keeps everything in memory, which SQS does not
    }

    /** Where events for {@code service} go, which has a port of its own if there is no broker. */
    public static Place place(String service, Database database, @Nullable Broker broker) throws IOException {
        URI address = broker == null
                ? URI.create("http://127.0.0.1:" + RelayProcess.freePort() + HttpTransport.PATH)
                : broker.uri();
        return new Place(service, database, address);
    }

    /** The transport to a place of {@link #place}, in whatever process. */
    public Transport to(Place place) {
        return switch (this) {
            case HTTP -> new HttpTransport(place);
            case KAFKA -> new KafkaTransport(place);
            case RABBITMQ -> new RabbitTransport(place);
            case NATS -> new NatsTransport(place);
            case REDIS -> new RedisTransport(place);
            case SQS -> new SqsTransport(place);
            case POSTGRES -> new PostgresTransport(place);
        };
    }

    /** As it is written behind {@code --via}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
