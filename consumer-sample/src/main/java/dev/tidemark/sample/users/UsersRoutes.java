package dev.tidemark.sample.users;

import io.javalin.config.RoutesConfig;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.http.NotFoundResponse;
import org.jspecify.annotations.Nullable;

/** The HTTP interface of the service. */
final class UsersRoutes {

    private final Users users;

    UsersRoutes(Users users) {
        this.users = users;
    }

    void register(RoutesConfig routes) {
        routes.post("/users", request -> request.status(HttpStatus.CREATED).json(users.create(name(request))));
        routes.get(
                "/users/{id}", request -> request.json(users.find(id(request)).orElseThrow(NotFoundResponse::new)));
        routes.put(
                "/users/{id}",
                request -> request.json(users.rename(id(request), name(request)).orElseThrow(NotFoundResponse::new)));
        routes.delete("/users/{id}", request -> {
            if (!users.delete(id(request))) {
                throw new NotFoundResponse();
            }
            request.status(HttpStatus.NO_CONTENT);
        });
    }

    private static String id(Context request) {
        return request.pathParam("id");
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
