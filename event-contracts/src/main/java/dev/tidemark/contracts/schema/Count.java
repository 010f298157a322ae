package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;

/** How many of something a keyword allows. */
final class Count {

    private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE / 4);

    private Count() {}

    /** As a long; what is larger is as good as the largest. */
    static long of(JsonNode number) {
        return number.decimalValue().min(MOST).longValue();
    }
}
