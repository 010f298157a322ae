package dev.tidemark.relay.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts environment variables and files into values. What is put in is not looked at again.
 *
 * @param directory what relative paths are relative to
 */
record Interpolation(Map<String, String> environment, Path directory) {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\$\\{|\\$\\{(env|file):([^{}]+)}|\\$\\{");
    private static final int MOST_BYTES = 64 << 10;

    /** The value of {@code written}, or null if that cannot be had, which is then a problem of {@code key}. */
    @Nullable
    String resolve(String key, String written, Problems problems) {
        Matcher matcher = PLACEHOLDER.matcher(written);
        StringBuilder value = new StringBuilder();
        int done = 0;
        while (matcher.find()) {
            String part = part(key, matcher, problems);
            if (part == null) {
                return null;
            }
            value.append(written, done, matcher.start()).append(part);
            done = matcher.end();
        }
        return value.append(written.substring(done)).toString();
    }

    private @Nullable String part(String key, Matcher matcher, Problems problems) {
        if (matcher.group().startsWith("$$")) {
            return "${";
        }
        String kind = matcher.group(1);
        if (kind == null) {
            problems.add(key, "has a ${ that is neither ${env:NAME} nor ${file:PATH}; write $${ for a plain ${");
            return null;
        }
        return kind.equals("env") ? variable(key, matcher.group(2), problems) : file(key, matcher.group(2), problems);
    }

    private @Nullable String variable(String key, String name, Problems problems) {
        String value = environment.get(name);
        if (value == null) {
            problems.add(key, "needs the environment variable " + Shown.text(name) + ", which is not set");
        }
        return value;
    }

    private @Nullable String file(String key, String path, Problems problems) {
        String why;
        try {
            return content(directory.resolve(path));
        } catch (NoSuchFileException e) {
            why = "does not exist";
        } catch (AccessDeniedException e) {
            why = "may not be read by this user";
        } catch (CharacterCodingException e) {
            why = "is not text in UTF-8";
        } catch (InvalidPathException e) {
            why = "is not a path";
        } catch (IOException e) {
            why = "is not a file of at most " + Sizes.show(MOST_BYTES);
        }
        problems.add(key, "needs the file " + Shown.text(path) + ", which " + why);
        return null;
    }

    /** Without one line end after it, which editors and echo leave there. */
    private static String content(Path file) throws IOException {
        if (Files.exists(file) && (!Files.isRegularFile(file) || Files.size(file) > MOST_BYTES)) {
            throw new IOException("not a small file");
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString().replaceFirst("\\r?\\n\\z", "");
    }
}
