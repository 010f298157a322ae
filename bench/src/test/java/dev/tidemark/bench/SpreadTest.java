package dev.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class SpreadTest {

    @Test
    void hasTheMiddleAndBothEnds() {
        assertThat(Spread.of(DoubleStream.of(9, 1, 3))).isEqualTo(new Spread(3, 1, 9));
        assertThat(Spread.of(DoubleStream.of(4, 1, 2, 9))).isEqualTo(new Spread(3, 1, 9));
    }

    @Test
    void whatIsNotKnownDoesNotCount() {
        assertThat(Spread.of(DoubleStream.of(Double.NaN, 2)).median()).isEqualTo(2);
        assertThat(Spread.of(DoubleStream.of(Double.NaN)).text()).isEqualTo("–");
    }

    @Test
    void isShownWithThreeDigits() {
        assertThat(Spread.of(DoubleStream.of(55_123, 53_000, 56_249)).text()).isEqualTo("55.1k (53.0k–56.2k)");
        assertThat(Spread.shown(0.987)).isEqualTo("0.99");
        assertThat(Spread.shown(24.56)).isEqualTo("24.6");
    }
}
