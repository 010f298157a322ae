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
    HTTP {
        @Override
        public Transport to(Place place) {
            return new HttpTransport(place);
        }
    },
    KAFKA {
        @Override
        public Transport to(Place place) {
            return new KafkaTransport(place);
        }
    },
    RABBITMQ {
        @Override
        public Transport to(Place place) {
            return new RabbitTransport(place);
        }
    },
    NATS {
        @Override
        public Transport to(Place place) {
            return new NatsTransport(place);
        }
    },
    REDIS {
        @Override
        public Transport to(Place place) {
            return new RedisTransport(place);
        }
    },
    /** FIFO queues of ElasticMQ, which speaks the protocol of SQS. */
    SQS {
        /** ElasticMQ keeps everything in memory, which SQS does not. */
        @Override
        public boolean hasBrokerToKill() {
            return false;
        }

        @Override
        public Transport to(Place place) {
            return new SqsTransport(place);
        }
    },
    /** A table in the database of the service. */
    POSTGRES {
        @Override
        public Transport to(Place place) {
            return new PostgresTransport(place);
        }
    };

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
        return hasBroker();
    }

    /** Where events for {@code service} go, which has a port of its own if there is no broker. */
    public static Place place(String service, Database database, @Nullable Broker broker) throws IOException {
        URI address = broker == null
                ? URI.create("http://127.0.0.1:" + RelayProcess.freePort() + HttpTransport.PATH)
                : broker.uri();
        return new Place(service, database, address);
    }

    /** The transport to a place of {@link #place}, in whatever process. */
    public abstract Transport to(Place place);

    /** As it is written behind {@code --via}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
