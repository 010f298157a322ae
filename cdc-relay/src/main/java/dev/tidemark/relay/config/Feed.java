package dev.tidemark.relay.config;

/** With what a relay reads the log. */
public enum Feed {
    /** An embedded Debezium engine. */
    DEBEZIUM,
    /** The server's plugin pgoutput, read directly. */
    PGOUTPUT
}
