package dev.tidemark.relay.deliver;

import dev.tidemark.relay.backlog.Backlog;
import dev.tidemark.relay.backlog.BacklogException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What was delivered from a lane's backlog, and is not marked there yet: a statement for each event would take longer
 * than its delivery. A relay that dies delivers it again. Owned as the lane is.
 *
 * <p>All are written in one statement, or none: if a later event of an aggregate were marked and an earlier one not,
 * the earlier one would come again as the last.
 */
final class Marks {

    private static final long WAIT_NANOS = 200_000_000L;

    private final Backlog backlog;
    private final Room room;
    private final int most;
    private final List<UUID> delivered = new ArrayList<>();
    private long bytes;
    private long since; // when the first of them was delivered
    private boolean pressing;

    /** @param most how many may wait for one another */
    Marks(Backlog backlog, Room room, int most) {
        this.backlog = backlog;
        this.room = room;
        this.most = most;
    }

    void add(Queued event, long now) {
        since = delivered.isEmpty() ? now : since;
        delivered.add(event.envelope.id());
        bytes += event.bytes;
    }

    /** As {@link #add}, of an event that would be read once more if the mark waited. */
    void addPressing(Queued event, long now) {
        add(event, now);
        pressing = true;
    }

    /** Whether there are so many, or the first has waited for so long, that they are to be written. */
    boolean areDue(long now) {
        return pressing || delivered.size() >= most || (!delivered.isEmpty() && now - since >= WAIT_NANOS);
    }

    /** @throws BacklogException if the backlog does not answer; they are kept */
    void write() throws BacklogException {
        if (delivered.isEmpty()) {
            return;
        }
        backlog.delivered(List.copyOf(delivered));
        room.change(-delivered.size(), 0, -bytes);
        delivered.clear();
        bytes = 0;
        pressing = false;
    }
}
