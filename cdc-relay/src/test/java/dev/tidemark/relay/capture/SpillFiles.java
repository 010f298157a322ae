package dev.tidemark.relay.capture;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files that this process has open, as Linux tells: they have no names. */
final class SpillFiles {

    private SpillFiles() {}

    /** How many in {@code directory}. */
    static int open(Path directory) throws IOException {
        int count = 0;
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (isOne(descriptor, directory)) {
                    count++;
                }
            }
        }
        return count;
    }

    private static boolean isOne(Path descriptor, Path directory) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith(directory.resolve("tidemark-open-").toString());
        } catch (IOException e) {
            return false; // closed by now
        }
    }
}
