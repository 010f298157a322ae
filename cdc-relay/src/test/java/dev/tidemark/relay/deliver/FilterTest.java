package dev.tidemark.relay.deliver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class FilterTest {

    private static final List<String> ANY = List.of("*");

    @Test
    void everyPartMustMatchOneOfItsGlobs() {
        assertThat(matches(Filter.everything(), "")).isTrue();
        assertThat(matches(Filter.of(List.of("cust*", "ord?r"), ANY, ANY), "")).isTrue();
        assertThat(matches(Filter.of(List.of("cust*"), ANY, ANY), "")).isFalse();
        assertThat(matches(Filter.of(ANY, List.of("order-*"), ANY), "")).isTrue();
        assertThat(matches(Filter.of(ANY, List.of("Order-*"), ANY), "")).isFalse();
        assertThat(matches(Filter.of(ANY, ANY, List.of("acme")), "acme")).isTrue();
        assertThat(matches(Filter.of(ANY, ANY, List.of("acme")), "")).isFalse();
    }

    @Test
    void aListWithoutGlobsIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Filter.of(List.of(), ANY, ANY));
    }

    @Test
    void filtersAreValues() {
        assertThat(Filter.of(ANY, ANY, ANY)).isEqualTo(Filter.everything()).hasSameHashCodeAs(Filter.everything());
        assertThat(Filter.of(List.of("order"), ANY, ANY)).isNotEqualTo(Filter.everything());
    }

    @Test
    void aCharacterOutsideTheBasicPlaneIsOneCharacter() {
        assertThat(new Glob("a?c").matches("a\uD83D\uDE00c")).isTrue();
        assertThat(new Glob("*?").matches("\uD83D\uDE00")).isTrue();
        assertThat(new Glob("a??c").matches("a\uD83D\uDE00c")).isFalse();
    }

    @Test
    @Timeout(5)
    void aHostilePatternTakesNoLongTime() {
        Glob glob = new Glob("*a".repeat(50) + "b");
        long start = System.nanoTime();
        assertThat(glob.matches("a".repeat(5000))).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
    }

    /** Short texts and patterns over few characters, so that most branches are met; the JDK's regex knows. */
    @RepeatedTest(50)
    void globsAgreeWithRegularExpressions(RepetitionInfo repetition) {
        int seed = repetition.getCurrentRepetition();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 500; i++) {
            String pattern = word(random, "ab.*?*", 7);
            String text = word(random, "ab.", 9);
            String regex = pattern.replace(".", "\\.").replace("*", ".*").replace("?", ".");
            assertThat(new Glob(pattern).matches(text))
                    .as("seed %d: %s on %s", seed, pattern, text)
                    .isEqualTo(Pattern.matches(regex, text));
        }
    }

    private static String word(SplittableRandom random, String alphabet, int maxLength) {
        StringBuilder word = new StringBuilder();
        for (int i = random.nextInt(maxLength + 1); i > 0; i--) {
            word.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return word.toString();
    }

    private static boolean matches(Filter filter, String tenant) {
        Envelope envelope =
                Events.of(new Aggregate("orders", tenant, "order", "1"), 1).build();
        Envelope seen = filter.seen(envelope);
        assertThat(seen == null || seen == envelope).as("as it is").isTrue();
        return seen != null;
    }

    @Test
    void withMarkersAnEventLeftOutBecauseOfItsTypeIsSeenAsOne() {
        Filter filter = Filter.of(List.of("order"), List.of("order-shipped"), List.of("acme"))
                .withMarkers();
        Envelope placed = Events.of(new Aggregate("orders", "acme", "order", "1"), 7)
                .sourceEpoch(2)
                .traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                .header("user", "ada")
                .redelivery("replay:3")
                .build();

        assertThat(filter.seen(placed))
                .usingRecursiveComparison()
                .isEqualTo(Envelope.builder()
                        .id(placed.id())
                        .aggregate(placed.aggregate())
                        .aggregateVersion(7L)
                        .sourceEpoch(2)
                        .type("tidemark.skipped")
                        .dataSchema("urn:tidemark:orders:tidemark.skipped:1")
                        .time(placed.time())
                        .traceparent(placed.traceparent())
                        .redelivery("replay:3")
                        .build());
        Envelope shipped = placed.toBuilder().type("order-shipped").build();
        assertThat(filter.seen(shipped)).isSameAs(shipped);
        assertThat(filter.seen(placed.toBuilder().aggregateVersion(null).build()))
                .as("it leaves no hole")
                .isNull();
        assertThat(filter.seen(Events.of(new Aggregate("orders", "acme", "invoice", "1"), 7)
                        .build()))
                .isNull();
        assertThat(filter.seen(
                        Events.of(new Aggregate("orders", "", "order", "1"), 7).build()))
                .isNull();
        assertThat(filter.mayWant("order", "order-placed", "acme")).isTrue();
        assertThat(filter).isNotEqualTo(Filter.of(List.of("order"), List.of("order-shipped"), List.of("acme")));
        assertThat(filter).hasToString("aggregatetypes=[order] types=[order-shipped] tenants=[acme] with markers");
    }
}
