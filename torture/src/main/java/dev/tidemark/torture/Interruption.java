package dev.tidemark.torture;

/**
 * Something that made, or may have made, a relay read again from where its slot stands.
 *
 * @param at by {@link System#nanoTime}, or a little earlier
 * @param confirmed what the slot had confirmed then, or a little less; 0 where Postgres crashed, which may forget all
 */
record Interruption(long at, long confirmed) {}
