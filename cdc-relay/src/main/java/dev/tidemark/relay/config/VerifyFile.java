package dev.tidemark.relay.config;

import java.time.Duration;
import java.util.Optional;

/** Which settings the file of a comparison has. */
final class VerifyFile {

    private VerifyFile() {}

    /** @throws ConfigException with every problem of {@code yaml} */
    static VerifyConfig read(String name, String yaml, Interpolation interpolation) {
        Reading reading = new Reading(interpolation);
        Section root = new Section("", YamlText.parse(name, yaml), reading);
        Optional<VerifyConfig.Place> source = place(root.group("source"));
        Optional<VerifyConfig.Place> replica = place(root.group("replica"));
        Section aggregate = root.group("aggregate");
        String aggregateSource = aggregate.text("source", "");
        String tenantId = aggregate.text("tenantid", "");
        String aggregateType = aggregate.text("type", "");
        aggregate.make(() -> named(aggregateSource, aggregateType));
        String key = root.text("key", "id");
        String consumer = root.text("consumer", "");
        int chunk = root.number("chunk", VerifyConfig.CHUNK, 5000);
        Duration patience = root.duration("patience", VerifyConfig.PATIENCE, Duration.ofSeconds(30));
        int most = root.number("most", VerifyConfig.MOST, 10_000);
        VerifyConfig.Place placeholder =
                new VerifyConfig.Place("jdbc:postgresql://localhost/none", "none", Secret.none(), "select 1");
        Optional<VerifyConfig> config = root.make(() -> new VerifyConfig(
                source.orElse(placeholder),
                replica.orElse(placeholder),
                key,
                aggregateSource,
                tenantId,
                aggregateType,
                consumer,
                chunk,
                patience,
                most));
        reading.refuseUnknown();
        reading.problems().throwIfAny(name);
        return config.orElseThrow();
    }

    private static Optional<VerifyConfig.Place> place(Section section) {
        String url = section.text("url", "");
        String user = section.text("user", "");
        Secret password = section.secret("password");
        String query = section.text("query", "");
        return section.make(() -> new VerifyConfig.Place(url, user, password, query));
    }

    private static String named(String source, String type) {
        Problems problems = new Problems();
        problems.required("source", source);
        problems.required("type", type);
        problems.throwIfAny("the aggregate");
        return type;
    }
}
