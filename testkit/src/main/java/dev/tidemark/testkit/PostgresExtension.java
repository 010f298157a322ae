package dev.tidemark.testkit;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test what it asks for by parameter: a {@link PostgresServer}, which is {@link PostgresServer#shared()},
 * or a {@link Database}, which is new for each parameter and dropped after the test, or after the class if
 * {@code @BeforeAll} or the constructor asked.
 *
 * <pre>{@code
 * @ExtendWith(PostgresExtension.class)
 * class OutboxTest {
 *     @Test
 *     void aRolledBackTransactionLeavesNoEvent(Database database) throws SQLException { … }
 * }
 * }</pre>
 */
public final class PostgresExtension implements ParameterResolver {

    private record Lease(PostgresServer server, Database database) implements AutoCloseable {
        @Override
        public void close() {
            server.dropDatabase(database);
        }
    }

    /** For JUnit. */
    public PostgresExtension() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == PostgresServer.class || type == Database.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context)
            throws ParameterResolutionException {
        PostgresServer server = PostgresServer.shared();
        if (parameter.getParameter().getType() == PostgresServer.class) {
            return server;
        }
        Lease lease = new Lease(server, server.createDatabase());
        context.getStore(Namespace.create(PostgresExtension.class)).put(lease.database.name(), lease);
        return lease.database;
    }
}
