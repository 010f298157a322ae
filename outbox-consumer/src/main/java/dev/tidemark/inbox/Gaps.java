package dev.tidemark.inbox;

/** How an inbox sees an event whose predecessor it has not. */
record Gaps(GapPolicy gapPolicy, FirstEvent firstEvent) {

    /** Whether an event is handled only when all before it were: so it may be delivered in any order. */
    boolean areWaitedFor() {
        return gapPolicy != GapPolicy.REPORT && firstEvent == FirstEvent.BEGINNING;
    }
}
