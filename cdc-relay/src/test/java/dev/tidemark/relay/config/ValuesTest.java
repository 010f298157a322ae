package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ValuesTest {

    @Test
    void durationsAreReadAsTheyAreShown() {
        for (String text : List.of("0ms", "100ms", "30s", "90s", "10m", "12h", "7d")) {
            Duration duration = Durations.parse(text);
            assertThat(duration).as(text).isNotNull();
            assertThat(Durations.show(requireNonNull(duration))).isEqualTo(text);
        }
    }

    @Test
    void whatHasNoUnitOrTooManyIsNotADuration() {
        for (String text : List.of("", "10", "1.5s", "-1s", "10 s", "1h30m", "PT1S", "s", "10S", "9999999999s", "١s")) {
            assertThat(Durations.parse(text)).as(text).isNull();
        }
    }

    @Test
    void sizesHaveDecimalAndBinaryUnits() {
        assertThat(Sizes.parse("500B")).isEqualTo(500);
        assertThat(Sizes.parse("1kB")).isEqualTo(1000);
        assertThat(Sizes.parse("1MB")).isEqualTo(1_000_000);
        assertThat(Sizes.parse("64MiB")).isEqualTo(64L << 20);
        assertThat(Sizes.parse("2GiB")).isEqualTo(2L << 30);
        for (String text : List.of("", "64", "64M", "1.5MiB", "-1MB", "64mib", "64 MiB", "9999999999B")) {
            assertThat(Sizes.parse(text)).as(text).isNull();
        }
    }

    @Test
    void theDefaultsOfMemoryAreAShareOfTheHeap() {
        assertThat(MemoryConfig.defaultBytes(1L << 30)).isBetween(250L << 20, 256L << 20);
        assertThat(MemoryConfig.defaultEvents(1L << 30)).isEqualTo(50_000);
        assertThat(MemoryConfig.defaultEvents(64L << 20)).isBetween(16_000, 16_384);
        assertThat(MemoryConfig.mostBytes(1L << 30)).isLessThanOrEqualTo((1L << 30) * 4 / 10);
    }

    @Test
    void whatIsShownOfAStrangersValueIsOneShortLine() {
        assertThat(Shown.text("a\nb\u001b[31m\u202e")).isEqualTo("a\\u000ab\\u001b[31m\\u202e");
        assertThat(Shown.text("x".repeat(200))).isEqualTo("x".repeat(80) + "…");
    }

    @Test
    void aSecretIsComparedButNotShown() {
        assertThat(Secret.of("a"))
                .isEqualTo(Secret.of("a"))
                .isNotEqualTo(Secret.of("b"))
                .hasToString("***");
        assertThat(Secret.of("")).isEqualTo(Secret.none()).hasToString("(not set)");
        assertThat(Secret.of("a").matches("a")).isTrue();
        assertThat(Secret.of("a").matches("ab")).isFalse();
    }

    @Test
    void aProgramIsToldWhatIsMissingAsAFileIs() {
        assertThatThrownBy(() -> RelayConfig.builder().build()).hasMessage("""
                        2 problems in the configuration:
                          - source is required, but is not set
                          - subscribers is required, with at least one subscriber, but is not set""");
        assertThatThrownBy(() -> SubscriberConfig.builder("shipping").build())
                .hasMessage("1 problem in subscriber shipping:\n  - sink is required, but is not set");
        assertThatThrownBy(() -> SourceConfig.builder().slot("S").build()).hasMessage("""
                        4 problems in the source:
                          - url is required, but is not set
                          - user is required, but is not set
                          - password is required, but is not set
                          - slot must be 1 to 63 of a-z, 0-9 and _, but was: S""");
    }

    @Test
    void similarNamesAreFoundAndOthersAreNot() {
        List<String> names = List.of("slot", "publication", "table");
        assertThat(Similar.nearest("slots", names)).contains("slot");
        assertThat(Similar.nearest("Publicaton", names)).contains("publication");
        assertThat(Similar.nearest("kafka", names)).isEmpty();
        assertThat(Similar.distance("kitten", "sitting")).isEqualTo(3);
    }
}
