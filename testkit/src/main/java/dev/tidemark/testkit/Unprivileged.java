package dev.tidemark.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Postgres refuses to run as root, and in a container everybody is root. Then its programs run in a user
 * namespace where we are nobody, or, where the kernel forbids that, as the real nobody.
 */
final class Unprivileged {

    private static final List<String> NAMESPACE = List.of("unshare", "-U");
    private static final List<String> NOBODY = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
    private static final List<String> PREFIX = prefix();

    private Unprivileged() {}

    static Command command(Path program, String... arguments) {
        List<String> line = new ArrayList<>(PREFIX);
        line.add(program.toString());
        return new Command(line).with(arguments);
    }

    /** Lets such commands write to {@code directory}. */
    static void give(Path directory) {
        if (PREFIX.equals(NOBODY)) {
            new Command(List.of("chown", "-R", "65534:65534", directory.toString())).run();
        }
    }

    private static List<String> prefix() {
        if (!System.getProperty("user.name").equals("root")) {
            return List.of();
        }
        return new Command(NAMESPACE).with("true").succeeds() ? NAMESPACE : NOBODY;
    }
}
