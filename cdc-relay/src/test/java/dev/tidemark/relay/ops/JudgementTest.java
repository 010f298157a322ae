package dev.tidemark.relay.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rules about the bound and the slot, by values; what the server says of the rest is in order. */
class JudgementTest {

    private static final SourceConfig SOURCE = SourceConfig.builder()
            .url("jdbc:postgresql://localhost/orders")
            .user("relay")
            .password(Secret.of("secret"))
            .slot("orders")
            .build();

    /** The bound of what the slot had confirmed was a row later in the log, which the standby did not get. */
    @Test
    void aSlotThatCameAlongMayStandBeyondTheBoundThatDidNot() {
        Look promoted = look(1, 2, 100L, slot(120, true), 130);
        assertThat(judged(promoted).problem()).isNull();
        assertThat(judged(promoted).bound()).isEqualTo(new Lsn(120));

        Judgement.Memory ofAStandbyOfTheRelay =
                Judgement.Memory.NONE.with(null, look(1, 1, 110L, slot(110, false), 119));
        assertThat(new Judgement(SOURCE, promoted, ofAStandbyOfTheRelay).problem())
                .isNull();
    }

    @Test
    void onceTheNewTimelineIsRegisteredASlotBeyondTheBoundWasMovedAlsoIfItCameAlongOnce() {
        Judgement later = judged(look(2, 2, 100L, slot(120, true), 130));
        assertThat(later.problem()).contains("was moved or made anew").contains("migrate --repair");
        assertThat(later.bound()).isEqualTo(new Lsn(100));
    }

    @Test
    void aSlotThatDidNotComeAlongIsNotTakenAtItsWord() {
        assertThat(judged(look(1, 2, 100L, slot(100, false), 130)).problem())
                .contains("was not synchronised")
                .contains("adopt-restore");
    }

    @Test
    void aSlotThatCameAlongBehindTheBoundLowersNothing() {
        assertThat(judged(look(1, 2, 100L, slot(90, true), 130)).bound()).isEqualTo(new Lsn(100));
    }

    @Test
    void beforeTheFirstStartTheSlotIsAllThatIsKnown() {
        assertThat(judged(look(1, 1, null, slot(90, false), 130)).bound()).isEqualTo(new Lsn(90));
    }

    /** Not the leader, which had settled it, but a relay that only saw it on record. */
    @Test
    void aBoundThatWasSeenOnRecordIsRemembered() {
        Judgement.Memory memory = Judgement.Memory.NONE.with(null, look(1, 1, 100L, slot(100, false), 100));
        Look copy = look(1, 2, 50L, slot(50, true), 90); // of another timeline, so that its end is no reason
        assertThat(new Judgement(SOURCE, copy, memory).problem())
                .contains("the database went back")
                .contains("adopt-restore");
    }

    private static Judgement judged(Look look) {
        return new Judgement(SOURCE, look, Judgement.Memory.NONE);
    }

    static Look look(int registered, int timeline, @Nullable Long acknowledged, Look.Slot slot, long endOfLog) {
        return new Look(
                new Look.Registered(
                        1, "7", registered, acknowledged == null ? null : new Lsn(acknowledged), "16384", "as it is"),
                "7",
                timeline,
                new Lsn(endOfLog),
                "logical",
                new Look.OutboxTable("16384", true),
                "",
                new Look.Published("as it is", true),
                slot);
    }

    static Look.Slot slot(long confirmed, boolean synced) {
        return new Look.Slot(true, null, synced, new Lsn(confirmed));
    }
}
