package dev.tidemark.sample.demo.page;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Header;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The files of the page, and headers by which a browser runs nothing but them. */
final class Assets {

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private Assets() {}

    static void register(RoutesConfig routes) {
        routes.before(Assets::secure);
        serve(routes, "/", "page.html", "text/html");
        serve(routes, "/page.css", "page.css", "text/css");
        serve(routes, "/page.js", "page.js", "text/javascript");
    }

    private static void secure(Context request) {
        request.header("Content-Security-Policy", POLICY);
        request.header("X-Content-Type-Options", "nosniff");
        request.header("Referrer-Policy", "no-referrer");
        request.header(Header.CACHE_CONTROL, "no-store");
    }

    private static void serve(RoutesConfig routes, String path, String file, String type) {
        byte[] bytes = read(file);
        routes.get(
                path, request -> request.contentType(type + "; charset=utf-8").result(bytes));
    }

    private static byte[] read(String file) {
        try (InputStream in = Assets.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException(file + " of the page is not on the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + " of the page", e);
        }
    }
}
