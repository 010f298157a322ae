package dev.tidemark.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Habits that no compiler keeps, over the sources of all modules in this checkout. */
class HabitsTest {

    private static final int MOST_LINES = 400;

    /** Whoever goes beyond it says why, in a comment. */
    private static final String EXCUSE = "more than " + MOST_LINES + " lines because ";

    /** Their own text would be found. */
    private static final String THIS_FILE = "HabitsTest.java";

    private static final List<Path> JAVA = files("java");
    private static final List<Path> SQL = files("sql");

    private static Path checkout() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("mvnw"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("run it inside of a checkout: no folder above has mvnw");
            }
        }
        return folder;
    }

    private static List<Path> files(String extension) {
        try (Stream<Path> modules = Files.list(checkout())) {
            return modules.map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .flatMap(folder -> walk(folder).stream())
                    .filter(file -> file.toString().endsWith("." + extension))
                    .filter(file -> !file.endsWith(THIS_FILE))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> walk(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lines of {@code files} in which {@code pattern} is found, each with its file and number. */
    private static List<String> lines(List<Path> files, String pattern) {
        Predicate<String> found = Pattern.compile(pattern).asPredicate();
        List<String> lines = new ArrayList<>();
        for (Path file : files) {
            List<String> all = text(file).lines().toList();
            for (int i = 0; i < all.size(); i++) {
                if (found.test(all.get(i))) {
                    lines.add(checkout().relativize(file) + ":" + (i + 1) + " "
                            + all.get(i).strip());
                }
            }
        }
        return lines;
    }

    private static boolean isLibrary(Path file) {
        String path = checkout().relativize(file).toString();
        return path.contains("/src/main/") && !path.startsWith("consumer-sample/");
    }

    @Test
    void everyModuleIsLookedAt() {
        Set<String> modules = Set.of(
                "envelope",
                "outbox-writer",
                "cdc-relay",
                "outbox-consumer",
                "event-contracts",
                "consumer-sample",
                "testkit",
                "torture",
                "bench");
        assertThat(JAVA.stream()
                        .map(file -> checkout().relativize(file).getName(0).toString()))
                .containsAll(modules);
        assertThat(SQL).isNotEmpty();
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiterString = " | ",
            value = {
                "\\bvar\\s+\\w+\\s*[=:]                    | types are explicit",
                "Thread\\.sleep|TimeUnit\\.\\w+\\.sleep    | nobody sleeps",
                "\\b(TODO|FIXME|XXX|HACK)\\b               | nothing is left for later",
                "@Disabled|@Ignore\\b                      | no test is switched off",
                "atMost\\(Duration\\.of(Mil|Seconds\\([1-5]?\\d\\)) | tests wait for a minute or more",
                "import static .*\\.\\*;|import .*\\.\\*;  | imports have names",
                "org\\.mockito|lombok\\.                   | no mocks and no magic"
            })
    void nowhereInJava(String pattern, String habit) {
        assertThat(lines(JAVA, pattern.strip())).as(habit).isEmpty();
    }

    @Test
    void librariesDoNotPrint() {
        List<Path> libraries = JAVA.stream().filter(HabitsTest::isLibrary).toList();

        assertThat(lines(libraries, "System\\.(out|err)\\b|printStackTrace\\(\\)"))
                .isEmpty();
    }

    /** What is tagged is left out of the short form, so somebody else must run it; a tag that is misspelt is not left out. */
    @Test
    void theGateRunsTheLongTestsToo() {
        assertThat(lines(JAVA, "@Tag\\(")).isNotEmpty().allMatch(line -> line.endsWith("@Tag(\"long\")"));
        assertThat(text(checkout().resolve(".ci/run"))).contains("./mvnw -B -ntp -Pall-tests verify\n");
    }

    @Test
    void filesAreShortEnoughToBeRead() {
        assertThat(JAVA.stream()
                        .filter(file -> text(file).lines().count() > MOST_LINES)
                        .filter(file -> !text(file).contains(EXCUSE)))
                .as("split them, or write a comment: " + EXCUSE + "…")
                .isEmpty();
    }

    @Test
    void everyPackageSaysWhatItIsAndHasNoNulls() {
        Stream<Path> packages = JAVA.stream()
                .filter(file -> file.toString().contains("/src/main/"))
                .map(Path::getParent)
                .distinct();

        assertThat(packages).allSatisfy(folder -> {
            Path info = folder.resolve("package-info.java");
            assertThat(info).exists();
            assertThat(text(info)).contains("/**").contains("@NullMarked");
        });
    }

    @Test
    void noPackageOrModuleHasAnEmptyName() {
        assertThat(JAVA.stream().map(file -> checkout().relativize(file).toString()))
                .noneMatch(path -> path.matches(".*/(common|core|util|utils|api|impl|manager)/.*"));
    }

    @Test
    void everySqlFileSaysWhatItIsFor() {
        assertThat(SQL)
                .allSatisfy(file -> assertThat(text(file))
                        .as(checkout().relativize(file).toString())
                        .startsWith("-- ")
                        .contains("un as "));
    }
}
