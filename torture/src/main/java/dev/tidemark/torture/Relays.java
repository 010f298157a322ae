package dev.tidemark.torture;

import dev.tidemark.relay.cli.Main;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.RelayProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes relays as processes of their own, from this process's own class path. */
final class Relays {

    private Relays() {}

    /**
     * Prepares one; it does not run yet.
     *
     * @param name which its configuration and log are named by, and which it brings along with each event
     */
    static RelayProcess prepare(
            String name, RelaySettings settings, Database source, String slot, List<Receiver> receivers, Path folder)
            throws IOException {
        int port = RelayProcess.freePort();
        Path config =
                Files.writeString(folder.resolve(name + ".yaml"), settings.yaml(name, source, slot, receivers, port));
        List<String> command = new ArrayList<>();
        if (!settings.environment().isEmpty()) {
            command.add("env"); // which becomes what it starts
            settings.environment().forEach((variable, value) -> command.add(variable + "=" + value));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(settings.jvm());
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(settings.program());
        command.addAll(List.of("--config", config.toString()));
        return new RelayProcess(command, folder.resolve(name + ".log"), URI.create("http://127.0.0.1:" + port));
    }

    /** What {@code tidemark relay} runs. */
    static List<String> honest() {
        return List.of(Main.class.getName(), "relay");
    }
}
