package dev.tidemark.relay.capture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/**
 * A file for what does not fit into memory. Only the owner may read it, as payloads may be secret; it loses its name as
 * soon as it is open, so that nothing stays of it however this process ends.
 */
final class SpillFile implements AutoCloseable {

    private static final String SUFFIX = ".tmp";

    private final Path directory;
    private final FileChannel channel;
    private long size;

    private SpillFile(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Looks whether there may be files, and removes what a process left that died before its file lost its name.
     *
     * @throws IOException if there may be none, and says what to do
     */
    static void prepare(Path directory, String prefix) throws IOException {
        if (!Files.isDirectory(directory) || !Files.isWritable(directory)) {
            throw problem(directory, "it is not a directory that can be written to");
        }
        try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, prefix + "*" + SUFFIX)) {
            for (Path file : left) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw problem(directory, e);
        }
    }

    static SpillFile create(Path directory, String prefix) throws IOException {
        try {
            return new SpillFile(
                    directory,
                    FileChannel.open(
                            directory.resolve(prefix + UUID.randomUUID() + SUFFIX),
                            Set.of(
                                    StandardOpenOption.CREATE_NEW,
                                    StandardOpenOption.READ,
                                    StandardOpenOption.WRITE,
                                    StandardOpenOption.DELETE_ON_CLOSE), // where it can be, at once
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
        } catch (IOException e) {
            throw problem(directory, e);
        }
    }

    long size() {
        return size;
    }

    void append(ByteBuffer bytes) throws IOException {
        try {
            while (bytes.hasRemaining()) {
                size += channel.write(bytes, size);
            }
        } catch (IOException e) {
            throw problem(directory, e);
        }
    }

    void truncate(long length) throws IOException {
        try {
            channel.truncate(length);
            size = length;
        } catch (IOException e) {
            throw problem(directory, e);
        }
    }

    /** From the beginning; to be read before anything else is written. */
    InputStream read() throws IOException {
        try {
            channel.position(0);
            return Channels.newInputStream(channel);
        } catch (IOException e) {
            throw problem(directory, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // nobody reads it any more
        }
    }

    private static IOException problem(Path directory, IOException cause) {
        String reason = cause instanceof FileSystemException file && file.getReason() == null
                ? cause.toString()
                : String.valueOf(cause.getMessage());
        IOException problem = problem(directory, reason);
        problem.addSuppressed(cause);
        return problem;
    }

    private static IOException problem(Path directory, String reason) {
        return new IOException("transactions that are still open are kept in " + directory
                + " where they do not fit into memory, but: " + reason
                + "; make room there, or set memory.directory to one that has room and that only the relay may read");
    }
}
