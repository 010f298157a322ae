package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.DemoOptions.Planned;
import dev.tidemark.sample.demo.via.Via;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tidemark demo}: the whole way of an event on one machine, to look at or to be checked. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Starts PostgreSQL, three services and a relay for each, and shows events on their way.",
            "",
            "With --exit it becomes a test: it writes in every awkward way, kills relays with -9, waits until all is"
                    + " delivered, and checks that nothing was lost, reordered or done twice.",
            "",
            "With --via the events go through a broker, which is started for this; what handles them are then processes"
                    + " of their own, and with --exit broker and consumers are killed too. Kafka and ElasticMQ, for sqs,"
                    + " are there when this is built; rabbitmq-server, nats-server and redis-server are looked for"
                    + " on this machine (apt-get install …).",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all is as it should be",
            "1:something was lost, reordered or done twice, or did not start",
            "2:an option is wrong"
        })
public final class DemoCommand implements Callable<Integer> {

    private static final String LOGGING = "logback.configurationFile";

    /** Where the build puts PostgreSQL 15 to 17; 18 is on the class path. */
    private static final String BINARIES = "tidemark.postgres.binaries";

    /** Where it puts the jars of brokers that are no packages of Debian's. */
    private static final Map<String, String> JARS =
            Map.of("tidemark.kafka.jars", "testkit-kafka", "tidemark.sqs.jars", "testkit-sqs");

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--events",
            paramLabel = "N",
            description = "How many to write, from 100. Default: 3000 with --exit.")
    private @Nullable Integer events;

    @Option(
            names = "--kill",
            paramLabel = "K",
            description = "How often to kill a relay, up to 50. Default: 3 with --exit.")
    private @Nullable Integer kills;

    @Option(
            names = "--via",
            paramLabel = "TRANSPORT",
            converter = ViaConverter.class,
            description = "What is between relays and services: ${COMPLETION-CANDIDATES}. Default: http.")
    private Via via = Via.HTTP;

    @Option(
            names = "--kill-broker",
            paramLabel = "B",
            description = "How often to kill the broker, up to 20. Default: 1 with --exit. sqs has none to kill: its"
                    + " stand-in, ElasticMQ, keeps nothing over its end. Nor have http and postgres.")
    private @Nullable Integer brokerKills;

    @Option(
            names = "--kill-consumer",
            paramLabel = "C",
            description = "How often to kill a process that handles events, up to 20. Default: 1 with --exit and"
                    + " --via; with http 0, and the services receive the events themselves.")
    private @Nullable Integer consumerKills;

    @Option(names = "--seed", paramLabel = "S", description = "Of all that is random. Default: another each time.")
    private @Nullable Long seed;

    @Option(names = "--exit", description = "Check, and end.")
    private boolean exit;

    @Option(
            names = "--broken",
            description = "Let relays acknowledge before they deliver, and fail: proof that the check can."
                    + " With --exit and at least one kill, without which nothing is lost.")
    private boolean broken;

    @Option(names = "--postgres", paramLabel = "15|16|17|18", description = "Major version. Default: 18.")
    private int postgres = 18;

    /** Runs it and ends this process with its exit code. */
    public static void main(String[] args) {
        sayOnlyWhatGoesWrong();
        String home = System.getenv("TIDEMARK_HOME");
        if (home != null && System.getProperty(BINARIES) == null) {
            System.setProperty(
                    BINARIES, Path.of(home, "testkit", "target", "postgres").toString());
        }
        if (home != null) {
            JARS.forEach((property, module) -> {
                if (System.getProperty(property) == null) {
                    System.setProperty(
                            property, Path.of(home, module, "target", "lib").toString());
                }
            });
        }
        System.exit(new CommandLine(new DemoCommand()).execute(args));
    }

    /** Before anything is logged in this process. */
    static void sayOnlyWhatGoesWrong() {
        if (System.getProperty(LOGGING) == null) {
            System.setProperty(LOGGING, "dev/tidemark/sample/demo/logback.xml");
        }
    }

    /** A word such as {@code kafka}. */
    static final class ViaConverter implements CommandLine.ITypeConverter<Via> {

        @Override
        public Via convert(String word) {
            return Stream.of(Via.values())
                    .filter(via -> via.toString().equals(word))
                    .findFirst()
                    .orElseThrow(() -> new CommandLine.TypeConversionException("it must be one of "
                            + Stream.of(Via.values()).map(Via::toString).collect(Collectors.joining(", "))
                            + ", but was: " + word));
        }
    }

    @Override
    public Integer call() throws Exception {
        DemoOptions options = options();
        return new Demo(options, RelayLauncher.of(options), spec.commandLine().getOut()).run();
    }

    private DemoOptions options() {
        boolean checked = exit || broken;
        int wantedEvents = events == null ? (checked ? 3000 : 0) : events;
        int wantedKills = kills == null ? (checked ? 3 : 0) : kills;
        require(
                events == null || (events >= 100 && events <= 1_000_000),
                "--events must be from 100 to 1000000",
                events);
        require(wantedKills >= 0 && wantedKills <= 50, "--kill must be from 0 to 50", kills);
        require(postgres >= 15 && postgres <= 18, "--postgres must be 15, 16, 17 or 18", postgres);
        require(!broken || via == Via.HTTP, "--broken is for --via http", via);
        return new DemoOptions(
                wantedEvents,
                new Planned(
                        broken ? Math.max(1, wantedKills) : wantedKills, brokerKills(checked), consumerKills(checked)),
                seed == null ? new SecureRandom().nextInt(1_000_000) : seed,
                checked,
                broken,
                postgres,
                via);
    }

    private int brokerKills(boolean checked) {
        int wanted = brokerKills == null ? (checked && via.hasBrokerToKill() ? 1 : 0) : brokerKills;
        require(wanted >= 0 && wanted <= 20, "--kill-broker must be from 0 to 20", wanted);
        require(
                wanted == 0 || via.hasBrokerToKill(),
                "--kill-broker needs --via kafka, rabbitmq, nats or redis, which have a broker that keeps what it says it has",
                via);
        return wanted;
    }

    private int consumerKills(boolean checked) {
        int wanted = consumerKills == null ? (checked && via != Via.HTTP ? 1 : 0) : consumerKills;
        require(wanted >= 0 && wanted <= 20, "--kill-consumer must be from 0 to 20", wanted);
        return wanted;
    }

    private void require(boolean right, String message, @Nullable Object found) {
        if (!right) {
            throw new ParameterException(spec.commandLine(), message + ", but was: " + found);
        }
    }
}
