package dev.tidemark.envelope;

import static java.util.Objects.requireNonNull;

import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What appending an event returns: how far a read model must have come to show the change. Hand it to
 * whoever reads next, in a header or a cookie: {@link #toString()} has only characters that survive there.
 *
 * <p>Text form {@code orders::order/42@7}: source, tenant, aggregate type, aggregate id and version, each
 * percent-encoded. An event of an unversioned aggregate type has its id for the version.
 *
 * @param aggregate what the event happened to
 * @param version of the aggregate, from 1; null if its type is unversioned
 * @param id of the event; null if there is a version, which says more
 */
public record Receipt(
        Aggregate aggregate,
        @Nullable Long version,
        @Nullable UUID id) {

    private static final Pattern FORM = Pattern.compile("([^:/@]+):([^:/@]*):([^:/@]+)/([^:/@]+)@([^:/@]+)");
    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,18}");

    public Receipt {
        requireNonNull(aggregate, "aggregate");
        if ((version == null) == (id == null)) {
            throw new IllegalArgumentException("a receipt has a version or an event id, one of them");
        }
        if (version != null && version < 1) {
            throw new IllegalArgumentException("versions start at 1, but this one is " + version);
        }
    }

    public static Receipt ofVersion(Aggregate aggregate, long version) {
        return new Receipt(aggregate, version, null);
    }

    public static Receipt ofUnversioned(Aggregate aggregate, UUID eventId) {
        return new Receipt(aggregate, null, eventId);
    }

    /**
     * The receipt of which {@code text} is the text form.
     *
     * @throws IllegalArgumentException if it is none; the message says what one looks like
     */
    public static Receipt parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw noReceipt(text, null);
        }
        try {
            Aggregate aggregate = new Aggregate(part(parts, 1), part(parts, 2), part(parts, 3), part(parts, 4));
            String last = parts.group(5);
            return VERSION.matcher(last).matches()
                    ? ofVersion(aggregate, Long.parseLong(last))
                    : ofUnversioned(aggregate, Uuids.parse(last));
        } catch (IllegalArgumentException e) {
            throw noReceipt(text, e);
        }
    }

    private static String part(Matcher parts, int group) {
        return PercentEncoding.decode(parts.group(group));
    }

    private static IllegalArgumentException noReceipt(String text, @Nullable IllegalArgumentException cause) {
        String shown = text.length() <= 200 ? text : text.substring(0, 200) + "…";
        return new IllegalArgumentException(
                "a receipt looks like orders::order/42@7, percent-encoded, but this is: " + shown
                        + (cause == null ? "" : " (" + cause.getMessage() + ")"),
                cause);
    }

    /** The text form; {@link #parse} reads it. */
    @Override
    public String toString() {
        return PercentEncoding.encodeUrn(aggregate.source())
                + ":"
                + PercentEncoding.encodeUrn(aggregate.tenantId())
                + ":"
                + PercentEncoding.encodeUrn(aggregate.type())
                + "/"
                + PercentEncoding.encodeUrn(aggregate.id())
                + "@"
                + (version == null ? id : version);
    }
}
