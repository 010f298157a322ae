package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** A value that must not be seen: whoever needs it asks with {@link #reveal()}, everything else shows {@code ***}. */
public final class Secret {

    private static final Secret NONE = new Secret("");

    private final String value;

    private Secret(String value) {
        this.value = requireNonNull(value, "value");
    }

    public static Secret of(String value) {
        return value.isEmpty() ? NONE : new Secret(value);
    }

    /** No secret is set. */
    public static Secret none() {
        return NONE;
    }

    /** The value itself, for the one who sends it; never for a log, a message or a {@code toString}. */
    public String reveal() {
        return value;
    }

    public boolean isSet() {
        return !value.isEmpty();
    }

    /** Whether {@code other} is the same value, in a time that does not tell how much of it is right. */
    public boolean matches(String other) {
        return MessageDigest.isEqual(value.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && matches(secret.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return isSet() ? "***" : "(not set)";
    }
}
