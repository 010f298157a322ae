package dev.tidemark.sample;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.JavaModifier.PUBLIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may know whom. Part 2 of docs/design.md says why. */
class ArchitectureTest {

    private static final JavaClasses TIDEMARK = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.tidemark");

    /** What others program against; nobody here needs to use all of it. */
    private static final String[] PUBLIC_INTERFACES = {
        "dev.tidemark.envelope",
        "dev.tidemark.outbox..",
        "dev.tidemark.inbox",
        "dev.tidemark.inbox.directory",
        "dev.tidemark.relay",
        "dev.tidemark.relay.config",
        "dev.tidemark.relay.sink",
        "dev.tidemark.contracts..",
        "dev.tidemark.testkit"
    };

    @Test
    void everyModuleIsLookedAt() {
        assertThat(Stream.of(
                        "envelope",
                        "outbox",
                        "inbox",
                        "contracts",
                        "relay.capture",
                        "relay.deliver",
                        "sample.demo",
                        "testkit"))
                .allSatisfy(part -> assertThat(TIDEMARK.that(resideInAPackage("dev.tidemark." + part)))
                        .as(part)
                        .isNotEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "dev.tidemark.outbox.., dev.tidemark.relay..",
        "dev.tidemark.outbox.., dev.tidemark.inbox..",
        "dev.tidemark.relay..,  dev.tidemark.outbox..",
        "dev.tidemark.relay..,  dev.tidemark.inbox..",
        "dev.tidemark.inbox..,  dev.tidemark.outbox..",
        "dev.tidemark.inbox..,  dev.tidemark.relay..",
        "dev.tidemark.outbox.., dev.tidemark.contracts..",
        "dev.tidemark.relay..,  dev.tidemark.contracts..",
        "dev.tidemark.inbox..,  dev.tidemark.contracts..",
        "dev.tidemark.contracts.., dev.tidemark.relay..",
        "dev.tidemark.contracts.., dev.tidemark.inbox..",
        "dev.tidemark.relay.capture.., dev.tidemark.relay.deliver..",
        "dev.tidemark.relay.deliver.., dev.tidemark.relay.capture..",
        "dev.tidemark.sample.users..,  dev.tidemark.sample.orders..",
        "dev.tidemark.sample.users..,  dev.tidemark.sample.inventory..",
        "dev.tidemark.sample.orders.., dev.tidemark.sample.users..",
        "dev.tidemark.sample.orders.., dev.tidemark.sample.inventory..",
        "dev.tidemark.sample.inventory.., dev.tidemark.sample.users..",
        "dev.tidemark.sample.inventory.., dev.tidemark.sample.orders.."
    })
    void neitherKnowsTheOther(String one, String other) {
        noClasses()
                .that()
                .resideInAPackage(one)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(other)
                .check(TIDEMARK);
    }

    @Test
    void servicesKnowNeitherTheRelayNorTheDemo() {
        noClasses()
                .that(resideInAPackage("dev.tidemark.sample..")
                        .and(resideOutsideOfPackages("dev.tidemark.sample.demo..")))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.tidemark.relay..", "dev.tidemark.testkit..", "dev.tidemark.sample.demo..")
                .check(TIDEMARK);
    }

    @Test
    void sinksKnowEnvelopesAndNothingElseOfOurs() {
        noClasses()
                .that()
                .resideInAPackage("dev.tidemark.relay.sink..")
                .should()
                .dependOnClassesThat(
                        ours().and(resideOutsideOfPackages("dev.tidemark.relay.sink..", "dev.tidemark.envelope..")))
                .check(TIDEMARK);
    }

    @Test
    void theEnvelopeKnowsNothingElseOfOurs() {
        noClasses()
                .that()
                .resideInAPackage("dev.tidemark.envelope..")
                .should()
                .dependOnClassesThat(ours().and(resideOutsideOfPackages("dev.tidemark.envelope..")))
                .check(TIDEMARK);
    }

    /** Debezium speaks in Kafka Connect's types; Kafka's client, on which these build, is that of a sink too. */
    @Test
    void onlyCaptureKnowsDebezium() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.tidemark.relay.capture..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.debezium..", "org.apache.kafka.connect..")
                .check(TIDEMARK);
    }

    /** Everything else in the relay speaks JDBC: one reads a replication stream, one which part of the server refuses. */
    @Test
    void onlyTwoClassesOfTheRelayKnowTheDriver() {
        noClasses()
                .that(resideInAPackage("dev.tidemark.relay..")
                        .and(areNot("dev.tidemark.relay.capture.PgoutputStream"))
                        .and(areNot("dev.tidemark.relay.sink.PostgresOutcome")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.postgresql..")
                .check(TIDEMARK);
    }

    @Test
    void onlyItsSinkAndItsSubscriptionKnowKafka() {
        noClasses()
                .that(resideOutsideOfPackages("dev.tidemark.relay.capture..")
                        .and(areNot("dev.tidemark.relay.sink.Kafka"))
                        .and(areNot("dev.tidemark.inbox.Kafka"))
                        .and(areNot("dev.tidemark.sample.demo.via.Kafka")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.kafka..")
                .check(TIDEMARK);
        noClasses()
                .that()
                .resideInAPackage("dev.tidemark.relay.capture..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.kafka.clients..")
                .check(TIDEMARK);
    }

    /** Whoever reads over HTTP needs no client of a broker on the class path. */
    @Test
    void onlyItsSubscriptionKnowsTheClientOfABroker() {
        Map.of("Rabbit", "com.rabbitmq..", "Redis", "io.lettuce..", "Nats", "io.nats..")
                .forEach((broker, client) -> noClasses()
                        .that(resideInAPackage("dev.tidemark.inbox..").and(areNot("dev.tidemark.inbox." + broker)))
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(client)
                        .check(TIDEMARK));
    }

    @Test
    void onlyTheirSinksAndSubscriptionsKnowTheServicesOfAws() {
        noClasses()
                .that(areNot("dev.tidemark.relay.sink.Aws")
                        .and(areNot("dev.tidemark.relay.sink.Sns"))
                        .and(areNot("dev.tidemark.relay.sink.Sqs"))
                        .and(areNot("dev.tidemark.inbox.Sqs"))
                        .and(areNot("dev.tidemark.sample.demo.via.Sqs")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("software.amazon..")
                .check(TIDEMARK);
    }

    /** Whoever applies events needs neither on the class path. */
    @Test
    void onlyTheDirectoryAndTheMetricsKnowWhatTheyNeed() {
        Map.of("directory.", "dev.failsafe..", "InboxMetrics", "io.micrometer..")
                .forEach((user, library) -> noClasses()
                        .that(resideInAPackage("dev.tidemark.inbox..").and(areNot("dev.tidemark.inbox." + user)))
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(library)
                        .check(TIDEMARK));
        noClasses()
                .that()
                .resideInAPackage("dev.tidemark.inbox")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.tidemark.inbox.directory..")
                .check(TIDEMARK);
    }

    /** The validator and the automata are of no use to who only writes, relays or reads. */
    @Test
    void onlyContractsKnowJsonSchema() {
        noClasses()
                .that(resideOutsideOfPackages("dev.tidemark.contracts.schema.."))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.networknt..", "dk.brics..")
                .check(TIDEMARK);
    }

    /** Whoever checks contracts in another way needs no writer on the class path. */
    @Test
    void onlyItsAdaptorKnowsTheWriterOfEvents() {
        noClasses()
                .that(resideInAPackage("dev.tidemark.contracts..")
                        .and(resideOutsideOfPackages("dev.tidemark.contracts.outbox..")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.tidemark.outbox..")
                .check(TIDEMARK);
    }

    private static DescribedPredicate<JavaClass> areNot(String beginning) {
        return DescribedPredicate.describe(
                "are not called " + beginning + "…", type -> !type.getName().startsWith(beginning));
    }

    @Test
    void packagesOfTheRelayFormNoCycle() {
        slices().matching("dev.tidemark.relay.(*)..").should().beFreeOfCycles().check(TIDEMARK);
    }

    @Test
    void nothingIsPublicWithoutAUserInAnotherPackage() {
        ArchRule rule = classes()
                .that()
                .haveModifier(PUBLIC)
                .and(resideOutsideOfPackages(PUBLIC_INTERFACES))
                .and(isTopLevel())
                .and(isNoProgram())
                .and(isNotMadeByName())
                .should(haveAUserInAnotherPackage());
        rule.check(TIDEMARK);
    }

    private static DescribedPredicate<JavaClass> ours() {
        return resideInAPackage("dev.tidemark..");
    }

    private static DescribedPredicate<JavaClass> isTopLevel() {
        return DescribedPredicate.describe("are top-level", JavaClass::isTopLevelClass);
    }

    private static DescribedPredicate<JavaClass> isNoProgram() {
        return DescribedPredicate.describe(
                "have no main method",
                type -> type.tryGetMethod("main", String[].class).isEmpty());
    }

    /** Whoever calls a method has the type of its answer in hands, also without naming it. */
    private static boolean isInASignature(JavaClass type) {
        return type.getPackage().getClasses().stream()
                .filter(other -> !other.equals(type) && other.getModifiers().contains(PUBLIC))
                .flatMap(other -> other.getCodeUnits().stream())
                .filter(method -> method.getModifiers().contains(PUBLIC))
                .anyMatch(method -> method.getAllInvolvedRawTypes().contains(type));
    }

    private static DescribedPredicate<JavaClass> isNotMadeByName() {
        return DescribedPredicate.describe(
                "are not what Debezium or the driver makes by name",
                type -> !type.isAssignableTo("org.apache.kafka.connect.connector.Connector")
                        && !type.isAssignableTo("org.apache.kafka.connect.connector.Task")
                        && !type.isAssignableTo("io.debezium.connector.base.QueueProvider")
                        && !type.isAssignableTo("javax.net.SocketFactory"));
    }

    private static ArchCondition<JavaClass> haveAUserInAnotherPackage() {
        return new ArchCondition<>("have a user in another package") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                boolean used = type.getDirectDependenciesToSelf().stream()
                        .anyMatch(use -> !use.getOriginClass().getPackageName().equals(type.getPackageName()));
                used |= isInASignature(type);
                events.add(new SimpleConditionEvent(
                        type, used, type.getName() + " is public, but nobody outside of its package uses it"));
            }
        };
    }
}
