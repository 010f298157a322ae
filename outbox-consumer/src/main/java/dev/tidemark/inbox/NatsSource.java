package dev.tidemark.inbox;

import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ConsumerContext;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A stream of NATS JetStream. */
final class NatsSource implements Source {

    private static final Logger log = LoggerFactory.getLogger(NatsSource.class);
    private static final Duration ACK_WAIT = Duration.ofSeconds(10);
    private static final Duration PING = Duration.ofSeconds(5);
    private static final int CONSUMER_NOT_FOUND = 10014;
    private static final int STREAM_NOT_FOUND = 10059;

    private final Options options;
    private final Place place;
    private final int window;
    private final DataSource dataSource;
    private boolean warned; // for the thread that reads

    /** @param subject which the durable consumer has if it is made here; empty for all */
    record Place(String stream, String durable, String subject) {}

    /** @param hostChecked whether a certificate must be the host's */
    NatsSource(Options options, boolean hostChecked, Place place, int window, DataSource dataSource) {
        this.options = new Options.Builder(hostChecked ? NatsTls.checkingHosts(options) : options)
                .noReconnect() // a term has one connection
                .pingInterval(PING.compareTo(options.getPingInterval()) < 0 ? PING : options.getPingInterval())
                .build();
        this.place = place;
        this.window = window;
        this.dataSource = dataSource;
    }

    @Override
    public String place() {
        return "NATS at " + hosts() + ", stream " + place.stream() + ", consumer " + place.durable();
    }

    /** Without users and passwords, which a URL may have. */
    private String hosts() {
        return options.getServers().stream()
                .map(server -> server.getHost() + (server.getPort() < 0 ? "" : ":" + server.getPort()))
                .collect(Collectors.joining(","));
    }

    @Override
    @SuppressWarnings("try") // closing waits, and may be interrupted as all else here
    public void read(Term term) throws Exception {
        List<String> sequences = List.of("nats " + place.stream() + " " + place.durable());
        try (SoleReader sole = SoleReader.await(dataSource, sequences, term);
                Connection connection = connect()) {
            ConsumerContext consumer = consumer(connection);
            ConsumerConfiguration configuration =
                    consumer.getCachedConsumerInfo().getConsumerConfiguration();
            requireFit(configuration);
            Duration ackWait = configuration.getAckWait();
            new NatsHand(term, sole, connection, consumer, ackWait == null ? ACK_WAIT : ackWait, place.stream()).read();
        }
    }

    /** The client's own message has the URLs, in which a password may be. */
    private Connection connect() throws IOException, InterruptedException {
        NatsFailures failures = new NatsFailures(); // what ends a term is told once, by the reading
        try {
            return Nats.connect(
                    new Options.Builder(options).errorListener(failures).build());
        } catch (AuthenticationException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException("no connection to " + hosts() + failures.reason(options));
        }
    }

    private ConsumerContext consumer(Connection connection) throws IOException, JetStreamApiException {
        try {
            return connection.getConsumerContext(place.stream(), place.durable());
        } catch (JetStreamApiException e) {
            if (e.getApiErrorCode() == STREAM_NOT_FOUND) {
                throw new IOException("the stream " + place.stream() + " is not there; it is waited for", e);
            }
            if (e.getApiErrorCode() != CONSUMER_NOT_FOUND) {
                throw e;
            }
        }
        ConsumerConfiguration.Builder configuration = ConsumerConfiguration.builder()
                .durable(place.durable())
                .ackPolicy(AckPolicy.Explicit)
                .ackWait(ACK_WAIT)
                .deliverPolicy(DeliverPolicy.All)
                .maxDeliver(-1)
                .maxAckPending(window);
        if (!place.subject().isEmpty()) {
            configuration.filterSubject(place.subject());
        }
        ConsumerInfo made = connection.jetStreamManagement().addOrUpdateConsumer(place.stream(), configuration.build());
        return connection.getConsumerContext(made.getStreamName(), made.getName());
    }

    private void requireFit(ConsumerConfiguration configuration) throws IOException {
        if (configuration.getAckPolicy() != AckPolicy.Explicit || configuration.getDeliverSubject() != null) {
            throw new IOException(
                    "the consumer must be a pull consumer with the acknowledgement policy explicit, but is: "
                            + configuration.getAckPolicy() + ", deliver subject " + configuration.getDeliverSubject());
        }
        if (configuration.getMaxAckPending() <= 0) {
            throw new IOException("the consumer must have a max_ack_pending, such as 1000: what is open is gathered in"
                    + " memory before anything new is handled");
        }
        if (configuration.getMaxDeliver() > 0 && !warned) {
            warned = true;
            log.warn(
                    "{} delivers a message {} times at most, and then gives it up: it would be lost. Set max_deliver to -1",
                    place(),
                    configuration.getMaxDeliver());
        }
    }
}
