package dev.tidemark.envelope;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What somebody has written, as it travels to whoever reads next: in the header {@value #HEADER}, or in a cookie of
 * that name. Of each aggregate the newest is kept.
 *
 * <p>Text form: receipts with {@code |} between them, such as {@code users::user/42@7|orders::order/1@2}. It has only
 * characters that survive in headers and cookies, and at most {@value #MAX_LENGTH} of them: where there would be more, the
 * receipts that came first are left out. Whoever reads is served what the replica has, then; so keep them apart where
 * somebody writes hundreds of aggregates.
 *
 * <p>It comes back from clients, who may change it. Believe no more of it than that somebody is ready to wait: it is no
 * permission to see anything. Immutable.
 */
public final class Receipts {

    /** Of a response that wrote, and of a request that is to see it; also the cookie's name. */
    public static final String HEADER = "tidemark-receipt";

    /** What fits into a cookie, with its name and attributes. */
    public static final int MAX_LENGTH = 3500;

    private static final Receipts NONE = new Receipts(Map.of());

    private final Map<Aggregate, Receipt> newest; // in the order in which they came

    private Receipts(Map<Aggregate, Receipt> newest) {
        this.newest = newest;
    }

    public static Receipts none() {
        return NONE;
    }

    public static Receipts of(Receipt... receipts) {
        return of(List.of(receipts));
    }

    public static Receipts of(Collection<Receipt> receipts) {
        Map<Aggregate, Receipt> newest = new LinkedHashMap<>();
        for (Receipt receipt : receipts) {
            add(newest, receipt);
        }
        return new Receipts(newest);
    }

    /** The later of two wins; of two without versions, which cannot be compared, the one that came later. */
    private static void add(Map<Aggregate, Receipt> newest, Receipt receipt) {
        Receipt known = newest.remove(receipt.aggregate());
        newest.put(receipt.aggregate(), known != null && isNewer(known, receipt) ? known : receipt);
    }

    private static boolean isNewer(Receipt one, Receipt other) {
        Long version = one.version();
        Long otherVersion = other.version();
        return version != null && otherVersion != null && version > otherVersion;
    }

    /**
     * The receipts of which {@code text} is the text form. Commas and spaces may stand between them too: so proxies put two
     * headers of one name together.
     *
     * @param text null or empty if there is no such header or cookie
     * @throws IllegalArgumentException if it is none, or longer than {@value #MAX_LENGTH}: answer 400, or go on
     *     without; the message says what one looks like
     */
    public static Receipts parse(@Nullable String text) {
        if (text == null || text.isBlank()) {
            return NONE;
        }
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "receipts must be at most " + MAX_LENGTH + " characters, but were " + text.length());
        }
        Map<Aggregate, Receipt> newest = new LinkedHashMap<>();
        for (String one : text.split("[|, ]+", -1)) {
            if (!one.isEmpty()) {
                add(newest, Receipt.parse(one));
            }
        }
        return new Receipts(newest);
    }

    /** These and what was written after them. */
    public Receipts and(Receipt... later) {
        Map<Aggregate, Receipt> all = new LinkedHashMap<>(newest);
        for (Receipt receipt : later) {
            add(all, receipt);
        }
        return new Receipts(all);
    }

    /** These and those that came after them. */
    public Receipts and(Receipts later) {
        return and(later.newest.values().toArray(Receipt[]::new));
    }

    /** All of them, those that came first at the front. */
    public List<Receipt> all() {
        return List.copyOf(newest.values());
    }

    /** The one about an aggregate, if there is one. */
    public Optional<Receipt> about(Aggregate aggregate) {
        return Optional.ofNullable(newest.get(requireNonNull(aggregate, "aggregate")));
    }

    public boolean isEmpty() {
        return newest.isEmpty();
    }

    /** The text form, empty if there are none; {@link #parse} reads it. */
    @Override
    public String toString() {
        Deque<String> texts =
                newest.values().stream().map(Receipt::toString).collect(Collectors.toCollection(ArrayDeque::new));
        int length = texts.stream().mapToInt(text -> text.length() + 1).sum() - 1;
        while (length > MAX_LENGTH) {
            length -= texts.remove().length() + 1;
        }
        return String.join("|", texts);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Receipts that && newest.equals(that.newest);
    }

    @Override
    public int hashCode() {
        return newest.hashCode();
    }
}
