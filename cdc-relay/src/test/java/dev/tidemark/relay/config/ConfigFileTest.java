package dev.tidemark.relay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {

    @TempDir
    private Path directory;

    @Test
    void filesInValuesAreRelativeToTheFileThatNamesThem() throws IOException {
        Files.writeString(directory.resolve("password"), "pass\n");
        Path file = write("""
                source: { url: "jdbc:postgresql://localhost/orders", user: relay, password: "${file:password}" }
                subscribers: [{ name: shipping, http: { url: "http://localhost:8081" } }]
                """);

        assertThat(ConfigFile.read(file, Map.of()).source().password().reveal()).isEqualTo("pass");
    }

    @Test
    void aFileThatCannotBeReadIsOneProblem() throws IOException {
        Path missing = directory.resolve("missing.yaml");
        Path binary = Files.write(directory.resolve("binary.yaml"), "a: ü".getBytes(StandardCharsets.ISO_8859_1));
        Path large = Files.write(directory.resolve("large.yaml"), new byte[(1 << 20) + 1]);

        assertThatThrownBy(() -> ConfigFile.read(missing))
                .hasMessage("1 problem in " + missing + ":\n  - the file does not exist");
        assertThatThrownBy(() -> ConfigFile.read(directory))
                .hasMessage("1 problem in " + directory + ":\n  - the file is a directory");
        assertThatThrownBy(() -> ConfigFile.read(binary))
                .hasMessage("1 problem in " + binary + ":\n  - the file is not text in UTF-8");
        assertThatThrownBy(() -> ConfigFile.read(large))
                .hasMessage("1 problem in " + large + ":\n  - the file is larger than 1MiB");
    }

    @Test
    @Timeout(60)
    void aliasesCannotMultiplyWithoutEnd() throws IOException {
        StringBuilder laughs = new StringBuilder("a0: &a0 [ha, ha]\n");
        for (int i = 1; i < 40; i++) {
            String before = "*a" + (i - 1);
            laughs.append("a%d: &a%d [%s, %s]\n".formatted(i, i, before, before));
        }

        assertThatThrownBy(() -> ConfigFile.read(write(laughs.toString()), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("Number of aliases for non-scalar nodes exceeds the specified max=20");
    }

    @Test
    @Timeout(60)
    void nothingIsNestedWithoutEnd() {
        assertThatThrownBy(() -> ConfigFile.read(write("[".repeat(10_000)), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("Nesting Depth exceeded max 20");
        assertThatThrownBy(() -> ConfigFile.read(write("source: &a {user: *a}"), Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("source.user must be text, but was: a group of settings");
    }

    private Path write(String yaml) throws IOException {
        return Files.writeString(directory.resolve("relay.yaml"), yaml);
    }
}
