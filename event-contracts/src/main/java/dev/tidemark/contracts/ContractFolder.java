package dev.tidemark.contracts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.MalformedInputException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of a folder with all folders in it, by their paths with slashes. */
final class ContractFolder {

    private ContractFolder() {}

    static SortedMap<String, String> read(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder.toString(), null, "there is no such folder");
        }
        SortedMap<String, String> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            List<Path> all = paths.filter(Files::isRegularFile).toList();
            for (Path path : all) {
                files.put(folder.relativize(path).toString().replace('\\', '/'), text(path));
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return files;
    }

    private static String text(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            throw new IOException(file + " must be in UTF-8, but is not", e);
        }
    }

    static SortedMap<String, String> read(ClassLoader loader, String resource) throws IOException {
        URL url = loader.getResource(resource);
        if (url == null) {
            throw new NoSuchFileException(resource, null, "there is nothing of this name on the class path");
        }
        try {
            URI uri = url.toURI();
            if (!"jar".equals(uri.getScheme())) {
                return read(Path.of(uri));
            }
            URI jar = URI.create(uri.getRawSchemeSpecificPart()
                    .substring(0, uri.getRawSchemeSpecificPart().lastIndexOf("!/")));
            try (FileSystem zip = FileSystems.newFileSystem(Path.of(jar), Map.of())) {
                return read(zip.getPath(resource));
            }
        } catch (URISyntaxException e) {
            throw new IOException(url + " is no place to read contracts from", e);
        }
    }
}
