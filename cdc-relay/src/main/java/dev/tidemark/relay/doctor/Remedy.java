package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.doctor.Finding.Severity;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.relay.migrate.MigrationException;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Makes what is missing: tables, publication, slot. Never drops or changes what is there.
 *
 * @param source with a user who owns the outbox and may replicate, or a superuser
 */
public record Remedy(SourceConfig source) {

    /**
     * Makes what the findings say is missing.
     *
     * @param report gets a line for people about each step
     * @throws MigrationException if it may not, or something must be mended first
     */
    public void apply(List<Finding> findings, Consumer<String> report) throws MigrationException {
        Set<String> broken = findings.stream()
                .filter(finding -> finding.severity() == Severity.PROBLEM)
                .map(Finding::check)
                .collect(Collectors.toSet());
        if (broken.contains("connection") || broken.contains("wal_level") || broken.contains("server")) {
            report.accept("Nothing was made: first the connection, the server and wal_level must be mended.");
            return;
        }
        boolean publication = broken.contains(PublicationExamination.CHECK);
        boolean rest = broken.contains(SlotExamination.CHECK)
                || broken.contains(SchemaExamination.CHECK)
                || broken.contains("outbox")
                || broken.contains("registration");
        Migration migration = Migration.of(source);
        if (publication && !broken.contains("outbox")) {
            migration.makePublication(report);
        }
        if (rest) {
            migration.run(report);
        } else if (!publication) {
            report.accept("Nothing was made: nothing is missing that could be.");
        }
    }
}
