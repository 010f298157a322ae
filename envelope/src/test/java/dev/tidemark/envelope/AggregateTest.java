package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AggregateTest {

    /** The expected values come from another implementation, in Python: they pin the form for ever. */
    @Test
    void hashesItsPartsEachAfterItsLength() {
        assertThat(new Aggregate("orders", "", "order", "42").hash32()).isEqualTo(0xcbe8e793);
        assertThat(new Aggregate("orders", "acme", "order", "42").hash32()).isEqualTo(0x81a09db3);
        assertThat(new Aggregate("orders", "", "order", "Zoë 😀").hash32()).isEqualTo(0x6ef5007d);
    }

    @Test
    void isOrderedPartByPart() {
        Aggregate first = new Aggregate("a", "b", "c", "d");
        assertThat(first).isLessThan(new Aggregate("b", "a", "a", "a"));
        assertThat(first).isLessThan(new Aggregate("a", "c", "a", "a"));
        assertThat(first).isLessThan(new Aggregate("a", "b", "d", "a"));
        assertThat(first).isLessThan(new Aggregate("a", "b", "c", "e"));
        assertThat(first).isEqualByComparingTo(new Aggregate("a", "b", "c", "d"));
    }
}
