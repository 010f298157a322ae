package dev.tidemark.contracts.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of changes in docs/contracts.md says what the check says. */
class DocumentedChangesTest {

    private static final int CHANGES = 25;

    private static Path docs() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/contracts.md"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("run it inside of a checkout: no folder above has docs/contracts.md");
            }
        }
        return folder.resolve("docs/contracts.md");
    }

    @Test
    void everyRowIsTrue() throws IOException {
        List<String[]> rows = Files.readString(docs())
                .lines()
                .filter(line -> line.matches("\\|[^`]*\\| `.*` \\| `.*` \\| (yes|no) \\| (yes|no) \\|"))
                .map(line -> line.substring(1).split("\\|", -1))
                .toList();

        assertThat(rows).hasSize(CHANGES);
        assertThat(rows).allSatisfy(row -> {
            SchemaDocument before =
                    SchemaDocument.parse("before", row[1].replace("`", "").strip());
            SchemaDocument after =
                    SchemaDocument.parse("after", row[2].replace("`", "").strip());
            assertThat(answer(before, after)).as("backward: " + row[0]).isEqualTo(row[3].strip());
            assertThat(answer(after, before)).as("forward: " + row[0]).isEqualTo(row[4].strip());
        });
    }

    private static String answer(SchemaDocument from, SchemaDocument to) {
        List<Break> breaks = Inclusion.breaks(from, to);
        assertThat(breaks).allMatch(Break::isProved);
        return breaks.isEmpty() ? "yes" : "no";
    }
}
