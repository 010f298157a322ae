package dev.tidemark.sample.demo.page;

import dev.tidemark.testkit.Database;
import java.net.URI;

/**
 * A service that runs.
 *
 * @param database its own, into which the page looks
 */
public record ShownService(URI uri, Database database) {}
