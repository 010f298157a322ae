package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.Change.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * The users that one writer knows, and what it might do to them next. For one thread.
 *
 * <p>Changes come sorted by user, and whatever all writers share is locked in that order only: the workload is
 * nasty, but it does not deadlock.
 */
final class Cast {

    private static final List<String> NAMES = List.of(
            "Ada", "Zoë", "李雷", "Ωμέγα", "O'Hara \"the quote\"", "שרה", "back\\slash, comma", "tab\there", "🌊 tide");

    private final Random random;
    private final List<String> shared;
    private final List<String> own = new ArrayList<>();
    private final Set<String> busy = new HashSet<>();

    /**
     * A cast that begins without users of its own.
     *
     * @param shared users that all writers rename and nobody deletes, the most wanted first
     */
    Cast(Random random, List<String> shared) {
        this.random = random;
        this.shared = shared;
    }

    /** At most {@code most} changes and at least one, to any users. {@link #applied} or {@link #dropped} must follow. */
    List<Change> plan(int most) {
        return plan(most, false);
    }

    /** The same without the shared users, for a transaction that stays open: others must not wait for it. */
    List<Change> planInPrivate(int most) {
        return plan(most, true);
    }

    private List<Change> plan(int most, boolean inPrivate) {
        int size = 1 + random.nextInt(most);
        List<Change> changes = new ArrayList<>();
        while (changes.size() < size) {
            int drawn = random.nextInt(10);
            if (drawn < 4 && !inPrivate) {
                changes.add(change(Kind.RENAME, shared()));
            } else if (drawn < 7) {
                String id = UUID.nameUUIDFromBytes(bytes()).toString();
                busy.add(id);
                changes.add(change(Kind.CREATE, id));
                if (random.nextInt(4) == 0 && changes.size() < size) {
                    changes.add(change(Kind.RENAME, id)); // two versions in one transaction
                }
            } else {
                changeOwn(drawn == 9 ? Kind.DELETE : Kind.RENAME, changes);
            }
        }
        changes.sort(Comparator.comparing(Change::id));
        return changes;
    }

    private void changeOwn(Kind kind, List<Change> changes) {
        String id = own.isEmpty() ? "" : own.get(random.nextInt(own.size()));
        if (!id.isEmpty() && busy.add(id)) {
            changes.add(change(kind, id));
        }
    }

    private byte[] bytes() {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        return bytes;
    }

    /** The first of them about half of the time. */
    private String shared() {
        int index = 0;
        while (index < shared.size() - 1 && random.nextBoolean()) {
            index++;
        }
        return shared.get(index);
    }

    private Change change(Kind kind, String id) {
        String name = NAMES.get(random.nextInt(NAMES.size())) + " " + random.nextInt(1_000_000);
        int padding = random.nextInt(100) == 0 ? 1 + random.nextInt(30_000) : 0;
        return new Change(kind, id, kind == Kind.DELETE ? null : name, padding);
    }

    /** They were committed. */
    void applied(List<Change> changes) {
        for (Change change : changes) {
            busy.remove(change.id());
            if (change.kind() == Kind.CREATE) {
                own.add(change.id());
            } else if (change.kind() == Kind.DELETE) {
                own.remove(change.id());
            }
        }
    }

    /** They were rolled back. */
    void dropped(List<Change> changes) {
        changes.forEach(change -> busy.remove(change.id()));
    }
}
