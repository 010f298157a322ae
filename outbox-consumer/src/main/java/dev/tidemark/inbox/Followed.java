package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Receipt;
import java.util.Set;
import java.util.TreeSet;

/** The aggregate types that a read model is made of. */
final class Followed {

    /** With their source: {@code user of users}. */
    private final Set<String> types;

    Followed(Set<String> types) {
        this.types = new TreeSet<>(types);
    }

    static String type(String source, String aggregateType) {
        return aggregateType + " of " + source;
    }

    boolean has(Aggregate aggregate) {
        return types.contains(type(aggregate.source(), aggregate.type()));
    }

    /** @throws IllegalArgumentException if it cannot be waited for */
    void require(Receipt receipt, String readModel) {
        if (!has(receipt.aggregate())) {
            throw new IllegalArgumentException("receipt " + receipt + " is of "
                    + type(receipt.aggregate().source(), receipt.aggregate().type()) + ", and " + readModel
                    + " follows "
                    + String.join(", ", types) + ": it would be waited for in vain");
        }
        if (receipt.version() == null) {
            throw new IllegalArgumentException("receipt " + receipt + " has no version, so nobody can tell whether "
                    + readModel + " has come so far; declare its aggregate type as versioned in the writer");
        }
    }
}
