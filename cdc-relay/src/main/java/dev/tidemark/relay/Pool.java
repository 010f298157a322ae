package dev.tidemark.relay;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.relay.config.SourceConfig;
import java.util.Properties;

/** Connections for the lanes and the leader's duties. */
final class Pool {

    private static final int MOST = 8;
    private static final long ANSWER_MILLIS = 5_000;

    private Pool() {}

    /** Makes no connection before it is asked for one, and keeps few that nobody uses. */
    static HikariDataSource of(SourceConfig source) {
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
        // what is stored must be there after a crash, whatever the server has been told
        pool.setConnectionInitSql("select set_config('synchronous_commit', 'local', false)"
                + " where current_setting('synchronous_commit') = 'off'");
        return new HikariDataSource(pool);
    }
}
