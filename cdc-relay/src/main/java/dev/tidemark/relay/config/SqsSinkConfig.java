package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.sink.AwsAccess;
import dev.tidemark.relay.sink.SqsSink;
import dev.tidemark.relay.sink.Template;
import java.net.URI;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sends CloudEvents to queues of Amazon SQS.
 *
 * @param queue the URL of an event's queue; braces hold one of {@link Template#GROUPS}, in its name only
 * @param region empty for the one that the URL tells
 * @param accessKey empty for the credentials that the SDK finds
 * @param secretKey not set where there is no access key
 * @param timeout for a connection, and for the answer to each event
 */
public record SqsSinkConfig(String queue, String region, String accessKey, Secret secretKey, Duration timeout)
        implements SinkConfig {

    private static final Pattern URL = Pattern.compile(
            "(?<endpoint>https?://(?<host>[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+])(:[0-9]{1,5})?)(/[A-Za-z0-9_.-]+)*/(?<name>[^/]+)");
    private static final Pattern NAME = Pattern.compile("(?=.{1,80}$)[a-zA-Z0-9_-]+(\\.fifo)?");
    private static final Pattern PLACE = Pattern.compile("\\{[a-z]+}");

    /** As AWS calls its hosts: public, dual-stack, behind an endpoint of a VPC, and as they once were. */
    private static final Pattern HOST =
            Pattern.compile("(?:.+\\.)?sqs(?:-fips)?\\.(?<new>[a-z0-9-]+)\\.(?:vpce\\.)?DOMAIN"
                    .concat("|(?<old>[a-z0-9-]+)\\.queue\\.DOMAIN")
                    .replace("DOMAIN", "(?:amazonaws\\.com(?:\\.cn)?|api\\.aws|api\\.amazonwebservices\\.com\\.cn)"));

    public SqsSinkConfig {
        requireNonNull(secretKey, "secretKey");
        Problems problems = new Problems();
        checkQueue(queue, problems);
        if (!problems.concerns("queue")) {
            AwsRules.checkRegion(region, told(queue), "queue", problems);
        }
        AwsRules.checkKeys(accessKey, secretKey, problems);
        problems.within("timeout", timeout, HttpSinkConfig.TIMEOUT);
        problems.throwIfAny("the SQS sink");
    }

    /** With the credentials that the SDK finds, in the region that the URL tells. */
    public static SqsSinkConfig to(String queue) {
        return new SqsSinkConfig(queue, "", "", Secret.none(), HttpSinkConfig.DEFAULT_TIMEOUT);
    }

    private static void checkQueue(String queue, Problems problems) {
        if (!problems.required("queue", queue)) {
            return;
        }
        Matcher url = URL.matcher(queue);
        if (!url.matches()) {
            problems.add(
                    "queue",
                    "must be the URL of a queue, such as https://sqs.eu-central-1.amazonaws.com/123456789012/orders.fifo;"
                            + " what is there is not shown, it may hold a secret");
            return;
        }
        String name = url.group("name");
        BrokerRules.checkTemplate("queue", name, Template.GROUPS, problems);
        if (!problems.concerns("queue")
                && !NAME.matcher(PLACE.matcher(name).replaceAll("x")).matches()) {
            problems.add(
                    "queue",
                    "must have at its end the name of a queue: at most 80 of a-z, A-Z, 0-9, _ and -, with .fifo behind or"
                            + " not",
                    name);
        }
    }

    /** Empty if it does not. */
    private static String told(String queue) {
        Matcher host = HOST.matcher(part(queue, "host"));
        if (!host.matches()) {
            return "";
        }
        return host.group("new") == null ? host.group("old") : host.group("new");
    }

    private static String part(String queue, String part) {
        Matcher url = URL.matcher(queue);
        if (!url.matches()) {
            throw new IllegalStateException("no URL of a queue has got this far");
        }
        return url.group(part);
    }

    /** What the sink itself takes. */
    public SqsSink.Settings settings() {
        return new SqsSink.Settings(
                Template.of(queue, Template.GROUPS),
                new AwsAccess(
                        region.isEmpty() ? told(queue) : region, endpoint(), accessKey, secretKey.reveal(), timeout));
    }

    /** Where requests go: scheme, host and port of the URL. */
    public URI endpoint() {
        return URI.create(part(queue, "endpoint"));
    }
}
