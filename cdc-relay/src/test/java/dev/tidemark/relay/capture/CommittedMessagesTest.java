package dev.tidemark.relay.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The machine that puts streamed transactions where they commit, message by message (more than 400 lines because each kind has its cases). */
class CommittedMessagesTest {

    private static final String PREFIX = "tidemark-open-slot-";
    private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");
    private static final long PLENTY = 1 << 20;

    @TempDir
    private Path directory;

    private OpenTransactions open;
    private CommittedMessages messages;
    private final List<String> came = new ArrayList<>();
    private long position;

    @BeforeEach
    void begin() throws IOException {
        holdAtMost(PLENTY);
    }

    @AfterEach
    void end() {
        messages.close();
    }

    @Test
    void aStreamedTransactionComesWhenItHasCommittedAndAnOrdinaryOneBefore() throws Exception {
        start(7, true);
        relation(7);
        row(7, "one");
        stop();
        ordinary("other", 300);
        start(7, false);
        row(7, "two");
        stop();
        assertThat(came).containsExactly("begin 300", "other@7", "commit 300");
        commit(7, 400);
        assertThat(came.subList(3, came.size())).containsExactly("begin 400", "one@3", "two@10", "commit 400");
    }

    @Test
    void severalComeInTheOrderOfTheirCommits() throws Exception {
        for (int xid = 1; xid <= 3; xid++) {
            start(xid, true);
            relation(xid);
            row(xid, "a" + xid);
            stop();
        }
        start(2, false);
        row(2, "b2");
        stop();
        commit(3, 30);
        commit(1, 40);
        commit(2, 50);
        assertThat(said()).containsExactly("a3", "a1", "a2", "b2");
    }

    @Test
    void whatIsRolledBackNeverComes() throws Exception {
        start(7, true);
        relation(7);
        row(7, "one");
        row(8, "gone");
        row(9, "gone within");
        stop();
        start(7, false);
        row(8, "gone later");
        stop();
        abort(7, 8);
        abort(7, 9);
        start(7, false);
        relation(10);
        row(10, "kept");
        row(7, "two");
        stop();
        start(20, true);
        relation(20);
        row(20, "gone, too");
        stop();
        abort(20, 21);
        abort(20, 20);
        commit(7, 400);
        assertThat(said()).containsExactly("one", "kept", "two");
        assertThatThrownBy(() -> commit(20, 500)).hasMessageContaining("20 ends, but did not begin");
    }

    @Test
    void aTableThatWasToldInWhatWasRolledBackDoesNotCount() throws Exception {
        start(7, true);
        relation(8);
        row(8, "gone");
        stop();
        abort(7, 8);
        start(7, false);
        row(7, "of no table");
        stop();
        assertThatThrownBy(() -> commit(7, 400)).hasMessageContaining("was not announced");
    }

    @Test
    void norDoesItCountForOthers() throws Exception {
        start(7, true);
        relation(8);
        row(8, "gone");
        stop();
        abort(7, 8);
        commit(7, 400);
        assertThatThrownBy(() -> ordinary("of no table", 500, false)).hasMessageContaining("was not announced");
    }

    @Test
    void aTableThatWasToldInABlockCountsForOthersOnceItHasCommitted() throws Exception {
        start(7, true);
        relation(7);
        row(7, "one");
        stop();
        assertThatThrownBy(() -> ordinary("too soon", 300, false)).hasMessageContaining("was not announced");
        commit(7, 400);
        ordinary("now", 500, false);
        assertThat(said()).containsExactly("one", "now");
    }

    @Test
    void oneWithoutChangesDoesNotCome() throws Exception {
        start(7, true);
        stop();
        start(8, true);
        relation(9);
        row(9, "gone");
        stop();
        abort(8, 9);
        commit(8, 300);
        commit(7, 400);
        assertThat(came).isEmpty();
    }

    @Test
    void messagesThatMayOrMayNotHaveBeenRolledBackAreUnclear() throws Exception {
        start(7, true);
        relation(7);
        row(7, "row");
        message(7, "of nobody knows whom");
        row(8, "gone");
        row(9, "gone within");
        stop();
        abort(7, 9);
        abort(7, 8);
        start(7, false);
        row(7, "later");
        stop();
        assertThat(open.memoryBytes()).isZero();
        assertThatThrownBy(() -> commit(7, 400)).isInstanceOf(UnclearRollback.class);

        start(17, true);
        row(17, "row");
        message(17, "of nobody knows whom");
        stop();
        abort(17, 18);
        assertThatThrownBy(() -> commit(17, 500)).isInstanceOf(UnclearRollback.class);
        assertThat(came).isEmpty();
    }

    /** The server rolls back the subtransactions of one first, which only then goes as a whole. */
    @Test
    void whatIsRolledBackAsAWholeNeedNotBeClear() throws Exception {
        start(7, true);
        relation(7);
        message(7, "of nobody knows whom");
        row(8, "gone");
        stop();
        abort(7, 8);
        abort(7, 7);
        ordinary("other", 300);
        assertThat(came).containsExactly("begin 300", "other@10", "commit 300");
        assertThat(open.memoryBytes()).isZero();
    }

    @Test
    void messagesBetweenRowsAreClear() throws Exception {
        start(7, true);
        relation(7);
        message(7, "kept");
        row(7, "row");
        row(8, "gone");
        message(7, "gone");
        stop();
        abort(7, 8);
        abort(7, 9);
        commit(7, 400);
        assertThat(said()).containsExactly("kept", "row");
    }

    @Test
    void whatIsTooMuchIsInFilesWithoutNamesThatGoWhenItIsOver() throws Exception {
        holdAtMost(2 * HeldBytes.CHUNK);
        for (int xid = 1; xid <= 4; xid++) {
            start(xid, true);
            relation(xid);
            for (int i = 0; i < 200; i++) {
                row(xid, xid + "-" + i + "x".repeat(1000));
            }
            stop();
            assertThat(open.memoryBytes()).isLessThanOrEqualTo(2 * HeldBytes.CHUNK);
        }
        assertThat(directory).isEmptyDirectory();
        assertThat(SpillFiles.open(directory)).isEqualTo(4);
        abort(1, 1);
        assertThat(SpillFiles.open(directory)).isEqualTo(3);
        commit(3, 300);
        assertThat(said()).hasSize(200).first().asString().startsWith("3-0x");
        assertThat(SpillFiles.open(directory)).isEqualTo(2);
        messages.close();
        assertThat(SpillFiles.open(directory)).isZero();
    }

    /** Blocks, subtransactions that are rolled back, whatever is in memory or in files: compared with a plain list. */
    @Test
    void whateverIsInFilesComesAsIfItWereInMemory() throws Exception {
        for (long seed = 1; seed <= 40; seed++) {
            Random random = new Random(seed);
            came.clear();
            messages.close();
            holdAtMost(random.nextBoolean() ? 1 : random.nextInt(6 * HeldBytes.CHUNK));
            List<String> expected = new ArrayList<>();
            start(100, true);
            relation(100);
            int xid = 100;
            for (int step = 0; step < 60; step++) {
                xid++;
                int before = expected.size();
                for (int i = random.nextInt(20); i >= 0; i--) {
                    String text = seed + " " + step + " " + i + "y".repeat(random.nextInt(9) == 0 ? 70_000 : 500);
                    row(xid, text);
                    expected.add(text);
                }
                if (random.nextInt(3) == 0) {
                    stop();
                    abort(100, xid);
                    expected.subList(before, expected.size()).clear();
                    start(100, false);
                    relation(100);
                }
            }
            stop();
            commit(100, 1000);
            assertThat(said()).as("seed %s", seed).isEqualTo(expected);
        }
        assertThat(SpillFiles.open(directory)).isZero();
    }

    @Test
    void whatAProcessLeftIsRemovedAndNothingElse() throws Exception {
        Path left = Files.createFile(directory.resolve(PREFIX + "1.tmp"));
        Path other = Files.createFile(directory.resolve("tidemark-open-slot_2-1.tmp"));
        holdAtMost(PLENTY);
        assertThat(left).doesNotExist();
        assertThat(other).exists();
    }

    @Test
    void aDirectoryThatIsNoneIsSaidAtTheBeginning() {
        Path missing = directory.resolve("missing");
        assertThatThrownBy(() -> new OpenTransactions(1, missing, PREFIX))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(missing.toString())
                .hasMessageContaining("is not a directory that can be written to")
                .hasMessageContaining("memory.directory");
    }

    @Test
    void aDirectoryThatGoesMissingIsSaidWhenItIsNeeded() throws Exception {
        holdAtMost(1);
        Files.delete(directory);
        start(7, true);
        assertThatThrownBy(() -> relation(7))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("NoSuchFile")
                .hasMessageContaining("memory.directory")
                .hasNoCause();
        Files.createDirectory(directory);
    }

    @Test
    void whatTheProtocolDoesNotAllowIsRefused() throws Exception {
        assertThatThrownBy(this::stop).hasMessageContaining("did not begin");
        assertThatThrownBy(() -> start(7, false)).hasMessageContaining("its first did not");
        assertThatThrownBy(() -> commit(7, 1)).hasMessageContaining("ends, but did not begin");
        assertThatCode(() -> abort(7, 7)).doesNotThrowAnyException();
        start(7, true);
        assertThatThrownBy(() -> commit(7, 1)).hasMessageContaining("in a block");
        assertThatThrownBy(() -> abort(7, 7)).hasMessageContaining("in a block");
        assertThatThrownBy(() -> take(bytes('I').put((byte) 1))).hasMessageContaining("only 2 bytes");
        stop();
        assertThatThrownBy(() -> start(7, true)).hasMessageContaining("called its first");
    }

    private void holdAtMost(long bytes) throws IOException {
        open = new OpenTransactions(bytes, directory, PREFIX);
        messages = new CommittedMessages(open);
    }

    /** What rows and messages say, in the order in which they came. */
    private List<String> said() {
        return came.stream()
                .filter(text -> text.contains("@"))
                .map(text -> text.substring(0, text.lastIndexOf('@')))
                .toList();
    }

    private void start(int xid, boolean first) throws Exception {
        take(bytes('S').putInt(xid).put((byte) (first ? 1 : 0)));
    }

    private void stop() throws Exception {
        take(bytes('E'));
    }

    private void commit(int xid, long end) throws Exception {
        take(bytes('c').putInt(xid).put((byte) 0).putLong(end - 1).putLong(end).putLong(end));
    }

    private void abort(int xid, int subxid) throws Exception {
        take(bytes('A').putInt(xid).putInt(subxid));
    }

    private void relation(int xid) throws Exception {
        take(relation(bytes('R').putInt(xid)));
    }

    private void row(int xid, String text) throws Exception {
        take(row(bytes('I').putInt(xid), text));
    }

    private void message(int xid, String text) throws Exception {
        take(bytes('M')
                .putInt(xid)
                .put((byte) 1)
                .putLong(1)
                .put((byte) 0)
                .putInt(text.length())
                .put(text.getBytes(UTF_8)));
    }

    private void ordinary(String text, long end) throws Exception {
        ordinary(text, end, true);
    }

    private void ordinary(String text, long end, boolean told) throws Exception {
        if (told) {
            take(relation(bytes('R')));
        }
        take(bytes('B').putLong(end).putLong(end).putInt(1));
        take(row(bytes('I'), text));
        take(bytes('C').put((byte) 0).putLong(end - 1).putLong(end).putLong(end));
    }

    private static ByteBuffer relation(ByteBuffer bytes) {
        return bytes.putInt(5)
                .put("public\0outbox\0d".getBytes(UTF_8))
                .putShort((short) 1)
                .put("\0text\0".getBytes(UTF_8))
                .putInt(25)
                .putInt(-1);
    }

    private static ByteBuffer row(ByteBuffer bytes, String text) {
        byte[] value = text.getBytes(UTF_8);
        return bytes.putInt(5)
                .put((byte) 'N')
                .putShort((short) 1)
                .put((byte) 't')
                .putInt(value.length)
                .put(value);
    }

    private static ByteBuffer bytes(char kind) {
        return ByteBuffer.allocate(80_000).put((byte) kind);
    }

    /** As the feed does. */
    private void take(ByteBuffer bytes) throws Exception {
        position++;
        PgoutputMessage message = messages.take(bytes.flip(), new Lsn(position));
        while (message != null) {
            note(message);
            message = messages.next();
        }
    }

    private void note(PgoutputMessage message) {
        if (message instanceof PgoutputMessage.Begin begin) {
            came.add("begin " + ChronoUnit.MICROS.between(EPOCH, begin.committedAt()));
        } else if (message instanceof PgoutputMessage.Commit commit) {
            came.add("commit " + commit.end().bytes());
        } else if (message instanceof PgoutputMessage.Insert insert) {
            Object text = messages.table(insert.relation()).row(insert.values()).apply("text");
            came.add(text + "@" + messages.position().bytes());
        } else if (message instanceof PgoutputMessage.Logical logical) {
            came.add(UTF_8.decode(logical.content()) + "@" + logical.lsn().bytes());
        }
    }
}
