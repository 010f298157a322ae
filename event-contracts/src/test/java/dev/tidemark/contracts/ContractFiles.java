package dev.tidemark.contracts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes contracts into a folder; {@code '} stands for {@code "} in JSON. */
final class ContractFiles {

    private final Path folder;

    ContractFiles(Path folder) {
        this.folder = folder;
    }

    ContractFiles put(String path, String text) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, path.endsWith(".json") ? text.replace('\'', '"') : text);
        return this;
    }

    void remove(String path) throws IOException {
        Files.delete(folder.resolve(path));
    }
}
