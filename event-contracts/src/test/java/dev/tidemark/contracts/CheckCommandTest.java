package dev.tidemark.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tidemark contracts check} says which change breaks whom, and ends with 0, 1 or 2. */
class CheckCommandTest {

    private static final String ONE = "{'type':'object','required':['item'],'properties':{'item':{'type':'string'}}}";
    private static final String WIDER = "{'type':'object','properties':{'item':{'type':'string'}}}";
    private static final String NARROWER =
            "{'type':'object','required':['item','currency'],'properties':{'item':{'type':'string'}}}";

    @TempDir
    private Path root;

    private Path folder;
    private ContractFiles files;

    @BeforeEach
    void placeOrder() throws IOException {
        folder = root.resolve("contracts");
        files = new ContractFiles(folder)
                .put("order/order-placed/1.json", ONE)
                .put(
                        "order/order-placed/contract.yaml",
                        "owner: orders\nconsumers:\n  - { name: inventory, reads: 1 }\n  - { name: billing, reads: 1 }\n");
    }

    private Calling check(String... options) {
        List<String> arguments = new ArrayList<>(List.of("check", folder.toString()));
        arguments.addAll(List.of(options));
        return Calling.of(arguments.toArray(new String[0]));
    }

    @Test
    void oneVersionIsFine() {
        assertThat(check())
                .isEqualTo(new Calling(
                        0, String.format("Fine: 1 type, 1 version, all of them BACKWARD_TRANSITIVE.%n"), ""));
    }

    @Test
    void aChangeThatBreaksSaysWhereWhyAndWhom() throws IOException {
        files.put("order/order-placed/2.json", NARROWER);

        Calling check = check();

        assertThat(check.exit()).isEqualTo(1);
        assertThat(check.out())
                .contains("BROKEN  order/order-placed: version 2 refuses events that version 1 allows")
                .contains("where:   /required")
                .contains("currency")
                .contains("example: {\"item\":\"a\"}")
                .contains(
                        "whom:    breaks who reads with version 2 and still gets events of version 1: inventory, billing");
    }

    @Test
    void theLevelDecides() throws IOException {
        files.put("order/order-placed/2.json", WIDER);

        assertThat(check().exit()).isZero();
        assertThat(check().out())
                .contains("NOTE    order/order-placed: inventory reads version 1 and cannot read all of version 2");
        assertThat(check("--level", "forward").exit()).isEqualTo(1);
        assertThat(check("--level", "FULL_TRANSITIVE").out())
                .contains("version 2 allows events that version 1 refuses")
                .contains("breaks who still reads with version 1: inventory, billing");
    }

    @Test
    void onlyTransitiveLevelsLookFurtherBack() throws IOException {
        files.put("order/order-placed/1.json", "{'type':['string','null','integer']}")
                .put("order/order-placed/2.json", "{'type':'string'}")
                .put("order/order-placed/3.json", "{'type':['string','null']}");

        assertThat(check("--level", "backward").out())
                .contains("version 2 refuses events that version 1 allows")
                .doesNotContain("version 3 refuses");
        assertThat(check().out()).contains("version 3 refuses events that version 1 allows");
    }

    @Test
    void whatWasPublishedStays() throws IOException {
        Path published = root.resolve("published");
        new ContractFiles(published)
                .put(
                        "order/order-placed/1.json",
                        "{'title':'was','type':'object','required':['item'],'properties':{'item':{'type':'string'}}}")
                .put("order/order-placed/2.json", WIDER)
                .put("user/user-created/1.json", "true");

        Calling check = check("--against", published.toString());

        assertThat(check.exit()).isEqualTo(1);
        assertThat(check.out())
                .contains("order/order-placed: version 2 was published, but is no longer here")
                .contains("user/user-created: version 1 was published, but is no longer here")
                .doesNotContain("version 1 was published and then changed");

        files.put("order/order-placed/2.json", NARROWER);
        assertThat(check("--against", published.toString()).out())
                .contains("order/order-placed: version 2 was published and then changed, so that it refuses events");
        files.put("order/order-placed/2.json", "{'type':'object'}");
        assertThat(check("--against", published.toString()).out())
                .contains("order/order-placed: version 2 was published and then changed, so that it allows events");
    }

    @Test
    void newVersionsAreHeldAgainstThePublishedOnes() throws IOException {
        Path published = root.resolve("published");
        new ContractFiles(published).put("order/order-placed/1.json", ONE);
        files.put("order/order-placed/2.json", WIDER);
        assertThat(check("--against", published.toString()).exit()).isZero();

        files.put("order/order-placed/2.json", NARROWER);
        assertThat(check("--against", published.toString()).out())
                .contains("version 2 refuses events that version 1 allows");
    }

    /** As in the first commit that has contracts, or where their folder has got another name. */
    @Test
    void whereNothingIsPublishedThatIsSaid() throws IOException, InterruptedException {
        git("init", "-q");
        git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "--allow-empty", "-m", "begin");
        assertThat(check("--against", "HEAD"))
                .isEqualTo(new Calling(
                        0,
                        String.format("NOTE    HEAD has no contracts at this place, so nothing was compared with it%n"
                                + "Fine: 1 type, 1 version, all of them BACKWARD_TRANSITIVE.%n"),
                        ""));
        Path empty = Files.createDirectories(root.resolve("empty"));
        assertThat(check("--against", empty.toString()).out()).startsWith("NOTE    " + empty + " has no contracts");
    }

    @Test
    void aCommitOfGitIsAsGoodAsAFolder() throws IOException, InterruptedException {
        git("init", "-q");
        assertThat(check("--against", "HEAD"))
                .satisfies(check -> assertThat(check.exit()).isEqualTo(2))
                .satisfies(check -> assertThat(check.err()).contains("HEAD is neither a folder nor a commit"));
        git("add", "-A");
        git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "publish");
        assertThat(check("--against", "HEAD").exit()).isZero();
        files.put("order/order-placed/1.json", WIDER);

        assertThat(check("--against", "HEAD").out())
                .contains("order/order-placed: version 1 was published and then changed, so that it allows events");
        assertThat(check("--against", "--output=x").err()).isNotEmpty();
        assertThat(check("--against", "no-such-branch").err())
                .contains("no-such-branch is neither a folder nor a commit of the git repository");
    }

    private void git(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("git", "-C", root.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor()).as("%s", command).isZero();
    }

    @Test
    void outsideOfARepositoryThereAreNoCommits() {
        assertThat(check("--against", "HEAD"))
                .satisfies(check -> assertThat(check.exit()).isEqualTo(2))
                .satisfies(check -> assertThat(check.err()).contains("is in no git repository"));
    }

    @Test
    void wrongFilesAreSaidAndNothingIsCompared() throws IOException {
        files.put("order/order-placed/2.json", "{'requried':['item']}");

        assertThat(check())
                .satisfies(check -> assertThat(check.exit()).isEqualTo(1))
                .satisfies(check -> assertThat(check.out())
                        .contains("2.json: at /requried: requried is no keyword of")
                        .contains("did you mean required?")
                        .contains("1 problem; nothing was compared."));
    }

    @Test
    void jsonForPrograms() throws IOException {
        files.put("order/order-placed/2.json", NARROWER);

        JsonNode report = new ObjectMapper().readTree(check("--json").out());

        assertThat(report.path("compatible").asBoolean(true)).isFalse();
        assertThat(report.at("/findings/0/kind").asText()).isEqualTo("backward");
        assertThat(report.at("/findings/0/proved").asBoolean()).isTrue();
        assertThat(report.at("/findings/0/example").asText()).isEqualTo("{\"item\":\"a\"}");
        assertThat(report.at("/findings/0/breaks")).hasSize(2);
    }

    @Test
    void wrongUseEndsWithTwo() throws IOException {
        assertThat(Calling.of("check", folder.resolve("none").toString()))
                .satisfies(call -> assertThat(call.exit()).isEqualTo(2))
                .satisfies(call -> assertThat(call.err()).contains("there is no such folder"));
        assertThat(check("--level", "sideways").exit()).isEqualTo(2);
        assertThat(check("--bad").exit()).isEqualTo(2);
        Files.createDirectories(root.resolve("empty"));
        assertThat(Calling.of("check", root.resolve("empty").toString()))
                .satisfies(call -> assertThat(call.exit()).isEqualTo(2))
                .satisfies(call -> assertThat(call.err()).contains("there are no contracts in"));
    }
}
