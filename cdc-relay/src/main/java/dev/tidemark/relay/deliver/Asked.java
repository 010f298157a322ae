package dev.tidemark.relay.deliver;

import dev.tidemark.relay.backlog.Carried;
import dev.tidemark.relay.backlog.Command;
import java.util.function.IntConsumer;

/** A command for one lane, what it has done there so far, and who wants to know. Owned as the lane is. */
final class Asked {

    private final Command command;
    private final IntConsumer answer;
    private int events;

    /** @param answer called once, with how many events of the lane it concerned; must not wait, nor throw */
    Asked(Command command, IntConsumer answer) {
        this.command = command;
        this.answer = answer;
    }

    Command command() {
        return command;
    }

    void did(Carried carried) {
        events += carried.events();
    }

    void done() {
        answer.accept(events);
    }
}
