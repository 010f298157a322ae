package dev.tidemark.inbox;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.SignStyle;
import java.time.temporal.ChronoField;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How the values of a {@link ReadModel} go to Postgres: the same whatever the column's type and the session's settings. */
final class ReadModelValues {

    /** As Postgres reads it, also in years that ISO 8601 writes with a sign. */
    private static final DateTimeFormatter UTC = new DateTimeFormatterBuilder()
            .appendValue(ChronoField.YEAR_OF_ERA, 4, 10, SignStyle.NOT_NEGATIVE)
            .appendPattern("-MM-dd'T'HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .appendLiteral('Z')
            .toFormatter(Locale.ROOT);

    private ReadModelValues() {}

    static void bind(PreparedStatement statement, int index, @Nullable Object value) throws SQLException {
        if (value instanceof String
                || value instanceof Enum) { // untyped, so that it fits uuid, jsonb or an enum as well
            statement.setObject(index, value.toString(), Types.OTHER);
        } else if (value instanceof Instant time) {
            bindTime(statement, index, time.atOffset(ZoneOffset.UTC));
        } else if (value instanceof OffsetDateTime time) {
            bindTime(statement, index, time.withOffsetSameInstant(ZoneOffset.UTC));
        } else {
            statement.setObject(index, value instanceof Double || value instanceof Float ? decimal(value) : value);
        }
    }

    /** As a timestamptz it would go into a column without a time zone by the zone of the session; of text the Z is left out. */
    private static void bindTime(PreparedStatement statement, int index, OffsetDateTime utc) throws SQLException {
        statement.setObject(index, UTC.format(utc) + (utc.getYear() < 1 ? " BC" : ""), Types.OTHER);
    }

    /** As a float8 it would lose digits on its way into a numeric: Postgres keeps 15 of them there, of a float4 6. */
    private static Object decimal(Object fraction) {
        double value = ((Number) fraction).doubleValue();
        boolean hasNone = !Double.isFinite(value) || (value == 0 && 1 / value < 0); // NaN, the infinities, -0
        return hasNone ? fraction : new BigDecimal(fraction.toString());
    }

    /**
     * For the lock, and for what is remembered of a deletion: the same for every event of an aggregate, in every process.
     *
     * @throws IllegalArgumentException if the key is of a kind whose text may be another one each time
     */
    static String keyText(String readModel, Object key) {
        if (key instanceof byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
        if (key instanceof String
                || key instanceof UUID
                || key instanceof Long
                || key instanceof Integer
                || key instanceof Short
                || key instanceof Byte
                || key instanceof BigInteger) {
            return key.toString();
        }
        throw new IllegalArgumentException("the key of " + readModel
                + " must be a String, a UUID, a whole number or a byte[], but was: "
                + key.getClass().getName());
    }
}
