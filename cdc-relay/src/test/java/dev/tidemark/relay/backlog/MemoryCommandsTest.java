package dev.tidemark.relay.backlog;

/** The simulation's backlog carries out commands as the real one does. */
class MemoryCommandsTest extends CommandContract {

    private final Backlogs leading = new MemoryBacklogs().lead();

    @Override
    Backlogs backlogs() {
        return leading;
    }
}
