package dev.tidemark.sql;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs a test class once for each supported major version of PostgreSQL; in the short build, for the oldest and the newest. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("dev.tidemark.sql.EveryVersion$Versions#all")
@interface EveryVersion {

    /** Which those are: the build says it in {@code tidemark.postgres.versions}. */
    final class Versions {

        private Versions() {}

        static IntStream all() {
            return Stream.of(System.getProperty("tidemark.postgres.versions", "15,16,17,18")
                            .split(","))
                    .mapToInt(Integer::parseInt);
        }
    }
}
