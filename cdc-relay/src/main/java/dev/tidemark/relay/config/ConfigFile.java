package dev.tidemark.relay.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Reads a {@link RelayConfig} from a YAML file. A value may have {@code ${env:NAME}} and {@code ${file:PATH}}
 * in it, the path relative to the file's own directory; a second dollar before them keeps them as they are.
 */
public final class ConfigFile {

    private static final int MOST_BYTES = 1 << 20;

    private ConfigFile() {}

    /**
     * Reads {@code file} with the environment of this process.
     *
     * @throws ConfigException with every problem of the file, or with the one that kept it from being read
     */
    public static RelayConfig read(Path file) {
        return read(file, System.getenv());
    }

    /**
     * Reads what is to be compared from a file of its own.
     *
     * @throws ConfigException as {@link #read(Path)} does
     */
    public static VerifyConfig readVerify(Path file) {
        return VerifyFile.read(file.toString(), content(file), interpolation(file, System.getenv()));
    }

    static RelayConfig read(Path file, Map<String, String> environment) {
        return RelayFile.read(file.toString(), content(file), interpolation(file, environment));
    }

    private static Interpolation interpolation(Path file, Map<String, String> environment) {
        Path directory = file.toAbsolutePath().getParent();
        return new Interpolation(environment, directory == null ? file : directory);
    }

    private static String content(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw unreadable(file, "is a directory");
            }
            if (Files.size(file) > MOST_BYTES) {
                throw unreadable(file, "is larger than " + Sizes.show(MOST_BYTES));
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                    .toString();
        } catch (NoSuchFileException e) {
            throw unreadable(file, "does not exist");
        } catch (CharacterCodingException e) {
            throw unreadable(file, "is not text in UTF-8");
        } catch (IOException e) {
            throw unreadable(file, "cannot be read (" + e.getClass().getSimpleName() + ")");
        }
    }

    private static ConfigException unreadable(Path file, String why) {
        return new ConfigException(file.toString(), List.of(new Problem("the file", why, null)));
    }
}
