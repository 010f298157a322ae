package dev.tidemark.inbox.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Receipt;
import dev.tidemark.envelope.Receipts;
import dev.tidemark.inbox.ReadModel;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is asked, and what is answered. */
@Timeout(300)
@ExtendWith(PostgresExtension.class)
final class DirectoryTest extends Lookups {

    DirectoryTest(Database database) {
        super(database);
    }

    @Test
    void theReplicaIsAskedFirst() throws Exception {
        replicate("42", 1, "Ada");
        clock.advance(Duration.ofSeconds(3));
        Directory<String, String> names = directory(b -> b.maxStaleness(Duration.ofSeconds(3)));

        Found<String> found = names.find("42", receipt("42", 1));

        assertFound(found, "Ada", 1, Origin.REPLICA);
        assertThat(found.age()).isEqualTo(Duration.ofSeconds(3));
        assertFound(names.find("42"), "Ada", 1, Origin.REPLICA);
        assertThat(api.asked).isEmpty();
    }

    @Test
    void theOwnerIsAskedWhereTheReplicaIsOlderThanTheCallerAllows() throws Exception {
        replicate("42", 1, "Ada");
        clock.advance(Duration.ofSeconds(3));
        api.etag = "\"2\"";
        Directory<String, String> names = directory(b -> b);

        Found<String> found = names.find("42", Receipts.none(), Duration.ofSeconds(2));

        assertFound(found, "owner's", 2, Origin.OWNER);
        assertThat(found.age()).isLessThan(PATIENCE);
        assertFound(names.find("42", Receipts.none(), Duration.ofSeconds(3)), "Ada", 1, Origin.REPLICA);
        assertThat(api.asked).containsExactly("/users/42 Bearer s3cret");
    }

    @Test
    void aReplicaThatHasHeardOfNothingIsOlderThanAnyAge() throws Exception {
        Directory<String, String> names = directory(b -> b.maxStaleness(Duration.ofDays(365)));

        assertFound(names.find("42"), "owner's", 1, Origin.OWNER);
    }

    @Test
    void theOwnerIsAskedWhereTheReplicaIsBehindTheReceipt() throws Exception {
        replicate("42", 1, "Ada");
        api.etag = "W/\"2\"";
        Directory<String, String> names = directory(b -> b);

        assertFound(names.find("42", receipt("42", 2)), "owner's", 2, Origin.OWNER);
        assertFound(names.find("42", receipt("43", 2)), "Ada", 1, Origin.REPLICA);
        assertThat(api.asked).hasSize(1);
    }

    @Test
    void theReplicaIsGivenTimeToComeToTheReceipt() throws Exception {
        replicate("42", 1, "Ada");
        Directory<String, String> names = directory(b -> b.patience(PATIENCE));
        Future<Found<String>> finding = threads.submit(() -> names.find("42", receipt("42", 2)));

        replicate("42", 2, "Grace");

        assertFound(finding.get(), "Grace", 2, Origin.REPLICA);
        assertThat(api.asked).isEmpty();
    }

    @Test
    void aReceiptWithoutAVersionIsOneForTheOwner() throws Exception {
        replicate("42", 1, "Ada");

        Found<String> found =
                directory(b -> b).find("42", Receipts.of(Receipt.ofUnversioned(aggregate("42"), new UUID(1, 1))));

        assertFound(found, "owner's", 1, Origin.OWNER);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 410})
    void whatTheReplicaLacksTheOwnerMayHave(int absent) throws Exception {
        Directory<String, String> names = directory(b -> b);
        assertFound(names.find("42"), "owner's", 1, Origin.OWNER);

        api.status = absent;
        assertFound(names.find("42"), null, 0, Origin.OWNER);
    }

    @Test
    void whatWasDeletedNeedsNoOwner() throws Exception {
        replicate("42", 1, "Ada");
        replicate("42", 2, null);

        assertFound(directory(b -> b).find("42", receipt("42", 2)), null, 0, Origin.REPLICA);
        assertThat(api.asked).isEmpty();
    }

    @Test
    void whatTheOwnerSaysIsNotWrittenIntoTheReplica() throws Exception {
        directory(b -> b).find("42");

        assertThat(replica("42")).isEmpty();
    }

    @Test
    void anOwnerThatIsBehindTheReceiptIsMarkedAsStale() throws Exception {
        Found<String> found = directory(b -> b).find("42", receipt("42", 9));

        assertThat(found.value()).contains("owner's");
        assertThat(found.origin()).isEqualTo(Origin.OWNER);
        assertThat(found.stale()).isTrue();
        assertThat(found.reason()).isEqualTo("its owner is behind the receipt");
    }

    @Test
    void withoutAnOwnerTheReplicaIsAllThereIs() throws Exception {
        replicate("42", 1, "Ada");
        Directory<String, String> names = builder().build();

        assertFound(names.find("42"), "Ada", 1, Origin.REPLICA);
        assertFound(names.find("43"), null, 0, Origin.REPLICA);
        assertStale(
                names.find("42", receipt("42", 2)),
                "Ada",
                "user_replica is behind the receipt, .*: this directory has none");
    }

    @Test
    void settingsThatCannotBeAreRefused() {
        assertThatThrownBy(() -> Directory.<String, String>builder().build())
                .isInstanceOf(NullPointerException.class)
                .hasMessage("replica is required");
        ReadModel alone = ReadModel.table("user_replica")
                .key("user_id")
                .version("version")
                .build();
        assertThatThrownBy(() -> Directory.<String, String>builder()
                        .replica(alone, Lookups::aggregate, this::replica)
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(".inbox(inbox)");
        assertThatThrownBy(() -> builder().timeout(Duration.ZERO)).hasMessageContaining("at least 1 ms");
        assertThatThrownBy(() -> builder().retries(-1)).hasMessageContaining("at least 0");
        assertThatThrownBy(() -> builder().atOnce(0)).hasMessageContaining("at least 1");
    }
}
