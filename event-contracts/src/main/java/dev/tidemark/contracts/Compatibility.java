package dev.tidemark.contracts;

import dev.tidemark.contracts.schema.Break;
import dev.tidemark.contracts.schema.Inclusion;
import dev.tidemark.contracts.schema.SchemaDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Whether each version of each contract may follow those before it. */
final class Compatibility {

    private final Level level;
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private Compatibility(Level level) {
        this.level = level;
    }

    /**
     * What breaks somebody, and what consumers must do first.
     *
     * @param notes what is no break at this level, but must be done in some order
     */
    record Verdict(List<Finding> findings, List<String> notes) {}

    /** Every version of {@code contracts} towards those before it. */
    static Verdict of(Contracts contracts, Level level) {
        Compatibility compatibility = new Compatibility(level);
        contracts.all().forEach(contract -> compatibility.compare(contract, contract.versions(), version -> true));
        return compatibility.verdict();
    }

    /** What is new in {@code contracts} towards what was published, which must still be there as it was. */
    static Verdict of(Contracts contracts, Contracts published, Level level) {
        Compatibility compatibility = new Compatibility(level);
        for (Contract before : published.all()) {
            compatibility.requireKept(before, contracts.named(before.name()));
        }
        for (Contract contract : contracts.all()) {
            Contract before = published.named(contract.name());
            SortedMap<Integer, SchemaDocument> all = new TreeMap<>(contract.versions());
            if (before != null) {
                all.putAll(before.versions());
            }
            compatibility.compare(
                    contract,
                    all,
                    version -> before == null || !before.versions().containsKey(version));
        }
        return compatibility.verdict();
    }

    private Verdict verdict() {
        return new Verdict(List.copyOf(findings), List.copyOf(notes));
    }

    private void requireKept(Contract before, @Nullable Contract now) {
        before.versions().forEach((version, schema) -> {
            SchemaDocument kept = now == null ? null : now.versions().get(version);
            if (kept == null) {
                findings.add(new Finding(
                        Finding.Kind.REMOVED, before.name(), version, 0, null, names(before, reader -> true)));
            } else {
                requireSame(before, version, schema, kept);
            }
        });
    }

    private void requireSame(Contract before, int version, SchemaDocument published, SchemaDocument now) {
        for (Break reason : Inclusion.breaks(published, now)) {
            findings.add(new Finding(
                    Finding.Kind.NARROWED, before.name(), version, version, reason, names(before, reader -> true)));
        }
        for (Break reason : Inclusion.breaks(now, published)) {
            findings.add(new Finding(
                    Finding.Kind.WIDENED,
                    before.name(),
                    version,
                    version,
                    reason,
                    names(before, reader -> reader.reads() >= version)));
        }
    }

    private void compare(Contract contract, SortedMap<Integer, SchemaDocument> all, Predicate<Integer> isNew) {
        for (Map.Entry<Integer, SchemaDocument> later : all.entrySet()) {
            for (Map.Entry<Integer, SchemaDocument> earlier :
                    all.headMap(later.getKey()).entrySet()) {
                boolean isLast =
                        earlier.getKey().equals(all.headMap(later.getKey()).lastKey());
                if ((level.isTransitive() || isLast) && (isNew.test(later.getKey()) || isNew.test(earlier.getKey()))) {
                    compare(contract, earlier, later);
                }
            }
        }
        remark(contract);
    }

    private void compare(
            Contract contract, Map.Entry<Integer, SchemaDocument> earlier, Map.Entry<Integer, SchemaDocument> later) {
        int old = earlier.getKey();
        int fresh = later.getKey();
        if (level.isBackward()) {
            for (Break reason : Inclusion.breaks(earlier.getValue(), later.getValue())) {
                findings.add(new Finding(
                        Finding.Kind.BACKWARD, contract.name(), old, fresh, reason, names(contract, reader -> true)));
            }
        }
        if (level.isForward()) {
            for (Break reason : Inclusion.breaks(later.getValue(), earlier.getValue())) {
                findings.add(new Finding(
                        Finding.Kind.FORWARD,
                        contract.name(),
                        fresh,
                        old,
                        reason,
                        names(contract, reader -> reader.reads() == old)));
            }
        }
    }

    /** Under BACKWARD, consumers go first: who does not know the newest version, and could not read it, is named. */
    private void remark(Contract contract) {
        int newest = contract.newest();
        for (Consumer consumer : contract.consumers()) {
            if (consumer.reads() < newest
                    && !Inclusion.breaks(contract.version(newest), contract.version(consumer.reads()))
                            .isEmpty()) {
                notes.add(contract.name() + ": " + consumer.name() + " reads version " + consumer.reads()
                        + " and cannot read all of version " + newest + "; upgrade it before anybody writes version "
                        + newest);
            }
        }
    }

    private static List<String> names(Contract contract, Predicate<Consumer> isConcerned) {
        return contract.consumers().stream()
                .filter(isConcerned)
                .map(Consumer::name)
                .distinct()
                .toList();
    }
}
