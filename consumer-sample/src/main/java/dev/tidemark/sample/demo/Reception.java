package dev.tidemark.sample.demo;

import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.sample.javalin.EventRoute;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.util.function.Consumer;

/** Notes each event that comes to a service, before the service sees it, and what became of it. */
final class Reception implements Consumer<JavalinConfig> {

    private static final String ARRIVED = "tidemark.demo.arrived";

    private final Ledger ledger;
    private final Kills kills;
    private final Consumer<Envelope> handled;

    /**
     * A reception for any number of services.
     *
     * @param handled is told of each event that was handled
     */
    Reception(Ledger ledger, Kills kills, Consumer<Envelope> handled) {
        this.ledger = ledger;
        this.kills = kills;
        this.handled = handled;
    }

    /** Stands at the door of a service that receives over HTTP itself. */
    @Override
    public void accept(JavalinConfig config) {
        config.routes.before("/events", request -> {
            Envelope envelope = CloudEventsHttp.read(EventRoute.headers(request), request.bodyAsBytes());
            request.attribute(ARRIVED, envelope);
            arrived(envelope);
        });
        config.routes.after("/events", this::answered);
    }

    private void answered(Context request) {
        Envelope envelope = request.attribute(ARRIVED);
        if (envelope != null) {
            answered(envelope, request.statusCode() / 100 == 2);
        }
    }

    /** Notes an event that nobody has handled yet; {@link #answered(Envelope, boolean)} must follow. */
    void arrived(Envelope envelope) {
        Subscription subscription = subscription(envelope);
        if (envelope.redelivery() == null) { // nobody wrote anything for what was asked for
            ledger.arrived(subscription, envelope);
        }
        kills.arrived(subscription);
    }

    /** Notes whether the transaction is committed in which it was handled. */
    void answered(Envelope envelope, boolean successfully) {
        if (envelope.redelivery() == null) {
            ledger.handled(envelope, successfully);
        }
        if (successfully) {
            handled.accept(envelope);
            kills.handled(subscription(envelope));
        }
    }

    /** Notes that the transaction was committed of an event whose service died before it could say so. */
    void turnedOutHandled(Envelope envelope) {
        ledger.turnedOutHandled(envelope);
    }

    private static Subscription subscription(Envelope envelope) {
        return Subscription.ofSource(envelope.aggregate().source());
    }
}
