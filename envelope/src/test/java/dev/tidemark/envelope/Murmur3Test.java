package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class Murmur3Test {

    @Test
    void agreesWithPublishedVectors() {
        assertThat(hash("")).isZero();
        assertThat(hash("test")).isEqualTo(0xba6bd213);
        assertThat(hash("Hello, world!")).isEqualTo(0xc0363e43);
        assertThat(hash("The quick brown fox jumps over the lazy dog")).isEqualTo(0x2e4ff723);
    }

    @Test
    void hashesBytesAboveSevenBitsInTheTail() {
        assertThat(Murmur3.hash(new byte[] {0x21, 0x43, 0x65, (byte) 0x87})).isEqualTo(0xf55b516b);
        assertThat(Murmur3.hash(new byte[] {0x21, 0x43, 0x65})).isEqualTo(0x7e4a8634);
        assertThat(Murmur3.hash(new byte[] {0x21, 0x43})).isEqualTo(0xa0f7b07a);
        assertThat(Murmur3.hash(new byte[] {0x21})).isEqualTo(0x72661cf4);
        assertThat(Murmur3.hash(new byte[4])).isEqualTo(0x2362f9de);
    }

    private static int hash(String text) {
        return Murmur3.hash(text.getBytes(StandardCharsets.UTF_8));
    }
}
