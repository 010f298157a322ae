package dev.tidemark.relay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** As {@link RelayFileProblemsTest}, for the settings of an HTTP sink. */
class HttpFileProblemsTest {

    private static final String FILE = """
            source:
              url: jdbc:postgresql://localhost:5432/orders
              user: relay
              password: secret
            subscribers:
              - name: shipping
            """;

    private record Case(String setting, String problem) {}

    @TestFactory
    Stream<DynamicTest> placesAndHeadersAreChecked() {
        String shape = "subscribers[0].http.url must look like https://shipping.example.com/events; what is there is"
                + " not shown, it may hold a secret";
        return refused(
                new Case(
                        "    lanes: 1",
                        "subscribers[0].http is required, but is not set; or one of kafka, rabbitmq, redis, nats, postgres,"
                                + " sqs, sns instead"),
                new Case("    http: {mode: binary}", "subscribers[0].http.url is required, but is not set"),
                new Case("    http: {url: 'ftp://hunter2'}", shape),
                new Case("    http: {url: 'hunter2 hunter2'}", shape),
                new Case("    http: {url: 'http:///events'}", shape),
                new Case(
                        "    http: {url: 'http://me:hunter2@localhost/'}",
                        "subscribers[0].http.url must not contain a user or password; send them in"
                                + " headers.authorization"),
                new Case(
                        "    http: {url: 'http://a', mode: avro}",
                        "subscribers[0].http.mode must be binary or structured or batch, but was: avro"),
                new Case(
                        "    http: {url: 'http://a', timeout: 1ms}",
                        "subscribers[0].http.timeout must be a duration from 10ms to 10m, but was: 1ms"),
                new Case(
                        "    http: {url: 'http://a', inflight: 0}",
                        "subscribers[0].http.inflight must be a whole number from 1 to 256, but was: 0"),
                new Case(
                        "    http: {url: 'http://a', headers: {'a b': hunter2}}",
                        "subscribers[0].http.headers.a b is not a header: a name has letters, digits and -"),
                new Case(
                        "    http: {url: 'http://a', headers: {Authorization: hunter2, authorization: hunter3}}",
                        "subscribers[0].http.headers.authorization is the same header as Authorization"),
                new Case(
                        "    http: {url: 'http://a', headers: {CE-id: hunter2}}",
                        "subscribers[0].http.headers.CE-id cannot be set, for the relay sets it itself"),
                new Case(
                        "    http: {url: 'http://a', headers: {x: \"a\\r\\nhunter2: b\"}}",
                        "subscribers[0].http.headers.x must be at most 8192 visible ASCII characters on one line"),
                new Case(
                        "    http: {url: 'http://a', headers: {x: [hunter2]}}",
                        "subscribers[0].http.headers.x must be text, such as ${file:/run/secrets/x}, but was: a list"),
                new Case(
                        "    http: {url: 'http://a', headers: {Webhook-Id: hunter2}}",
                        "subscribers[0].http.headers.Webhook-Id cannot be set, for the relay sets it itself"),
                new Case(
                        "    http: {url: 'http://a', headers: hunter2}",
                        "subscribers[0].http.headers must be a group of settings, but was: a single value"));
    }

    @TestFactory
    Stream<DynamicTest> signaturesAreChecked() {
        String good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        String secrets = "subscribers[0].http.secrets";
        String base64 = "[0] must be base64 behind whsec_, as by: echo whsec_$(openssl rand -base64 32)";
        return refused(
                signed("hunter2", secrets + " must be a list of at least one, or be left out, but was: a single value"),
                signed("[]", secrets + " must be a list of at least one, or be left out, but was: a list"),
                signed("", secrets + " must be a list of at least one, or be left out, but was: nothing"),
                signed("[{a: hunter2}]", secrets + "[0] must be text, but was: a group of settings"),
                signed("['']", secrets + "[0] is required, but is not set"),
                signed("[hunter2]", secrets + "[0] must begin with whsec_, as secrets of Standard Webhooks do"),
                signed("['whsec_hunter 2']", secrets + base64),
                signed(
                        "[" + good + ", " + good + "]",
                        secrets + "[1] is the same as secrets[0]; leave one of them out"),
                signed(
                        "[" + secretOf(23) + "]",
                        secrets + "[0] must have a key of 24 to 64 bytes behind whsec_, in base64; it has 23"),
                signed(
                        "[" + secretOf(65) + "]",
                        secrets + "[0] must have a key of 24 to 64 bytes behind whsec_, in base64; it has 65"),
                signed(
                        IntStream.rangeClosed(24, 32)
                                .mapToObj(HttpFileProblemsTest::secretOf)
                                .toList()
                                .toString(),
                        secrets + " must be at most 8, but was: 9"),
                signed(
                        "[" + good + "], mode: binary",
                        "subscribers[0].http.mode must be structured or batch where there are secrets, for a signature covers the"
                                + " body: in binary mode id, subject and version of an event are in headers, and anybody"
                                + " could change them, but was: binary"));
    }

    @TestFactory
    Stream<DynamicTest> batchesAreChecked() {
        String bytes = "subscribers[0].http.maxbytes must be ";
        return refused(
                guarded("mode: batch, maxbytes: 10", bytes + "a size from 1KiB to 16MiB, but was: 10"),
                guarded("mode: batch, maxbytes: 1023B", bytes + "a size from 1KiB to 16MiB, but was: 1023B"),
                guarded("mode: batch, maxbytes: 17MiB", bytes + "a size from 1KiB to 16MiB, but was: 17MiB"),
                guarded(
                        "maxbytes: 1MiB",
                        bytes + "left out unless mode is batch, for each event has a request of its own"),
                guarded(
                        "mode: batch, inflight: 4",
                        "subscribers[0].http.inflight must be left out in batch mode, where a lane has one request under"
                                + " way"));
    }

    @TestFactory
    Stream<DynamicTest> addressesAreChecked() {
        String allow = "subscribers[0].http.allow[0] must ";
        return refused(
                guarded(
                        "addresses: private",
                        "subscribers[0].http.addresses must be network or public or any, but was: private"),
                guarded(
                        "addresses: any, allow: [10.0.0.0/8]",
                        "subscribers[0].http.allow must be left out where addresses is any, for then all are"),
                guarded(
                        "allow: 10.0.0.0/8",
                        "subscribers[0].http.allow must be a list, such as [order, cust*], but was: 10.0.0.0/8"),
                guarded("allow: [10.0.0.1]", allow + "look like 10.1.0.0/16 or fd12::/16, but was: 10.0.0.1"),
                guarded("allow: [localhost/8]", allow + "look like 10.1.0.0/16 or fd12::/16, but was: localhost/8"),
                guarded("allow: [10.1/16]", allow + "look like 10.1.0.0/16 or fd12::/16, but was: 10.1/16"),
                guarded("allow: [300.0.0.0/8]", allow + "look like 10.1.0.0/16 or fd12::/16, but was: 300.0.0.0/8"),
                guarded("allow: [10.0.0.0/33]", allow + "have at most 32 bits behind the slash, but was: 10.0.0.0/33"),
                guarded(
                        "allow: [10.1.2.3/16]",
                        allow + "be the first address of its block, 10.1.0.0/16, but was: 10.1.2.3/16"),
                guarded(
                        "allow: ['::ffff:10.0.0.0/104']",
                        allow + "be written as IPv4, such as 10.1.0.0/16, but was: ::ffff:10.0.0.0/104"));
    }

    private static Case guarded(String settings, String problem) {
        return new Case("    http: {url: 'http://a', " + settings + "}", problem);
    }

    private static Case signed(String secrets, String problem) {
        return new Case("    http: {url: 'http://a', secrets: " + secrets + "}", problem);
    }

    private static String secretOf(int bytes) {
        return "whsec_" + Base64.getEncoder().encodeToString(new byte[bytes]);
    }

    private static Stream<DynamicTest> refused(Case... cases) {
        return Stream.of(cases)
                .map(c -> DynamicTest.dynamicTest(c.setting().strip(), () -> {
                    ConfigException refusal =
                            catchThrowableOfType(ConfigException.class, () -> read(FILE + c.setting() + "\n"));
                    assertThat(refusal).hasMessage("1 problem in relay.yaml:\n  - " + c.problem());
                }));
    }

    private static void read(String yaml) {
        RelayFile.read("relay.yaml", yaml, new Interpolation(Map.of(), Path.of("/nowhere")));
    }
}
