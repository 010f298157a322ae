package dev.tidemark.sample.demo.page;

import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.http.Header;
import io.javalin.http.UnsupportedMediaTypeResponse;
import java.util.regex.Pattern;

/**
 * Lets only the page itself, and programs on this machine, tell the demo what to do. A browser on this machine also runs
 * the pages of others: these may send requests here, but a browser says where they are from. The name of the host is
 * looked at as well, since a name of somebody else's may have been made to mean this machine.
 */
final class SameOrigin implements Handler {

    private static final Pattern THIS_MACHINE = Pattern.compile("(localhost|127\\.0\\.0\\.1|\\[::1])(:[0-9]{1,5})?");
    private static final String FROM = "Sec-Fetch-Site";

    @Override
    public void handle(Context request) {
        String host = String.valueOf(request.header(Header.HOST));
        if (!THIS_MACHINE.matcher(host).matches()) {
            throw new ForbiddenResponse("this page is for this machine; open it as http://localhost");
        }
        if (request.method().equals(HandlerType.GET) || request.method().equals(HandlerType.HEAD)) {
            return;
        }
        String from = request.header(FROM);
        String origin = request.header(Header.ORIGIN);
        if ((from != null && !from.equals("same-origin")) || (origin != null && !origin.equals("http://" + host))) {
            throw new ForbiddenResponse("only the page itself may ask for this, and not another site");
        }
        if (!String.valueOf(request.contentType()).startsWith("application/json")) {
            throw new UnsupportedMediaTypeResponse("send it with Content-Type: application/json");
        }
    }
}
