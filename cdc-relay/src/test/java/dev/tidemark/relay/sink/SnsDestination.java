package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Topics of SNS, as its API describes them: the query protocol, the limits of a request, and what a FIFO topic wants.
 * There is no server of SNS for a machine of one's own. Whatever SNS would refuse is refused here, and remembered.
 */
final class SnsDestination implements SinkContract.Destination, AutoCloseable {

    static final String ACCOUNT = "arn:aws:sns:eu-central-1:123456789012:";

    private static final int MOST_BYTES = 256 * 1024;
    private static final String ENTRY = "PublishBatchRequestEntries.member.";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<String> topics = ConcurrentHashMap.newKeySet();
    private final Set<String> deduplicated = ConcurrentHashMap.newKeySet();
    private final Set<String> forNow = ConcurrentHashMap.newKeySet();
    private final Set<String> forGood = ConcurrentHashMap.newKeySet();
    private final Set<String> unanswered = ConcurrentHashMap.newKeySet();
    private final List<Map<String, String>> published = new CopyOnWriteArrayList<>();
    private final List<Integer> requests = new CopyOnWriteArrayList<>();
    private final List<String> broken = new CopyOnWriteArrayList<>();
    private final CountDownLatch arrived = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Refusal refusal;

    /** Of whole requests. */
    record Refusal(int status, String code) {}

    SnsDestination(String... topics) {
        for (String topic : topics) {
            this.topics.add(ACCOUNT + topic);
        }
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen", e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    AwsAccess access(Duration timeout) {
        return new AwsAccess(
                "eu-central-1",
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                "key",
                "hunter2",
                timeout);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String signature = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
            require(signature.startsWith("AWS4-HMAC-SHA256 Credential=key/"), "no signature: " + signature);
            require(signature.contains("/eu-central-1/sns/aws4_request"), "the signature is for others: " + signature);
            answer(exchange, parameters(form));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Map<String, String> parameters(String form) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : form.split("&", -1)) {
            int equals = pair.indexOf('=');
            parameters.put(
                    URLDecoder.decode(pair.substring(0, equals), StandardCharsets.UTF_8),
                    URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
        }
        return parameters;
    }

    private void answer(HttpExchange exchange, Map<String, String> request) throws IOException, InterruptedException {
        require("2010-03-31".equals(request.get("Version")), "the version is " + request.get("Version"));
        String action = String.valueOf(request.get("Action"));
        String topic = String.valueOf(request.get("TopicArn"));
        Refusal whole = refusal;
        if (whole != null) {
            refuse(exchange, whole);
        } else if (!topics.contains(topic)) {
            refuse(exchange, new Refusal(404, "NotFound"));
        } else if (action.equals("GetTopicAttributes")) {
            send(
                    exchange,
                    200,
                    "<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes/>"
                            + "</GetTopicAttributesResult></GetTopicAttributesResponse>");
        } else {
            require(action.equals("PublishBatch"), "the action is " + action);
            publish(exchange, topic, entries(request));
        }
    }

    /** By their numbers, from 1. */
    private static Map<Integer, Map<String, String>> entries(Map<String, String> request) {
        Map<Integer, Map<String, String>> entries = new TreeMap<>();
        request.forEach((name, value) -> {
            if (name.startsWith(ENTRY)) {
                int dot = name.indexOf('.', ENTRY.length());
                entries.computeIfAbsent(Integer.valueOf(name.substring(ENTRY.length(), dot)), number -> new TreeMap<>())
                        .put(name.substring(dot + 1), value);
            }
        });
        return entries;
    }

    private void publish(HttpExchange exchange, String topic, Map<Integer, Map<String, String>> entries)
            throws IOException, InterruptedException {
        requests.add(entries.size());
        Set<String> ids = new HashSet<>();
        Set<String> groups = new HashSet<>();
        int bytes = 0;
        for (Map<String, String> entry : entries.values()) {
            String id = String.valueOf(entry.get("Id"));
            require(id.matches("[A-Za-z0-9_-]{1,80}") && ids.add(id), "the ids are not distinct: " + id);
            String group = entry.get("MessageGroupId");
            require(group == null || groups.add(group), "two of one group are in a request");
            bytes += bytes(entry);
        }
        require(!entries.isEmpty() && entries.size() <= 10, entries.size() + " entries");
        require(bytes <= MOST_BYTES, bytes + " bytes");
        StringBuilder successful = new StringBuilder();
        StringBuilder failed = new StringBuilder();
        for (Map<String, String> entry : entries.values()) {
            String code = store(topic, entry);
            String id = "<Id>" + entry.get("Id") + "</Id>";
            if (code.isEmpty()) {
                successful.append("<member><MessageId>m</MessageId>" + id + "</member>");
            } else {
                failed.append("<member>" + id + "<Code>" + code + "</Code><Message>hunter2</Message><SenderFault>"
                        + !code.equals("InternalError") + "</SenderFault></member>");
            }
        }
        send(
                exchange,
                200,
                "<PublishBatchResponse><PublishBatchResult><Failed>" + failed + "</Failed><Successful>" + successful
                        + "</Successful></PublishBatchResult></PublishBatchResponse>");
    }

    /** The message, and of each attribute its name, type and value. */
    private static int bytes(Map<String, String> entry) {
        int bytes = 0;
        for (Map.Entry<String, String> one : entry.entrySet()) {
            if (one.getKey().equals("Message") || one.getKey().startsWith("MessageAttributes.")) {
                bytes += one.getValue().getBytes(StandardCharsets.UTF_8).length;
            }
        }
        return bytes;
    }

    /** Why it is not stored; empty if it is. */
    private String store(String topic, Map<String, String> entry) throws InterruptedException {
        String message = String.valueOf(entry.get("Message"));
        String label = Events.label(CloudEventsJson.read(message.getBytes(StandardCharsets.UTF_8)));
        if (unanswered.contains(label)) {
            arrived.countDown();
            closed.await();
        }
        checkAttributes(entry);
        require(message.chars().noneMatch(c -> c == 0xFFFE || c == 0xFFFF), "characters that XML does not allow");
        if (forGood.contains(label)) {
            return "InvalidParameter";
        }
        if (forNow.contains(label)) {
            return "InternalError";
        }
        String deduplication = entry.get("MessageDeduplicationId");
        String group = entry.get("MessageGroupId");
        if (topic.endsWith(".fifo")) {
            if (!isId(group) || !isId(deduplication)) {
                broken.add("a FIFO topic wants other ids than " + group + " and " + deduplication);
                return "InvalidParameter";
            }
        } else {
            require(deduplication == null && group == null, "a standard topic has no ids");
        }
        if (deduplication == null || deduplicated.add(topic + deduplication)) {
            published.add(entry);
        }
        return "";
    }

    private static boolean isId(@Nullable String id) {
        return id != null && id.matches("[!-~]{1,128}");
    }

    private void checkAttributes(Map<String, String> entry) {
        Set<String> numbers = new HashSet<>();
        for (Map.Entry<String, String> one : entry.entrySet()) {
            if (one.getKey().startsWith("MessageAttributes.entry.")) {
                numbers.add(one.getKey().split("\\.", -1)[2]);
                require(!one.getValue().isEmpty(), one.getKey() + " is empty");
                require(!one.getKey().endsWith("DataType") || one.getValue().equals("String"), one.getValue());
            }
        }
        require(numbers.size() <= 10, numbers.size() + " attributes");
    }

    private void require(boolean kept, String otherwise) {
        if (!kept) {
            broken.add(otherwise);
        }
    }

    private static void refuse(HttpExchange exchange, Refusal whole) throws IOException {
        send(
                exchange,
                whole.status,
                "<ErrorResponse><Error><Type>Sender</Type><Code>" + whole.code
                        + "</Code><Message>hunter2</Message></Error></ErrorResponse>");
    }

    private static void send(HttpExchange exchange, int status, String xml) throws IOException {
        byte[] body = xml.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("content-type", "text/xml");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    /** All requests are refused from now on; null for none. */
    void refuse(@Nullable Refusal whole) {
        refusal = whole;
    }

    /** How many messages the requests have had, as they came. */
    List<Integer> requests() {
        return requests;
    }

    /** The entries that were stored, with the names of the protocol. */
    List<Map<String, String>> published() {
        assertThat(broken).as("what SNS forbids").isEmpty();
        return published;
    }

    /** The attributes of a message that was stored. */
    static Map<String, String> attributes(Map<String, String> entry) {
        Map<String, String> attributes = new TreeMap<>();
        entry.forEach((name, value) -> {
            if (name.startsWith("MessageAttributes.") && name.endsWith(".Name")) {
                attributes.put(value, String.valueOf(entry.get(name.replace(".Name", ".Value.StringValue"))));
            }
        });
        return attributes;
    }

    @Override
    public List<Envelope> accepted() {
        return published().stream()
                .map(entry -> CloudEventsJson.read(
                        String.valueOf(entry.get("Message")).getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    @Override
    public void refuseForNow(String event) {
        forNow.add(event);
    }

    @Override
    public void refuseForGood(String event) {
        forGood.add(event);
    }

    @Override
    public void leaveUnanswered(String event) {
        unanswered.add(event);
    }

    @Override
    public void awaitUnanswered() throws InterruptedException {
        arrived.await();
    }

    @Override
    public void acceptAll() {
        forNow.clear();
        forGood.clear();
    }

    @Override
    public void disappear() {
        close();
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
