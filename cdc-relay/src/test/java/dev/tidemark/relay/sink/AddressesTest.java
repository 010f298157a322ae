package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.Events;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which addresses are connected to, by the rule and over real connections. */
class AddressesTest {

    private static final Addresses PUBLIC = new Addresses(Addresses.Reach.PUBLIC, List.of());

    private final Receiver receiver = new Receiver();

    @AfterEach
    void close() {
        receiver.close();
    }

    @Test
    void whatNobodyMeansIsRefusedByDefault() throws UnknownHostException {
        for (String address : List.of(
                "169.254.169.254",
                "169.254.0.1",
                "0.0.0.0",
                "0.1.2.3",
                "224.0.0.1",
                "239.255.255.250",
                "255.255.255.255",
                "100.100.100.200",
                "::",
                "fe80::1",
                "febf::1",
                "ff02::1",
                "fd00:ec2::254",
                "fd20:ce::254",
                "::ffff:169.254.169.254",
                "64:ff9b::169.254.169.254",
                "2002:a9fe:a9fe::1")) {
            assertThat(Addresses.DEFAULT.refusal(InetAddress.getByName(address)))
                    .as(address)
                    .contains("link-local");
            assertThat(PUBLIC.refusal(InetAddress.getByName(address)))
                    .as(address)
                    .contains("link-local");
            assertThat(new Addresses(Addresses.Reach.ANY, List.of()).refusal(InetAddress.getByName(address)))
                    .isNull();
        }
    }

    @Test
    void whatIsPrivateIsRefusedOnlyWhereItHasToBePublic() throws UnknownHostException {
        for (String address : List.of(
                "10.0.0.1",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "127.0.0.1",
                "127.9.9.9",
                "100.64.0.1",
                "198.18.0.1",
                "192.0.2.1",
                "203.0.113.9",
                "240.0.0.1",
                "::1",
                "fc00::1",
                "fdff::1",
                "fec0::1",
                "2001:db8::1",
                "::ffff:10.0.0.1",
                "64:ff9b::10.0.0.1",
                "2002:a00:1::1",
                "::10.0.0.1")) {
            assertThat(Addresses.DEFAULT.refusal(InetAddress.getByName(address)))
                    .as(address)
                    .isNull();
            assertThat(PUBLIC.refusal(InetAddress.getByName(address)))
                    .as(address)
                    .isEqualTo("which is not public");
        }
    }

    @Test
    void whatIsPublicIsNeverRefused() throws UnknownHostException {
        for (String address : List.of(
                "8.8.8.8",
                "172.15.255.255",
                "172.32.0.1",
                "11.0.0.1",
                "126.255.255.255",
                "128.0.0.1",
                "169.253.0.1",
                "169.255.0.1",
                "100.63.255.255",
                "100.128.0.1",
                "223.255.255.255",
                "2606:4700::1111",
                "64:ff9b::8.8.8.8",
                "2002:808:808::1")) {
            assertThat(PUBLIC.refusal(InetAddress.getByName(address)))
                    .as(address)
                    .isNull();
        }
    }

    @Test
    void whatIsAllowedIsConnectedToAndNothingBesideIt() throws UnknownHostException {
        Addresses some = new Addresses(
                Addresses.Reach.PUBLIC,
                List.of(Addresses.Block.parse("10.1.0.0/16"), Addresses.Block.parse("fd12:3456::/31")));
        for (String address : List.of("10.1.0.0", "10.1.255.255", "fd12:3456::1", "fd12:3457::1", "::ffff:10.1.0.1")) {
            assertThat(some.refusal(InetAddress.getByName(address))).as(address).isNull();
        }
        for (String address : List.of("10.0.255.255", "10.2.0.0", "fd12:3455::1", "fd12:3458::1")) {
            assertThat(some.refusal(InetAddress.getByName(address))).as(address).isNotNull();
        }
    }

    @Test
    void aNameThatLeadsToARefusedAddressIsNotConnectedTo() throws InterruptedException {
        URI url = receiver.url();
        assertThat(url.getHost()).isEqualTo("localhost");
        try (HttpSink sink = sink(PUBLIC, InetAddress::getAllByName)) {
            List<Delivery> answer = sink.deliver(List.of(event("a", 1), event("b", 1)));
            assertThat(answer.get(0))
                    .isInstanceOfSatisfying(
                            Delivery.Retry.class,
                            retry -> assertThat(retry.reason())
                                    .startsWith("POST " + url + ": localhost leads to ")
                                    .endsWith(
                                            ", which is not public; it is not connected to, see http.addresses and http.allow"));
            assertThat(answer.get(1)).isNotInstanceOf(Delivery.Delivered.class);
        }
        assertThat(receiver.arrivals()).isEmpty();
    }

    @Test
    void loopbackCanBeAllowed() throws InterruptedException {
        Addresses loopback = new Addresses(
                Addresses.Reach.PUBLIC,
                List.of(Addresses.Block.parse("127.0.0.0/8"), Addresses.Block.parse("::1/128")));
        try (HttpSink sink = sink(loopback, InetAddress::getAllByName)) {
            assertThat(sink.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
        }
    }

    @Test
    void aNameThatLeadsElsewhereLaterIsLookedAtBeforeEachRequest() throws InterruptedException {
        Deque<String> answers = new ArrayDeque<>(List.of("127.0.0.1", "169.254.169.254", "127.0.0.1"));
        try (HttpSink sink = sink(Addresses.DEFAULT, host -> addresses(answers.remove()))) {
            assertThat(sink.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            assertThat(sink.deliver(List.of(event("a", 2)))).hasOnlyElementsOfType(Delivery.Retry.class);
            assertThat(sink.deliver(List.of(event("a", 3)))).containsOnly(Delivery.delivered());
        }
        assertThat(receiver.arrivals()).containsExactly("a@1", "a@3");
    }

    /** What is connected to is what was looked at: nobody looks the name up once more. */
    @Test
    void theAddressThatWasLookedAtIsTheOneThatIsConnectedTo() throws InterruptedException {
        URI url = URI.create(receiver.url().toString().replace("localhost", "receiver.invalid"));
        try (HttpSink sink = sink(url, Addresses.DEFAULT, host -> addresses("127.0.0.1"))) {
            assertThat(sink.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
        }
        assertThat(receiver.arrivals()).containsExactly("a@1");
    }

    /** Nobody listens at the first. */
    @Test
    void theNextAddressIsTriedWhereOneDoesNotConnect() throws InterruptedException {
        try (HttpSink sink = sink(receiver.url(), Addresses.DEFAULT, host -> addresses("127.9.9.9", "127.0.0.1"))) {
            assertThat(sink.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
        }
        assertThat(receiver.arrivals()).containsExactly("a@1");
    }

    @Test
    void oneAddressThatIsRefusedIsEnough() throws InterruptedException {
        try (HttpSink sink = sink(Addresses.DEFAULT, host -> addresses("127.0.0.1", "169.254.169.254"))) {
            assertThat(sink.deliver(List.of(event("a", 1)))).hasOnlyElementsOfType(Delivery.Retry.class);
        }
        assertThat(receiver.arrivals()).isEmpty();
    }

    private static InetAddress[] addresses(String... texts) throws UnknownHostException {
        InetAddress[] addresses = new InetAddress[texts.length];
        for (int i = 0; i < texts.length; i++) {
            addresses[i] = InetAddress.getByName(texts[i]);
        }
        return addresses;
    }

    private HttpSink sink(Addresses addresses, Addresses.Resolver resolver) {
        return sink(receiver.url(), addresses, resolver);
    }

    private static HttpSink sink(URI url, Addresses addresses, Addresses.Resolver resolver) {
        HttpSink.Settings settings = new HttpSink.Settings(
                url, HttpSink.Mode.BINARY, Duration.ofMinutes(2), Map.of(), 4, List.of(), addresses, 0);
        return new HttpSink(
                settings, InstantSource.fixed(Events.COMMITTED_AT), HttpLinks.Surroundings.ofTheJvm(resolver));
    }
}
