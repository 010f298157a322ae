package dev.tidemark.relay.capture;

/**
 * A subtransaction of a streamed transaction was rolled back, and the server does not say which logical messages were of
 * it. It leaves them out itself where it sends a transaction when that has committed.
 */
final class UnclearRollback extends Exception {}
