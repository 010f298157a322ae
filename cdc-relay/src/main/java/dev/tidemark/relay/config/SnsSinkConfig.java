package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.sink.AwsAccess;
import dev.tidemark.relay.sink.SnsSink;
import dev.tidemark.relay.sink.Template;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Publishes CloudEvents to topics of Amazon SNS.
 *
 * @param topic the ARN of an event's topic; braces hold one of {@link Template#GROUPS}, in its name only
 * @param endpoint where requests go; null for AWS's own of the topic's region
 * @param accessKey empty for the credentials that the SDK finds
 * @param secretKey not set where there is no access key
 * @param timeout for a connection, and for the answer to each event
 */
public record SnsSinkConfig(String topic, @Nullable URI endpoint, String accessKey, Secret secretKey, Duration timeout)
        implements SinkConfig {

    private static final Pattern ARN =
            Pattern.compile("arn:aws[a-z-]*:sns:(?<region>[a-z]{2,}(-[a-z0-9]+)+):[0-9]{12}:(?<name>[^:]+)");
    private static final Pattern NAME = Pattern.compile("(?=.{1,256}$)[a-zA-Z0-9_-]+(\\.fifo)?");
    private static final Pattern PLACE = Pattern.compile("\\{[a-z]+}");
    private static final Set<String> SCHEMES = Set.of("http", "https");

    public SnsSinkConfig {
        requireNonNull(secretKey, "secretKey");
        Problems problems = new Problems();
        checkTopic(topic, problems);
        checkEndpoint(endpoint, problems);
        AwsRules.checkKeys(accessKey, secretKey, problems);
        problems.within("timeout", timeout, HttpSinkConfig.TIMEOUT);
        problems.throwIfAny("the SNS sink");
    }

    /** With the credentials that the SDK finds. */
    public static SnsSinkConfig to(String topic) {
        return new SnsSinkConfig(topic, null, "", Secret.none(), HttpSinkConfig.DEFAULT_TIMEOUT);
    }

    private static void checkTopic(String topic, Problems problems) {
        if (!problems.required("topic", topic)) {
            return;
        }
        Matcher arn = ARN.matcher(topic);
        if (!arn.matches()) {
            problems.add(
                    "topic",
                    "must be the ARN of a topic, such as arn:aws:sns:eu-central-1:123456789012:orders.fifo",
                    topic);
            return;
        }
        String name = arn.group("name");
        BrokerRules.checkTemplate("topic", name, Template.GROUPS, problems);
        if (!problems.concerns("topic")
                && !NAME.matcher(PLACE.matcher(name).replaceAll("x")).matches()) {
            problems.add(
                    "topic",
                    "must have at its end the name of a topic: at most 256 of a-z, A-Z, 0-9, _ and -, with .fifo behind"
                            + " or not",
                    name);
        }
    }

    private static void checkEndpoint(@Nullable URI endpoint, Problems problems) {
        if (endpoint != null
                && (!SCHEMES.contains(String.valueOf(endpoint.getScheme()))
                        || endpoint.getHost() == null
                        || endpoint.getRawUserInfo() != null
                        || endpoint.getRawQuery() != null
                        || endpoint.getRawFragment() != null)) {
            problems.add(
                    "endpoint",
                    "must look like https://sns.eu-central-1.amazonaws.com, or be left out; what is there is not shown, it"
                            + " may hold a secret");
        }
    }

    /** What the sink itself takes. */
    public SnsSink.Settings settings() {
        return new SnsSink.Settings(
                Template.of(topic, Template.GROUPS),
                new AwsAccess(region(), endpoint, accessKey, secretKey.reveal(), timeout));
    }

    private String region() {
        Matcher arn = ARN.matcher(topic);
        if (!arn.matches()) {
            throw new IllegalStateException("no ARN of a topic has got this far");
        }
        return arn.group("region");
    }
}
