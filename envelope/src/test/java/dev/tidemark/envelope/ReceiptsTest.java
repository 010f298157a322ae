package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ReceiptsTest {

    private static Receipt user(String id, long version) {
        return Receipt.ofVersion(new Aggregate("users", "", "user", id), version);
    }

    private static Receipt order(String id, long version) {
        return Receipt.ofVersion(new Aggregate("orders", "", "order", id), version);
    }

    @Test
    void travelAsOneText() {
        Receipts receipts = Receipts.of(user("42", 7), order("1", 2));

        assertThat(receipts).hasToString("users::user/42@7|orders::order/1@2");
        assertThat(Receipts.parse(receipts.toString())).isEqualTo(receipts).hasSameHashCodeAs(receipts);
        assertThat(receipts).isNotEqualTo(Receipts.none()).isNotEqualTo("users::user/42@7|orders::order/1@2");
    }

    @Test
    void survivesWhateverIsInTheirParts() {
        Receipt awkward = Receipt.ofVersion(new Aggregate("/a|b,c d", "t;,\"\\\r\n|", "ty:pe/@|", "Zoë 😀 | %7C"), 1);
        Receipts receipts = Receipts.of(awkward, user("|", 2));

        assertThat(Receipts.parse(receipts.toString())).isEqualTo(receipts);
        assertThat(receipts.toString()).matches("[A-Za-z0-9._~%:/@|-]+"); // legal in a cookie and in a header
    }

    @Test
    void theNewestOfEachAggregateIsKept() {
        Receipts receipts = Receipts.of(user("42", 7), user("42", 5)).and(order("1", 1), user("43", 1));

        assertThat(receipts.all()).containsExactly(user("42", 7), order("1", 1), user("43", 1));
        assertThat(receipts.and(Receipts.of(user("42", 8))).about(user("42", 1).aggregate()))
                .contains(user("42", 8));
        assertThat(receipts.about(order("2", 1).aggregate())).isEmpty();
    }

    @Test
    void withoutVersionsTheLaterOneIsKept() {
        Aggregate audit = new Aggregate("orders", "", "audit", "1");
        Receipt first = Receipt.ofUnversioned(audit, new UUID(1, 1));
        Receipt second = Receipt.ofUnversioned(audit, new UUID(1, 2));

        assertThat(Receipts.of(first, second).all()).containsExactly(second);
    }

    @Test
    void readsHeadersThatAProxyPutTogether() {
        assertThat(Receipts.parse("users::user/42@7, orders::order/1@2,users::user/42@9"))
                .isEqualTo(Receipts.of(order("1", 2), user("42", 9)));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "|"})
    void noHeaderIsNoReceipts(String text) {
        assertThat(Receipts.parse(text).isEmpty()).isTrue();
        assertThat(Receipts.parse(text)).isEqualTo(Receipts.none()).hasToString("");
    }

    @Test
    void whatAClientMadeUpIsRefused() {
        assertThatThrownBy(() -> Receipts.parse("users::user/42@7|nonsense"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a receipt looks like ");
        assertThatThrownBy(() -> Receipts.parse("a".repeat(Receipts.MAX_LENGTH + 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("receipts must be at most 3500 characters, but were 3501");
    }

    @Test
    void theOldestAreLeftOutOfATextThatWouldBeTooLong() {
        Receipts receipts = Receipts.of(
                IntStream.range(0, 500).mapToObj(i -> user("u" + i, 1)).toList());

        String text = receipts.toString();

        assertThat(text).hasSizeBetween(Receipts.MAX_LENGTH - 20, Receipts.MAX_LENGTH);
        assertThat(Receipts.parse(text).all()).endsWith(user("u499", 1)).doesNotContain(user("u0", 1));
    }
}
