package dev.tidemark.relay.backlog;

import java.sql.Connection;
import java.sql.SQLException;

/** Opens connections to the database that has the backlog, in auto-commit mode. Whoever opens one closes it. */
@FunctionalInterface
public interface Connections {

    Connection open() throws SQLException;
}
