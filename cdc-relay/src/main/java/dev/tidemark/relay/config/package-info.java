/**
 * What a relay is told before it starts: one YAML file, or a builder.
 *
 * <p>Start at {@link RelayConfig}; a file is read by {@link ConfigFile}. All records are immutable, hold
 * nothing that is not valid, and never show a secret. Whatever is wrong comes as one {@link ConfigException}
 * with every problem that was found. Nothing here connects to anything.
 */
@NullMarked
package dev.tidemark.relay.config;

import org.jspecify.annotations.NullMarked;
