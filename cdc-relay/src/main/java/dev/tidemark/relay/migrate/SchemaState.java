package dev.tidemark.relay.migrate;

import dev.tidemark.relay.config.SourceConfig;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;

/**
 * How the history of the SQL compares with the class path.
 *
 * @param current the version of the database, such as {@code 004}; empty if there is none
 * @param pending what is not applied, such as {@code V004}
 * @param unknown what was applied by a newer version
 */
public record SchemaState(String current, List<String> pending, List<String> unknown) {

    public SchemaState {
        pending = List.copyOf(pending);
        unknown = List.copyOf(unknown);
    }

    /**
     * Reads it, and changes nothing.
     *
     * @throws MigrationException if the history cannot be read as the source's user
     */
    public static SchemaState of(SourceConfig source) throws MigrationException {
        try {
            MigrationInfoService info =
                    new Schema(source, new Sessions(source)).flyway().info();
            List<String> pending = new ArrayList<>();
            List<String> unknown = new ArrayList<>();
            for (MigrationInfo one : info.all()) {
                if (one.getState().isApplied()
                        && !one.getState().isResolved()
                        && one.getScript().endsWith(".sql")) {
                    unknown.add("V" + one.getVersion());
                } else if (!one.getState().isApplied() && one.getVersion() != null) {
                    pending.add("V" + one.getVersion());
                }
            }
            MigrationInfo current = info.current();
            return new SchemaState(current == null ? "" : String.valueOf(current.getVersion()), pending, unknown);
        } catch (FlywayException e) {
            throw Failures.explain("read the history of the SQL", source, e);
        }
    }
}
