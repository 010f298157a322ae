package dev.tidemark.relay.backlog;

/** The simulation's backlog does what the real one does. */
class MemoryBacklogsTest extends BacklogContract {

    private final MemoryBacklogs memory = new MemoryBacklogs();
    private final Backlogs leading = memory.lead();

    @Override
    Backlogs backlogs() {
        return leading;
    }

    @Override
    void letAnotherLead() {
        memory.lead();
    }
}
