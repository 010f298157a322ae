package dev.tidemark.sample.demo.via;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ViaTest {

    private static final String JARS = "tidemark.kafka.jars";

    @Test
    void whoHasNotTheBrokerIsToldHowToGetIt(@TempDir Path folder) {
        String before = System.getProperty(JARS);
        System.setProperty(JARS, folder.resolve("no-such-folder").toString());
        try {
            assertThatThrownBy(Via.KAFKA::startBroker)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("./mvnw -pl testkit-kafka generate-test-resources");
        } finally {
            if (before == null) {
                System.clearProperty(JARS);
            } else {
                System.setProperty(JARS, before);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP", "POSTGRES"})
    void someNeedNoBroker(Via via) {
        assertThat(via.startBroker()).isNull();
        assertThat(via.hasBrokerToKill()).isFalse();
    }
}
