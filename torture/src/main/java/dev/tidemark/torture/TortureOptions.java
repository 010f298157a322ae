package dev.tidemark.torture;

import java.nio.file.Path;

/**
 * Several runs.
 *
 * @param seeds how many
 * @param first seed; the next one is one higher
 * @param postgres major version
 * @param logs where a folder is kept for each run that fails
 */
record TortureOptions(int seeds, long first, int postgres, Path logs, RunOptions run) {}
