package dev.tidemark.sample.orders;

import org.jspecify.annotations.Nullable;

/** The body of {@code POST /orders}, as it came. */
record OrderRequest(@Nullable String userId, @Nullable String item, int quantity) {}
