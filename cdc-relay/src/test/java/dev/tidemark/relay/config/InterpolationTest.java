package dev.tidemark.relay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterpolationTest {

    @TempDir
    private Path directory;

    private final Problems problems = new Problems();

    @Test
    void variablesAndFilesArePutIntoTheMiddleOfAValue() throws IOException {
        Files.writeString(directory.resolve("token"), "abc\n");

        assertThat(resolve("Bearer ${file:token}-${env:A}!")).isEqualTo("Bearer abc-1!");
        assertThat(resolve("${file:" + directory.resolve("token") + "}")).isEqualTo("abc");
    }

    @Test
    void onlyTheLastLineEndOfAFileIsTakenAway() throws IOException {
        Files.writeString(directory.resolve("a"), " x \n\n");
        Files.writeString(directory.resolve("b"), "x\r\n");

        assertThat(resolve("${file:a}")).isEqualTo(" x \n");
        assertThat(resolve("${file:b}")).isEqualTo("x");
    }

    @Test
    void whatIsPutInIsNotLookedAtAgain() throws IOException {
        Files.writeString(directory.resolve("nested"), "${env:A}");

        assertThat(resolve("${env:NESTED}")).isEqualTo("${env:A}");
        assertThat(resolve("${file:nested}")).isEqualTo("${env:A}");
    }

    @Test
    void aSecondDollarKeepsAPlaceholderAsItIs() {
        assertThat(resolve("$${env:A} costs $5 $$")).isEqualTo("${env:A} costs $5 $$");
    }

    @Test
    void whatCannotBeHadIsAProblemOfItsKey() throws IOException {
        Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff});
        Files.write(directory.resolve("large"), new byte[100_000]);

        assertThat(problem("${env:MISSING}"))
                .isEqualTo("source.password needs the environment variable MISSING, which is not set");
        assertThat(problem("${file:missing}"))
                .isEqualTo("source.password needs the file missing, which does not exist");
        assertThat(problem("${file:.}"))
                .isEqualTo("source.password needs the file ., which is not a file of at most 64KiB");
        assertThat(problem("${file:large}"))
                .isEqualTo("source.password needs the file large, which is not a file of at most 64KiB");
        assertThat(problem("${file:binary}"))
                .isEqualTo("source.password needs the file binary, which is not text in UTF-8");
        assertThat(problem("${PASSWORD}"))
                .isEqualTo("source.password has a ${ that is neither ${env:NAME} nor ${file:PATH};"
                        + " write $${ for a plain ${");
    }

    @Test
    void aFileThatMayNotBeReadIsAProblem() throws IOException {
        Path file = Files.writeString(directory.resolve("secret"), "x");
        assumeTrue(file.toFile().setReadable(false) && !Files.isReadable(file), "root reads everything");

        assertThat(problem("${file:secret}"))
                .isEqualTo("source.password needs the file secret, which may not be read by this user");
    }

    private String resolve(String written) {
        return String.valueOf(interpolation().resolve("key", written, problems));
    }

    private String problem(String written) {
        Problems found = new Problems();
        assertThat(interpolation().resolve("source.password", written, found)).isNull();
        return found.asException("x").problems().get(0).toString();
    }

    private Interpolation interpolation() {
        return new Interpolation(Map.of("A", "1", "NESTED", "${env:A}"), directory);
    }
}
