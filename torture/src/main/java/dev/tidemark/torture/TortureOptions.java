package dev.tidemark.torture;

import java.nio.file.Path;

/**
 * Several runs.
 *
 * @param seeds how many
 * @param atOnce how many of them at the same time
 * @param first seed; the next one is one higher
 * @param postgres major version
 * @param logs where a folder is kept for each run that fails
 */
record TortureOptions(int seeds, int atOnce, long first, int postgres, Path logs, RunOptions run) {}
