package dev.tidemark.relay;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import java.util.Properties;

/** Connections for the lanes and the leader's duties, to the database that has the backlog. */
final class Pool {

    private static final int MOST = 8;
    private static final long ANSWER_MILLIS = 5_000;

    private Pool() {}

    /** Makes no connection before it is asked for one, and keeps few that nobody uses. */
    static HikariDataSource of(RelayConfig config) {
        SourceConfig source = config.source();
        Properties driver = new Properties();
        driver.setProperty("ApplicationName", "tidemark-backlog");
        driver.setProperty("connectTimeout", "5"); // seconds
        driver.setProperty("socketTimeout", "30");
        driver.setProperty("reWriteBatchedInserts", "true");
        HikariConfig pool = new HikariConfig();
        pool.setPoolName("tidemark-backlog");
        pool.setJdbcUrl(source.url());
        pool.setUsername(source.user());
        pool.setPassword(source.password().reveal());
        pool.setDataSourceProperties(driver);
        pool.setMaximumPoolSize(MOST);
        pool.setMinimumIdle(0);
        pool.setConnectionTimeout(ANSWER_MILLIS);
        pool.setInitializationFailTimeout(-1); // a database that does not answer yet is no reason not to start
        // else the pool asks its first connection, and if that breaks at this very moment takes -1 for the answer, for
        // ever
        pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        return new HikariDataSource(pool);
    }
}
