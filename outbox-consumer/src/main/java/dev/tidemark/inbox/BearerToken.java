package dev.tidemark.inbox;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A secret that requests must bring. Only its hash is kept; comparing takes the same time for every guess. */
final class BearerToken {

    private static final String SCHEME = "bearer ";
    private static final int MIN_CHARACTERS = 16;

    private final byte[] hash;

    /**
     * @throws IllegalArgumentException if it has fewer than 16 characters, or others than header values may have;
     *     the message does not have it
     */
    BearerToken(String token) {
        if (token.length() < MIN_CHARACTERS || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("token must have at least " + MIN_CHARACTERS
                    + " visible ASCII characters and no space; the one given has " + token.length() + " characters");
        }
        this.hash = sha256(token);
    }

    /** Whether {@code authorization}, the header's value, is {@code Bearer} and this token. */
    boolean isIn(@Nullable String authorization) {
        if (authorization == null || !authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            return false;
        }
        return MessageDigest.isEqual(
                hash, sha256(authorization.substring(SCHEME.length()).strip()));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "a bearer token";
    }
}
