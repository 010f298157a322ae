package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Broker;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Speaks the protocol of SQS: HTTP with JSON. An entry that is refused is taken out of its request, and its failure is
 * put into the answer to the others.
 */
final class SqsDestination extends BrokerDestination {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_BYTES = 1 << 20;

    private final SqsReader reader;
    private final List<JsonNode> requests = new CopyOnWriteArrayList<>();
    private final List<String> broken = new CopyOnWriteArrayList<>();
    private volatile @Nullable Refusal refusal;
    private volatile @Nullable String forgotten;

    SqsDestination(Broker broker, String queue) {
        super(broker);
        this.reader = new SqsReader(broker, queue);
    }

    /**
     * Of a whole request.
     *
     * @param of how many entries at least
     */
    record Refusal(int of, int status, String code) {}

    /** A request or an answer of HTTP. */
    private static final class Message {

        private final List<String> head;
        private final byte[] body;

        Message(List<String> head, byte[] body) {
            this.head = head;
            this.body = body;
        }

        static @Nullable Message read(InputStream in) throws IOException {
            List<String> head = new ArrayList<>();
            int length = 0;
            for (String line = line(in); !line.isEmpty(); line = line(in)) {
                head.add(line);
                if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                    length = Integer.parseInt(
                            line.substring(line.indexOf(':') + 1).strip());
                }
            }
            return head.isEmpty() ? null : new Message(head, exactly(in, length));
        }

        void write(OutputStream out) throws IOException {
            StringBuilder text = new StringBuilder();
            for (String line : head) {
                boolean isLength = line.toLowerCase(Locale.ROOT).startsWith("content-length:");
                text.append(isLength ? "content-length: " + body.length : line).append("\r\n");
            }
            out.write(utf8(text + "\r\n"));
            out.write(body);
            out.flush();
        }

        boolean sends() {
            return head.stream().anyMatch(line -> line.endsWith("AmazonSQS.SendMessageBatch"));
        }
    }

    @Override
    void serve(Socket client, Socket server) throws IOException {
        InputStream requests = new BufferedInputStream(client.getInputStream());
        InputStream answers = new BufferedInputStream(server.getInputStream());
        for (Message request = Message.read(requests); request != null; request = Message.read(requests)) {
            Message answer = request.sends() ? sent(request, server, answers) : passed(request, server, answers);
            answer.write(client.getOutputStream());
        }
    }

    private static Message passed(Message request, Socket server, InputStream answers) throws IOException {
        request.write(server.getOutputStream());
        Message answer = Message.read(answers);
        if (answer == null) {
            throw new IOException("the server hung up");
        }
        return answer;
    }

    private Message sent(Message request, Socket server, InputStream answers) throws IOException {
        ObjectNode sent = (ObjectNode) JSON.readTree(request.body);
        requests.add(sent.deepCopy());
        check((ArrayNode) sent.get("Entries"));
        Refusal whole = refusal;
        if (whole != null && sent.get("Entries").size() >= whole.of) {
            return refused(whole);
        }
        ArrayNode failed = JSON.createArrayNode();
        ArrayNode left = JSON.createArrayNode();
        Set<String> forgottenIds = new HashSet<>();
        for (JsonNode entry : sent.get("Entries")) {
            String label = label(entry);
            Behaviour behaviour = behaviour(label);
            if (behaviour == Behaviour.ACCEPT) {
                left.add(entry);
                if (label.equals(forgotten)) {
                    forgottenIds.add(entry.get("Id").asText());
                }
            } else {
                boolean good = behaviour == Behaviour.REFUSE_FOR_GOOD;
                failed.addObject()
                        .put("Id", entry.get("Id").asText())
                        .put("SenderFault", good)
                        .put("Code", good ? "InvalidMessageContents" : "ServiceUnavailable")
                        .put("Message", "hunter2");
            }
        }
        if (left.isEmpty()) {
            return answer(200, JSON.createObjectNode().set("Failed", failed));
        }
        sent.set("Entries", left);
        Message answer = passed(new Message(request.head, JSON.writeValueAsBytes(sent)), server, answers);
        JsonNode body = JSON.readTree(answer.body);
        if (!body.has("Successful")) {
            return answer;
        }
        ArrayNode successful = JSON.createArrayNode();
        body.get("Successful").forEach(entry -> {
            if (!forgottenIds.contains(entry.get("Id").asText())) {
                successful.add(entry);
            }
        });
        body.path("Failed").forEach(failed::add);
        ObjectNode merged = JSON.createObjectNode();
        merged.set("Successful", successful);
        merged.set("Failed", failed);
        return answer(200, merged);
    }

    private static Message refused(Refusal whole) throws IOException {
        Message answer = answer(
                whole.status,
                JSON.createObjectNode()
                        .put("__type", "com.amazonaws.sqs#" + whole.code)
                        .put("message", "hunter2"));
        answer.head.add("x-amzn-query-error: AWS.SimpleQueueService." + whole.code + ";Sender");
        return answer;
    }

    private static Message answer(int status, JsonNode body) throws IOException {
        List<String> head = new ArrayList<>(List.of(
                "HTTP/1.1 " + status + " Text", "content-type: application/x-amz-json-1.0", "content-length: 0"));
        return new Message(head, JSON.writeValueAsBytes(body));
    }

    /** What the server would not say of itself. */
    private void check(ArrayNode entries) {
        Set<String> groups = new HashSet<>();
        Set<String> ids = new HashSet<>();
        int bytes = 0;
        for (JsonNode entry : entries) {
            if (!ids.add(entry.get("Id").asText())) {
                broken.add("two entries have one id");
            }
            if (entry.has("MessageGroupId")
                    && !groups.add(entry.get("MessageGroupId").asText())) {
                broken.add("two of one group are in a request");
            }
            bytes += utf8(entry.get("MessageBody").asText()).length
                    + "contentTypeStringapplication/cloudevents+json".length();
        }
        if (entries.size() > 10 || bytes > MOST_BYTES) {
            broken.add(entries.size() + " entries have " + bytes + " bytes");
        }
    }

    private static String label(JsonNode entry) {
        return Events.label(
                CloudEventsJson.read(entry.get("MessageBody").asText().getBytes(StandardCharsets.UTF_8)));
    }

    /** All requests are refused from now on that have so many entries. */
    void refuse(@Nullable Refusal whole) {
        refusal = whole;
    }

    /** This event is stored, and not in the answer. */
    void forget(String event) {
        forgotten = event;
    }

    /** The requests that have sent something, as they came. */
    List<JsonNode> requests() {
        assertThat(broken).as("what SQS forbids").isEmpty();
        return requests;
    }

    /** Of all requests. */
    List<JsonNode> entries() {
        List<JsonNode> entries = new ArrayList<>();
        requests().forEach(request -> request.get("Entries").forEach(entries::add));
        return entries;
    }

    SqsReader reader() {
        return reader;
    }

    /** As another client receives it. */
    @Override
    public List<Envelope> accepted() {
        assertThat(broken).as("what SQS forbids").isEmpty();
        return reader.events();
    }
}
