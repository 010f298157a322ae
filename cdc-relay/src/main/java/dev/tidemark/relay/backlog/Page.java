package dev.tidemark.relay.backlog;

import java.util.List;

/**
 * Some waiting events, in order.
 *
 * @param last whether there was nothing more behind them
 */
public record Page(List<Entry> entries, boolean last) {

    public Page {
        entries = List.copyOf(entries);
    }
}
