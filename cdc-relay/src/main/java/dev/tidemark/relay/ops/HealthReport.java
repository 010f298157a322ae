package dev.tidemark.relay.ops;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all checks said at one moment.
 *
 * @param checks by name, in order: {@code ok} or what else there is to say, or what is wrong
 */
record HealthReport(boolean healthy, Map<String, String> checks) {

    private static final Logger log = LoggerFactory.getLogger(HealthReport.class);
    private static final JsonFactory JSON = new JsonFactory();
    private static final String OK = "ok";

    static HealthReport of(List<HealthCheck> all) {
        Map<String, String> checks = new LinkedHashMap<>();
        boolean healthy = true;
        for (HealthCheck check : all) {
            Optional<String> problem = ask(check);
            checks.put(check.name(), problem.orElseGet(check::allIsWell));
            healthy &= problem.isEmpty();
        }
        return new HealthReport(healthy, checks);
    }

    private static Optional<String> ask(HealthCheck check) {
        try {
            return check.problem();
        } catch (RuntimeException e) {
            log.warn("Health check {} could not be made.", check.name(), e);
            return Optional.of("could not be checked, see the log");
        }
    }

    String json() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("status", healthy ? OK : "unavailable");
            json.writeObjectFieldStart("checks");
            for (Map.Entry<String, String> check : checks.entrySet()) {
                json.writeStringField(check.getKey(), check.getValue());
            }
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a string cannot fail to be written", e);
        }
        return text + "\n";
    }
}
