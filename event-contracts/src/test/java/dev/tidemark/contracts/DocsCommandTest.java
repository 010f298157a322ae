package dev.tidemark.contracts;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tidemark contracts docs} writes an AsyncAPI document that is one, and a page that is safe to open. */
class DocsCommandTest {

    @TempDir
    private Path root;

    private String asyncApi = "";
    private String page = "";

    @BeforeEach
    void write() throws IOException {
        new ContractFiles(root.resolve("contracts"))
                .put(
                        "order/order-placed/1.json",
                        "{'type':'object','properties':{'price':{'$ref':'#/$defs/money'}},"
                                + "'$defs':{'money':{'type':'number'}}}")
                .put(
                        "order/order-placed/2.json",
                        "{'type':'object','properties':{'price':{'$ref':'#/$defs/money'}},"
                                + "'$defs':{'money':{'type':['number','string'],'title':'<script>alert(1)</script>'}}}")
                .put(
                        "order/order-placed/contract.yaml",
                        "owner: orders\ndescription: Placed & paid.\nconsumers:\n  - { name: <b>, reads: 1 }\n")
                .put(
                        "user/user-created/1.json",
                        "{'$schema':'http://json-schema.org/draft-07/schema#','type':'object'}");

        Calling call = Calling.of(
                "docs",
                root.resolve("contracts").toString(),
                "--out",
                root.resolve("site").toString());

        assertThat(call.exit()).as(call.err()).isZero();
        asyncApi = Files.readString(root.resolve("site/asyncapi.json"));
        page = Files.readString(root.resolve("site/index.html"));
    }

    @Test
    void theDocumentIsAsyncApi() throws IOException {
        try (InputStream schema = requireNonNull(getClass().getResourceAsStream("/asyncapi/3.0.0.json"))) {
            assertThat(SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
                            .getSchema(new ObjectMapper().readTree(schema))
                            .validate(new ObjectMapper().readTree(asyncApi)))
                    .isEmpty();
        }
    }

    @Test
    void everyReferenceInItLeadsSomewhere() throws IOException {
        JsonNode document = new ObjectMapper().readTree(asyncApi);

        assertThat(document.findValuesAsText("$ref"))
                .hasSizeGreaterThan(5)
                .contains("#/components/schemas/order.order-placed.v2/schema/$defs/money")
                .allSatisfy(reference -> assertThat(
                                document.at(reference.substring(1)).isMissingNode())
                        .isFalse());
        assertThat(document.at("/operations/orders.send.order.order-placed/messages"))
                .hasSize(2);
        assertThat(document.at("/operations/-b-.receive.order.order-placed/messages"))
                .hasSize(1);
    }

    @Test
    void thePageSaysWhoAndWhatAndNeedsNothingElse() {
        assertThat(page)
                .contains("Placed &amp; paid.")
                .contains("Written by orders.")
                .contains("Nobody is named who writes it.")
                .contains("changed /$defs/money/type: from &quot;number&quot; to ")
                .contains("Reads all of version 1: <span class=\"yes\">yes</span>")
                .contains("is read by version 1: <span class=\"no\">no</span>")
                .contains("&lt;script&gt;alert(1)")
                .contains("<td>&lt;b&gt;</td>")
                .doesNotContain("<script")
                .doesNotContain("src=")
                .doesNotContain("<link");
    }
}
