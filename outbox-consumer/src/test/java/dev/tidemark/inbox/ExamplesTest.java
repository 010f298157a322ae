package dev.tidemark.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The pages show the code that tests run. */
final class ExamplesTest {

    private static final Path PAGES = Path.of("..", "docs");
    private static final Path CODE = Path.of("src", "test", "java", "dev", "tidemark", "inbox");

    @TestFactory
    Stream<DynamicTest> everyExampleIsOnThePageOfSinks() throws IOException {
        return examples("sinks.md", "Examples.java", "kafka", "rabbitmq", "redis", "nats", "sqs");
    }

    @TestFactory
    Stream<DynamicTest> everyExampleIsOnThePageOfReplicas() throws IOException {
        return examples(
                "replicas.md", "ReplicaExamples.java", "model", "await", "remote", "directory", "find", "metrics");
    }

    private static Stream<DynamicTest> examples(String page, String file, String... names) throws IOException {
        String text = Files.readString(PAGES.resolve(page));
        List<String> code = Files.readAllLines(CODE.resolve(file));
        return Stream.of(names)
                .map(name -> DynamicTest.dynamicTest(
                        name, () -> assertThat(text).contains("```java\n" + example(name, code) + "```")));
    }

    private static String example(String name, List<String> code) {
        List<String> from = code.subList(code.indexOf("        // " + name + " {") + 1, code.size());
        List<String> lines = from.subList(0, from.indexOf("        // }"));
        assertThat(lines).hasSizeBetween(1, 20);
        return String.join("\n", lines).stripIndent() + "\n";
    }
}
