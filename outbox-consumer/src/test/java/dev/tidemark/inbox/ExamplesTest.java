package dev.tidemark.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The page shows the code that the tests of the subscriptions run. */
final class ExamplesTest {

    private static final Path PAGE = Path.of("..", "docs", "sinks.md");
    private static final Path CODE = Path.of("src", "test", "java", "dev", "tidemark", "inbox", "Examples.java");

    @TestFactory
    Stream<DynamicTest> everyExampleIsOnThePage() throws IOException {
        String page = Files.readString(PAGE);
        List<String> code = Files.readAllLines(CODE);
        return Stream.of("kafka", "rabbitmq", "redis", "nats", "sqs")
                .map(name -> DynamicTest.dynamicTest(
                        name, () -> assertThat(page).contains("```java\n" + example(name, code) + "```")));
    }

    private static String example(String name, List<String> code) {
        List<String> from = code.subList(code.indexOf("        // " + name + " {") + 1, code.size());
        List<String> lines = from.subList(0, from.indexOf("        // }"));
        assertThat(lines).hasSizeBetween(3, 20);
        return String.join("\n", lines).stripIndent() + "\n";
    }
}
