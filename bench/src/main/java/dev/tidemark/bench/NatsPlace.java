package dev.tidemark.bench;

import dev.tidemark.testkit.Broker;
import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.PushSubscribeOptions;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.Map;

/** A stream of NATS JetStream, in files. */
@SuppressWarnings("try") // its connection may be interrupted when it is closed, which ends the run
final class NatsPlace implements Countable {

    private static final Duration COMES_WITHIN = Duration.ofSeconds(30);

    private final Broker broker = Broker.nats();

    @Override
    public String open(String run) throws Exception {
        make(run);
        return "nats: { url: \"" + broker.uri() + "\", subject: \"" + run + ".{aggregatetype}\" }";
    }

    private void make(String run) throws Exception {
        try (Connection connection = Nats.connect(broker.uri().toString())) {
            connection
                    .jetStreamManagement()
                    .addStream(StreamConfiguration.builder()
                            .name(run)
                            .subjects(run + ".>")
                            .build());
        }
    }

    @Override
    public Told openForServer(String run) throws Exception {
        make(run);
        return new Told(
                run + "." + Workload.AGGREGATE_TYPE,
                Map.of(
                        "type",
                        "nats-jetstream",
                        "nats-jetstream.url",
                        broker.uri().toString(),
                        "nats-jetstream.stream-name",
                        run,
                        "nats-jetstream.create-stream",
                        "false"),
                Map.of(),
                Map.of());
    }

    @Override
    public Counter counter(String run) throws Exception {
        Connection connection = Nats.connect(broker.uri().toString());
        JetStreamManagement management = connection.jetStreamManagement();
        return new Counter() {
            @Override
            public long count() throws Exception {
                return management.getStreamInfo(run).getStreamState().getMsgCount();
            }

            @Override
            public void close() {
                try {
                    connection.close();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
    }

    @Override
    public void read(String run, Gate gate) throws Exception {
        try (Connection connection = Nats.connect(broker.uri().toString())) {
            JetStreamManagement management = connection.jetStreamManagement();
            long count = management.getStreamInfo(run).getStreamState().getMsgCount();
            JetStreamSubscription subscription = connection
                    .jetStream()
                    .subscribe(
                            run + ".>",
                            PushSubscribeOptions.builder().stream(run)
                                    .ordered(true)
                                    .build());
            for (long i = 0; i < count; i++) {
                Message message = subscription.nextMessage(COMES_WITHIN);
                if (message == null) {
                    break; // what is missing is found
                }
                gate.arrived(Workload.findNumber(message.getData()));
            }
            management.deleteStream(run);
        }
    }

    @Override
    public void close() {
        broker.close();
    }
}
