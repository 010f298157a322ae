package dev.tidemark.sample.demo.page;

import dev.tidemark.testkit.Closing;
import io.javalin.Javalin;
import io.javalin.config.RoutesConfig;
import io.javalin.http.ConflictResponse;
import io.javalin.http.Context;
import io.javalin.http.NotFoundResponse;
import java.io.IOException;
import java.net.URI;
import java.util.Map;

/** A page, on a free port of localhost, that shows all that runs and lets a visitor disturb it. */
public final class Page implements AutoCloseable {

    private final Closing closing;
    private final int port;
    private final Scene scene;
    private final Guests guests;

    private Page(Closing closing, int port, Scene scene, Guests guests) {
        this.closing = closing;
        this.port = port;
        this.scene = scene;
        this.guests = guests;
    }

    /** Serves it. */
    public static Page start(Scene scene) {
        Http http = new Http();
        Guests guests = new Guests();
        Closing closing = new Closing();
        try {
            Rows rows = closing.add(new Rows(scene));
            Network network = new Network(scene);
            Repairs repairs = closing.add(new Repairs(scene, rows));
            Edits edits = new Edits(scene, guests, http);
            Overview overview = new Overview(scene, guests, rows, network, http);
            Javalin server = Javalin.create(config -> {
                config.startup.showJavalinBanner = false;
                config.jetty.host = "localhost";
                config.jetty.port = 0;
                config.routes.before(new SameOrigin());
                Assets.register(config.routes);
                config.routes.get("/state", request -> request.json(overview.now()));
                disturb(config.routes, scene, network);
                edit(config.routes, edits);
                repair(config.routes, repairs, guests);
            });
            server.start();
            closing.add(server::stop);
            return new Page(closing, server.port(), scene, guests);
        } catch (RuntimeException e) {
            closing.close();
            throw e;
        }
    }

    private static void disturb(RoutesConfig routes, Scene scene, Network network) {
        routes.post("/network", request -> {
            network.delay(request.bodyAsClass(Delay.class).delayMillis());
            request.json(new Delay(network.delay().toMillis()));
        });
        routes.post("/relays/{source}/kill", request -> {
            ShownRelay relay = relay(scene, request);
            if (!relay.kill().getAsBoolean()) {
                throw new ConflictResponse("it is not running yet");
            }
            request.json(Map.of("killed", relay.source()));
        });
    }

    private static ShownRelay relay(Scene scene, Context request) {
        return scene.relays().stream()
                .filter(relay -> relay.source().equals(request.pathParam("source")))
                .findFirst()
                .orElseThrow(() -> new NotFoundResponse("there is no such relay"));
    }

    private static void edit(RoutesConfig routes, Edits edits) {
        routes.get("/users/{id}", request -> request.json(edits.show(request.pathParam("id"))));
        routes.post(
                "/users/{id}/rename",
                request -> request.json(edits.rename(request.pathParam("id"), request.bodyAsClass(Edits.Wish.class))));
        routes.post(
                "/users/{id}/save",
                request -> request.json(edits.save(request.pathParam("id"), request.bodyAsClass(Edits.Wish.class))));
    }

    private static void repair(RoutesConfig routes, Repairs repairs, Guests guests) {
        routes.post("/replica/corrupt", request -> {
            if (!repairs.corrupt(guests.ids())) {
                throw new ConflictResponse("all rows that may be spoilt are; repair them first");
            }
            request.json(Map.of("corrupted", 1));
        });
        routes.post("/replica/verify", request -> request.json(repairs.verify()));
        routes.post("/replica/repair", request -> request.json(repairs.repair()));
    }

    /** The body of a change of the network, and of its answer. */
    record Delay(long delayMillis) {}

    /** Such as {@code http://localhost:8080/}. */
    public URI uri() {
        return URI.create("http://localhost:" + port + "/");
    }

    /** Has the services create the page's own users, whom nobody else changes. */
    public void invite() throws IOException, InterruptedException {
        guests.invite(scene, new Http());
    }

    @Override
    public void close() {
        closing.close();
    }
}
