package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReceiptTest {

    private static final UUID ID = UUID.fromString("019a9c3e-7b1a-7c3d-9e2f-5a6b7c8d9e0f");

    @Test
    void looksLikeAnAddress() {
        assertThat(Receipt.ofVersion(new Aggregate("orders", "", "order", "42"), 7))
                .hasToString("orders::order/42@7");
        assertThat(Receipt.ofVersion(new Aggregate("orders", "acme", "order", "42"), 7))
                .hasToString("orders:acme:order/42@7");
        assertThat(Receipt.ofUnversioned(new Aggregate("orders", "", "audit", "a"), ID))
                .hasToString("orders::audit/a@019a9c3e-7b1a-7c3d-9e2f-5a6b7c8d9e0f");
    }

    @Test
    void survivesWhateverIsInItsParts() {
        Aggregate aggregate = new Aggregate("/a b:c@d/%", "t;,\"\\\r\n", "ty:pe/@", "Zoë 😀 %2F");
        Receipt receipt = Receipt.ofVersion(aggregate, Long.MAX_VALUE);
        assertThat(Receipt.parse(receipt.toString())).isEqualTo(receipt);
        assertThat(receipt.toString()).matches("[A-Za-z0-9._~%:/@-]+"); // legal in a cookie and in a header
    }

    @Test
    void anUnversionedOneComesBackEqual() {
        Receipt receipt = Receipt.ofUnversioned(new Aggregate("orders", "", "audit", "1"), ID);
        assertThat(Receipt.parse(receipt.toString())).isEqualTo(receipt);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "orders",
                "orders:order/42@7",
                "::order/42@7",
                "orders:::order/42@7",
                "orders::/42@7",
                "orders::order/@7",
                "orders::order/42",
                "orders::order/42@",
                "orders::order/42@0",
                "orders::order/42@07",
                "orders::order/42@-7",
                "orders::order/42@7@8",
                "orders::order/42@9223372036854775808",
                "orders::order/42@1-2-3-4-5",
                "orders::order/4%2@7",
                "orders::order/%ff@7",
                "orders::order/é@7",
                "orders::order/42@7\n"
            })
    void refusesAnythingElse(String text) {
        assertThatThrownBy(() -> Receipt.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a receipt looks like orders::order/42@7, percent-encoded, but this is: ");
    }

    @Test
    void hasAVersionOrAnEventId() {
        Aggregate aggregate = new Aggregate("orders", "", "order", "42");
        assertThatThrownBy(() -> new Receipt(aggregate, 1L, ID)).hasMessageContaining("one of them");
        assertThatThrownBy(() -> new Receipt(aggregate, null, null)).hasMessageContaining("one of them");
        assertThatThrownBy(() -> Receipt.ofVersion(aggregate, 0)).hasMessageContaining("start at 1");
    }
}
