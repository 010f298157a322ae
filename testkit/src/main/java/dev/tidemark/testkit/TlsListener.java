package dev.tidemark.testkit;

import org.jspecify.annotations.Nullable;

/**
 * Where a broker speaks TLS itself.
 *
 * @param port of this machine
 * @param server its key and certificate
 * @param clients whose certificate a client must have; null if none needs one
 */
record TlsListener(int port, TlsStore server, @Nullable TlsStore clients) {}
