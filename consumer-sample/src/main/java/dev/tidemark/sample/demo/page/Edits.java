package dev.tidemark.sample.demo.page;

import dev.tidemark.envelope.Receipts;
import io.javalin.http.BadRequestResponse;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a visitor does to a user, and sees of it, through the services' own interfaces. */
final class Edits {

    private static final int LONGEST_NAME = 80;

    private final Scene scene;
    private final Guests guests;
    private final Http http;

    Edits(Scene scene, Guests guests, Http http) {
        this.scene = scene;
        this.guests = guests;
        this.http = http;
    }

    /**
     * The body of a request.
     *
     * @param basedOn the version that an editor has seen; null to overwrite whatever there is
     */
    record Wish(@Nullable String name, @Nullable Long basedOn) {}

    /** A user as the owner has it. */
    record Seen(String id, String name, long version) {}

    /**
     * What became of a renaming, and of the reading through another service right after it.
     *
     * @param receipt that was read with
     * @param name as the orders service shows it
     * @param from {@code replica} or {@code owner}
     * @param ageMillis how old that is; null if it does not know
     * @param waitedMillis how long it was looked up
     */
    record Reading(
            String written,
            String receipt,
            @Nullable String name,
            long version,
            String from,
            @Nullable Long ageMillis,
            boolean stale,
            double waitedMillis) {}

    /** Whether a change was made, and the user as it is now. */
    record Saved(boolean saved, int status, Seen user) {}

    Seen show(String id) throws IOException, InterruptedException {
        return seen(http.send("GET", user(id), null).requireSuccess());
    }

    /** Renames at the owner and reads, at once, through the orders service. */
    Reading rename(String id, Wish wish) throws IOException, InterruptedException {
        String name = name(wish);
        Http.Answer written = http.send("PUT", user(id), Map.of("name", name)).requireSuccess();
        scene.written().accept("users");
        String receipt = String.valueOf(written.header(Receipts.HEADER));
        URI order = scene.orders().uri().resolve("/orders/" + guests.find(id).order());
        Http.Answer read =
                http.send("GET", order, null, Receipts.HEADER, receipt).requireSuccess();
        return new Reading(
                name,
                receipt,
                read.body().path("userName").asText(null),
                read.body().path("userVersion").asLong(),
                read.body().path("userNameFrom").asText(),
                read.body().hasNonNull("userNameAgeMillis")
                        ? read.body().path("userNameAgeMillis").asLong()
                        : null,
                read.body().path("userNameStale").asBoolean(),
                Double.parseDouble(String.valueOf(read.header("Server-Timing")).replace("user;dur=", "")));
    }

    /** Renames only if the user is what the editor has seen. */
    Saved save(String id, Wish wish) throws IOException, InterruptedException {
        Long basedOn = wish.basedOn();
        if (basedOn == null) {
            throw new BadRequestResponse("basedOn must be the version that was seen");
        }
        Http.Answer answer = http.send("PUT", user(id), Map.of("name", name(wish)), "If-Match", "\"" + basedOn + "\"");
        if (answer.status() != 412) {
            answer.requireSuccess();
            scene.written().accept("users");
        }
        return new Saved(answer.status() != 412, answer.status(), seen(answer));
    }

    private URI user(String id) {
        return scene.users().uri().resolve("/users/" + guests.find(id).id());
    }

    private static Seen seen(Http.Answer answer) {
        return new Seen(
                answer.body().path("id").asText(),
                answer.body().path("name").asText(),
                Long.parseLong(String.valueOf(answer.header("ETag")).replace("\"", "")));
    }

    private static String name(Wish wish) {
        String name = wish.name();
        if (name == null || name.isBlank() || name.length() > LONGEST_NAME) {
            throw new BadRequestResponse("a name must not be blank, and have at most " + LONGEST_NAME + " characters");
        }
        return name.strip();
    }
}
