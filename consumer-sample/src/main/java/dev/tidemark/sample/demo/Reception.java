package dev.tidemark.sample.demo;

import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.sample.javalin.EventRoute;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.util.function.Consumer;

/** Stands at the door of a service and notes each event that comes in, before the service sees it, and each answer. */
final class Reception implements Consumer<JavalinConfig> {

    private static final String ARRIVED = "tidemark.demo.arrived";

    private final Ledger ledger;
    private final RelayKills kills;
    private final Consumer<Envelope> handled;

    /**
     * A reception for any number of services.
     *
     * @param handled is told of each event that was handled
     */
    Reception(Ledger ledger, RelayKills kills, Consumer<Envelope> handled) {
        this.ledger = ledger;
        this.kills = kills;
        this.handled = handled;
    }

    @Override
    public void accept(JavalinConfig config) {
        config.routes.before("/events", this::arrived);
        config.routes.after("/events", this::answered);
    }

    private void arrived(Context request) {
        Envelope envelope = CloudEventsHttp.read(EventRoute.headers(request), request.bodyAsBytes());
        Subscription subscription = Subscription.ofSource(envelope.aggregate().source());
        request.attribute(ARRIVED, envelope);
        if (envelope.redelivery() == null) { // nobody wrote anything for what was asked for
            ledger.arrived(subscription, envelope);
        }
        kills.arrived(subscription);
    }

    private void answered(Context request) {
        Envelope envelope = request.attribute(ARRIVED);
        if (envelope != null) {
            boolean successfully = request.statusCode() / 100 == 2;
            if (envelope.redelivery() == null) {
                ledger.handled(envelope, successfully);
            }
            if (successfully) {
                handled.accept(envelope);
            }
        }
    }
}
