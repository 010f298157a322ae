package dev.tidemark.torture;

import dev.tidemark.relay.cli.Main;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.RelayProcess;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
        List<String> classes = new ArrayList<>(SharedClasses.options());
        classes.addAll(List.of("-cp", classPath()));
        return prepare(name, settings, classes, source, slot, receivers, folder);
    }

    /**
     * Like the other.
     *
     * @param classes options of the JVM that say where they are
     */
    static RelayProcess prepare(
            String name,
            RelaySettings settings,
            List<String> classes,
            Database source,
            String slot,
            List<Receiver> receivers,
            Path folder)
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
        command.addAll(classes);
        command.addAll(settings.program());
        command.addAll(List.of("--config", config.toString()));
        return new RelayProcess(command, folder.resolve(name + ".log"), URI.create("http://127.0.0.1:" + port));
    }

    /** Those of this process's class path. */
    static String jars() {
        return entries().filter(Relays::isJar).collect(Collectors.joining(File.pathSeparator));
    }

    /** Jars first, as a JVM that shares classes wants it. */
    private static String classPath() {
        return Stream.concat(entries().filter(Relays::isJar), entries().filter(entry -> !isJar(entry)))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static Stream<String> entries() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator));
    }

    private static boolean isJar(String entry) {
        return Files.isRegularFile(Path.of(entry));
    }

    /** What {@code tidemark relay} runs. */
    static List<String> honest() {
        return List.of(Main.class.getName(), "relay");
    }
}
