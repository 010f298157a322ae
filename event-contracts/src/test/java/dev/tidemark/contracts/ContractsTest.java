package dev.tidemark.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.contracts.outbox.ContractCheck;
import dev.tidemark.outbox.OutboxEvent;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contracts are read whole or not at all, and an event is what its contract says or is not written. */
class ContractsTest {

    @TempDir
    private Path folder;

    private ContractFiles files;

    @BeforeEach
    void placeOrder() throws IOException {
        files = new ContractFiles(folder)
                .put("order/order-placed/1.json", "{'type':'object','required':['item']}")
                .put("order/order-placed/2.json", "{'type':'object','required':['item'],'title':'2'}")
                .put("order/order-deleted/1.json", "{'type':'null'}");
    }

    @Test
    void aPayloadIsWhatItsContractSays() throws IOException {
        Contracts contracts = Contracts.load(folder);

        assertThatCode(() -> contracts.requireValid("order", "order-placed", 1, "{\"item\":1}"))
                .doesNotThrowAnyException();
        assertThatCode(() -> contracts.requireValid("order", "order-deleted", 1, null))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> contracts.requireValid("order", "order-placed", 2, "{}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the payload is not what order/order-placed version 2 says: ")
                .hasMessageContaining("item");
        assertThatThrownBy(() -> contracts.requireValid("order", "order-placed", 3, "{}"))
                .hasMessage("the contract of order/order-placed has no schema version 3, only 1 to 2");
        assertThatThrownBy(() -> contracts.requireValid("order", "order-plcaed", 1, "{}"))
                .hasMessage("there is no contract for order/order-plcaed; add one, or spell it like one of"
                        + " [order/order-deleted, order/order-placed]");
    }

    @Test
    void anOutboxCanRefuseWhatIsNot() throws IOException {
        ContractCheck check = ContractCheck.of(Contracts.load(folder));

        check.check(OutboxEvent.of("order", "1", "order-placed", "{\"item\":1}"));
        check.check(OutboxEvent.tombstone("order", "1", "order-deleted"));
        assertThatThrownBy(() -> check.check(OutboxEvent.tombstone("order", "1", "order-placed")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> check.check(
                        OutboxEvent.of("order", "1", "order-placed", "{}").schemaVersion(2)))
                .hasMessageContaining("version 2");
    }

    @Test
    void whatIsWrongIsSaidAtOnce() throws IOException {
        files.put("order/order-placed/4.json", "{'type':'objekt'}")
                .put("order/order-placed/contract.yaml", "owner: orders\nconsumer: []\n")
                .put("order/readme.txt", "?")
                .put("order/README.md", "for people")
                .put("user/user-created/contract.yaml", "owner: users\nconsumers:\n  - { name: orders, reads: one }\n");

        assertThatThrownBy(() -> Contracts.load(folder))
                .isInstanceOfSatisfying(
                        ContractsException.class,
                        e -> assertThat(e.problems())
                                .hasSize(7)
                                .anyMatch(problem -> problem.startsWith("order/order-placed/4.json: at /type"))
                                .anyMatch(problem -> problem.contains("but no version 3"))
                                .anyMatch(problem -> problem.contains("consumer is not a setting"))
                                .anyMatch(problem -> problem.startsWith("order/readme.txt is not expected"))
                                .anyMatch(problem -> problem.contains("has a contract.yaml, but no schema"))
                                .anyMatch(problem -> problem.contains("consumers[0].reads must be")));
    }

    @Test
    void aFolderThatIsNotThereHasNoContracts() {
        assertThatThrownBy(() -> Contracts.load(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> Contracts.load(getClass().getClassLoader(), "none"))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void theyAreReadFromAJarToo(@TempDir Path elsewhere) throws IOException {
        Path jar = elsewhere.resolve("service.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (String entry : new String[] {"contracts/", "contracts/order/order-placed/1.json"}) {
                out.putNextEntry(new JarEntry(entry));
                out.write(entry.endsWith("/") ? new byte[0] : Files.readAllBytes(folder.resolve(entry.substring(10))));
                out.closeEntry();
            }
        }
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
            assertThat(Contracts.load(loader, "contracts").all())
                    .extracting(Contract::name)
                    .containsExactly("order/order-placed");
        }
    }
}
