package dev.tidemark.sample.demo.page;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * What there is to show.
 *
 * @param arrivals of events at the services
 * @param written is told the name of the service whenever the page has it write an event
 * @param verify the command line that compares the replica of users with the users, and prints JSON
 * @param repair the same that has it repaired
 * @param log where these say what goes wrong
 */
public record Scene(
        ShownService users,
        ShownService orders,
        ShownService inventory,
        List<ShownRelay> relays,
        Arrivals arrivals,
        Consumer<String> written,
        List<String> verify,
        List<String> repair,
        Path log) {

    ShownService service(String name) {
        return switch (name) {
            case "users" -> users;
            case "orders" -> orders;
            case "inventory" -> inventory;
            default -> throw new IllegalArgumentException("there is no service " + name);
        };
    }
}
