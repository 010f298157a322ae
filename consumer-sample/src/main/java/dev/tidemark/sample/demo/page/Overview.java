package dev.tidemark.sample.demo.page;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.sample.demo.page.Rows.UserRow;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All that the page shows, at one moment. However many look, it is read at most every half second. */
final class Overview {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long GOOD_FOR_NANOS = Duration.ofMillis(500).toNanos();
    private static final int OTHER_USERS = 4;
    private static final int ORDERS = 6;
    private static final int ARRIVALS = 8;
    private static final int LAGS_DRAWN = 60;

    private final Scene scene;
    private final Guests guests;
    private final Rows rows;
    private final Network network;
    private final Http http;
    private @Nullable Now last;
    private long lastAt;

    Overview(Scene scene, Guests guests, Rows rows, Network network, Http http) {
        this.scene = scene;
        this.guests = guests;
        this.rows = rows;
        this.network = network;
        this.http = http;
    }

    /**
     * A moment.
     *
     * @param canBeDelayed whether the network can
     */
    record Now(
            long delayMillis,
            boolean canBeDelayed,
            List<ShownUser> users,
            JsonNode replica,
            List<Rows.OrderRow> orders,
            List<Rows.StockRow> stock,
            List<RelayNow> relays,
            List<ShownArrival> arrivals) {}

    /**
     * A user at its owner and in the replica.
     *
     * @param guest whether the visitor may change it
     * @param replicaName null if the replica has no such row
     * @param match {@code equal}, {@code behind}, {@code missing} or {@code different}
     */
    record ShownUser(
            String id,
            String name,
            long version,
            boolean guest,
            @Nullable String replicaName,
            long replicaVersion,
            String match) {}

    /**
     * A relay.
     *
     * @param state {@code leading}, {@code starting}, {@code killed} or {@code unready}
     * @param said what it says of itself
     */
    record RelayNow(
            String source, String subscriber, String state, String said, int kills, Rows.Pending pending, LagNow lag) {}

    /**
     * From commit to commit, in the last minute.
     *
     * @param lastMillis null if nothing arrived, and so are the others
     * @param drawn the newest last
     */
    record LagNow(
            int count,
            @Nullable Double p50Millis,
            @Nullable Double p99Millis,
            @Nullable Double lastMillis,
            List<Double> drawn) {

        static LagNow of(List<Duration> lags) {
            List<Double> millis = lags.stream().map(lag -> lag.toNanos() / 1e6).toList();
            if (millis.isEmpty()) {
                return new LagNow(0, null, null, null, List.of());
            }
            List<Double> sorted = millis.stream().sorted().toList();
            return new LagNow(
                    millis.size(),
                    percentile(sorted, 50),
                    percentile(sorted, 99),
                    millis.get(millis.size() - 1),
                    millis.subList(Math.max(0, millis.size() - LAGS_DRAWN), millis.size()));
        }

        /** The nearest rank. */
        private static Double percentile(List<Double> sorted, int percent) {
            return sorted.get((int) Math.ceil(percent / 100.0 * sorted.size()) - 1);
        }
    }

    /** An event that was handled. */
    record ShownArrival(
            String source,
            String type,
            String aggregateId,
            @Nullable Long version,
            boolean redelivered,
            double millis) {}

    synchronized Now now() throws IOException, InterruptedException {
        Now known = last;
        if (known == null || System.nanoTime() - lastAt > GOOD_FOR_NANOS) {
            known = look();
            last = known;
            lastAt = System.nanoTime();
        }
        return known;
    }

    private Now look() throws IOException, InterruptedException {
        List<RelayNow> relays = new ArrayList<>();
        for (ShownRelay relay : scene.relays()) {
            relays.add(relay(relay));
        }
        return new Now(
                network.delay().toMillis(),
                network.canBeDelayed(),
                users(),
                http.send("GET", scene.orders().uri().resolve("/replica"), null)
                        .requireSuccess()
                        .body(),
                rows.orders(ORDERS),
                rows.stock(),
                relays,
                arrivals());
    }

    private List<ShownUser> users() {
        Set<String> ids = new LinkedHashSet<>(guests.ids());
        ids.addAll(rows.recentUsers(OTHER_USERS + guests.ids().size()));
        List<String> shown =
                ids.stream().limit(guests.ids().size() + OTHER_USERS).toList();
        Map<String, UserRow> replica = rows.replica(shown); // first, so that it is never the newer one
        Map<String, UserRow> users = rows.users(shown);
        return shown.stream()
                .filter(users::containsKey)
                .map(id -> compare(users.get(id), replica.get(id)))
                .toList();
    }

    private ShownUser compare(@Nullable UserRow user, @Nullable UserRow copy) {
        if (user == null) {
            throw new IllegalStateException("it was filtered out");
        }
        boolean guest = guests.ids().contains(user.id());
        if (copy == null) {
            return new ShownUser(user.id(), user.name(), user.version(), guest, null, 0, "missing");
        }
        String match =
                copy.version() < user.version() ? "behind" : copy.name().equals(user.name()) ? "equal" : "different";
        return new ShownUser(user.id(), user.name(), user.version(), guest, copy.name(), copy.version(), match);
    }

    private RelayNow relay(ShownRelay relay) throws InterruptedException {
        String readiness = relay.process().readiness();
        String said = said(readiness);
        return new RelayNow(
                relay.source(),
                relay.subscriber(),
                state(relay.process().isRunning(), readiness, said),
                said,
                relay.kills().getAsInt(),
                rows.pending(relay),
                LagNow.of(scene.arrivals().lags(relay.source())));
    }

    private static String state(boolean running, String readiness, String said) {
        if (readiness.equals("none")) {
            return running ? "unready" : "killed";
        }
        if (!readiness.startsWith("200 ")) {
            return running ? "unready" : "starting";
        }
        return said.startsWith("leader") ? "leading" : "starting";
    }

    /** What it says of its role; nothing if nobody answers. */
    private static String said(String readiness) {
        try {
            return JSON.readTree(readiness.substring(readiness.indexOf(' ') + 1))
                    .path("checks")
                    .path("role")
                    .asText();
        } catch (JsonProcessingException e) {
            return "";
        }
    }

    private List<ShownArrival> arrivals() {
        return scene.arrivals().newest(ARRIVALS).stream()
                .map(arrival -> new ShownArrival(
                        arrival.source(),
                        arrival.type(),
                        arrival.aggregateId(),
                        arrival.version(),
                        arrival.redelivered(),
                        arrival.lag().toNanos() / 1e6))
                .toList();
    }
}
