package dev.tidemark.sample.users;

import dev.tidemark.envelope.Receipt;
import dev.tidemark.sample.javalin.ReceiptHeaders;
import io.javalin.config.RoutesConfig;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.Header;
import io.javalin.http.HttpStatus;
import io.javalin.http.NotFoundResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP interface of the service. What writes is answered with a receipt, by which other services know what their reader
 * must see. A user's version is its {@code ETag}; with {@code If-Match} a change is made to that version only, and else
 * refused with 412 and the user as it is.
 */
final class UsersRoutes {

    private static final Pattern IF_MATCH = Pattern.compile("\"([0-9]{1,18})\"");

    private final Users users;

    UsersRoutes(Users users) {
        this.users = users;
    }

    void register(RoutesConfig routes) {
        routes.post("/users", this::create);
        routes.get(
                "/users/{id}", request -> show(request, users.find(id(request)).orElseThrow(NotFoundResponse::new)));
        routes.put("/users/{id}", this::rename);
        routes.delete("/users/{id}", this::delete);
        routes.exception(Outdated.class, (e, request) -> {
            request.status(HttpStatus.PRECONDITION_FAILED);
            show(request, e.current());
        });
    }

    private void create(Context request) {
        Users.Written written = users.create(name(request));
        request.status(HttpStatus.CREATED);
        ReceiptHeaders.set(request, written.receipt());
        show(request, written.edition());
    }

    private void rename(Context request) {
        Users.Written written =
                users.rename(id(request), name(request), basedOn(request)).orElseThrow(NotFoundResponse::new);
        ReceiptHeaders.set(request, written.receipt());
        show(request, written.edition());
    }

    private void delete(Context request) {
        Receipt receipt = users.delete(id(request), basedOn(request)).orElseThrow(NotFoundResponse::new);
        ReceiptHeaders.set(request, receipt);
        request.status(HttpStatus.NO_CONTENT);
    }

    private static void show(Context request, Edition edition) {
        request.header(Header.ETAG, edition.etag()).json(edition.user());
    }

    private static String id(Context request) {
        return request.pathParam("id");
    }

    private static @Nullable Long basedOn(Context request) {
        String ifMatch = request.header(Header.IF_MATCH);
        if (ifMatch == null || ifMatch.equals("*")) {
            return null;
        }
        Matcher version = IF_MATCH.matcher(ifMatch);
        if (!version.matches()) {
            throw new BadRequestResponse("If-Match must be the ETag of the user that was shown, such as \"7\"");
        }
        return Long.valueOf(version.group(1));
    }

    private static String name(Context request) {
        String name = request.bodyAsClass(Naming.class).name();
        if (name == null || name.isBlank()) {
            throw new BadRequestResponse("name must not be blank; send for example {\"name\": \"Ada\"}");
        }
        return name;
    }

    /** The body of a creation or renaming. */
    record Naming(@Nullable String name) {}
}
