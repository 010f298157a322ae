package dev.tidemark.relay.capture;

/**
 * A streamed transaction has committed of which a subtransaction was rolled back, and the server did not say which logical
 * messages were of that. It leaves them out itself where it sends a transaction when that has committed.
 */
final class UnclearRollback extends Exception {}
