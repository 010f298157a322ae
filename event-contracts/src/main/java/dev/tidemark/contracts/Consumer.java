package dev.tidemark.contracts;

/**
 * A service that reads events of a type.
 *
 * @param name such as {@code inventory}
 * @param reads the newest version of the schema that it knows, from 1
 */
public record Consumer(String name, int reads) {}
