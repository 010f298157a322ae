package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsKafka;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Broker;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.requests.ResponseHeader;
import org.jspecify.annotations.Nullable;

/**
 * Speaks the protocol of Kafka: messages with their length before them, answered in the order of the requests. Where
 * a broker says its address, that of the proxy is put in.
 */
final class KafkaDestination extends BrokerDestination {

    private final String topic;
    private final AtomicReference<@Nullable String> held = new AtomicReference<>();
    private final CompletableFuture<byte[]> heldRequest = new CompletableFuture<>();
    private volatile Errors refusalForNow = Errors.TOPIC_AUTHORIZATION_FAILED;
    private volatile List<String> besideTheRefused = List.of();

    KafkaDestination(Broker broker, String topic) {
        super(broker);
        this.topic = topic;
    }

    /** An answer that is due: read from the server, or made here. */
    private record Due(RequestHeader request, @Nullable ByteBuffer made) {}

    @Override
    void serve(Socket client, Socket server) throws IOException {
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        DataInputStream requests = new DataInputStream(new BufferedInputStream(client.getInputStream()));
        DataOutputStream toServer = new DataOutputStream(server.getOutputStream());
        BlockingQueue<Due> due = new LinkedBlockingQueue<>();
        start(() -> answer(client, server, due));
        while (true) {
            byte[] message = exactly(requests, requests.readInt());
            ByteBuffer buffer = ByteBuffer.wrap(message);
            RequestHeader header = RequestHeader.parse(buffer);
            @Nullable ByteBuffer refusal = null;
            if (header.apiKey() == ApiKeys.PRODUCE) {
                ProduceRequest produce = ProduceRequest.parse(new ByteBufferAccessor(buffer), header.apiVersion());
                List<String> labels = labels(produce.data());
                @Nullable String first = held.get();
                if (first != null && labels.contains(first)) {
                    heldRequest.complete(message);
                    requests.transferTo(OutputStream.nullOutputStream()); // and nothing gets through behind it
                    return;
                }
                refusal = refusal(header, produce.data(), labels);
            }
            due.add(new Due(header, refusal));
            if (refusal == null) {
                write(ByteBuffer.wrap(message), toServer);
            }
        }
    }

    private void answer(Socket client, Socket server, BlockingQueue<Due> due) {
        try (client) {
            DataInputStream answers = new DataInputStream(new BufferedInputStream(server.getInputStream()));
            DataOutputStream toClient = new DataOutputStream(client.getOutputStream());
            while (true) {
                Due next = due.take();
                ByteBuffer made = next.made;
                write(
                        made != null ? made : withOurAddress(next.request, exactly(answers, answers.readInt())),
                        toClient);
            }
        } catch (IOException e) {
            // one of the two has hung up
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Null if the server is to have it. */
    private @Nullable ByteBuffer refusal(RequestHeader header, ProduceRequestData request, List<String> labels)
            throws IOException {
        for (int i = 0; i < labels.size(); i++) {
            Behaviour behaviour = behaviour(labels.get(i));
            if (behaviour != Behaviour.ACCEPT) {
                List<String> others = new ArrayList<>(labels);
                others.remove(i);
                besideTheRefused = others;
                Errors error = behaviour == Behaviour.REFUSE_FOR_NOW
                        ? refusalForNow
                        : others.isEmpty() ? Errors.MESSAGE_TOO_LARGE : Errors.INVALID_RECORD;
                return refusal(header, request, error, others.isEmpty() ? -1 : i);
            }
        }
        return null;
    }

    /** @param culprit the index of the record that is refused, among others; -1 if it is alone */
    private static ByteBuffer refusal(RequestHeader header, ProduceRequestData request, Errors error, int culprit) {
        ProduceResponseData response = new ProduceResponseData();
        for (ProduceRequestData.TopicProduceData topic : request.topicData()) {
            for (ProduceRequestData.PartitionProduceData partition : topic.partitionData()) {
                ProduceResponseData.PartitionProduceResponse refused =
                        new ProduceResponseData.PartitionProduceResponse()
                                .setIndex(partition.index())
                                .setErrorCode(error.code())
                                .setBaseOffset(-1);
                if (culprit >= 0) {
                    refused.setRecordErrors(List.of(new ProduceResponseData.BatchIndexAndErrorMessage()
                            .setBatchIndex(culprit)
                            .setBatchIndexErrorMessage("no good")));
                }
                response.responses()
                        .add(new ProduceResponseData.TopicProduceResponse()
                                .setName(topic.name())
                                .setTopicId(topic.topicId())
                                .setPartitionResponses(List.of(refused)));
            }
        }
        return message(header, response);
    }

    private ByteBuffer withOurAddress(RequestHeader request, byte[] message) {
        if (request.apiKey() != ApiKeys.METADATA && request.apiKey() != ApiKeys.DESCRIBE_CLUSTER) {
            return ByteBuffer.wrap(message);
        }
        ByteBuffer buffer = ByteBuffer.wrap(message);
        ResponseHeader.parse(buffer, request.apiKey().responseHeaderVersion(request.apiVersion()));
        ApiMessage answer = AbstractResponse.parseResponse(
                        request.apiKey(), new ByteBufferAccessor(buffer), request.apiVersion())
                .data();
        if (answer instanceof MetadataResponseData metadata) {
            metadata.brokers().forEach(node -> node.setHost(host()).setPort(port()));
        } else if (answer instanceof DescribeClusterResponseData cluster) {
            cluster.brokers().forEach(node -> node.setHost(host()).setPort(port()));
        }
        return message(request, answer);
    }

    private String host() {
        return place().substring(0, place().indexOf(':'));
    }

    private int port() {
        return Integer.parseInt(place().substring(place().indexOf(':') + 1));
    }

    private static ByteBuffer message(RequestHeader request, ApiMessage answer) {
        short headerVersion = request.apiKey().responseHeaderVersion(request.apiVersion());
        ResponseHeader header = new ResponseHeader(request.correlationId(), headerVersion);
        return RequestUtils.serialize(header.data(), headerVersion, answer, request.apiVersion());
    }

    private static void write(ByteBuffer message, DataOutputStream out) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate(Integer.BYTES + message.remaining());
        whole.putInt(message.remaining()).put(message);
        out.write(whole.array());
        out.flush();
    }

    private static List<String> labels(ProduceRequestData request) {
        List<String> labels = new ArrayList<>();
        for (ProduceRequestData.TopicProduceData topic : request.topicData()) {
            for (ProduceRequestData.PartitionProduceData partition : topic.partitionData()) {
                for (Record written : ((MemoryRecords) partition.records()).records()) {
                    ByteBuffer value = written.value();
                    labels.add(Events.label(read(written.headers(), value == null ? null : exactBytes(value))));
                }
            }
        }
        return labels;
    }

    private static byte[] exactBytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    static Envelope read(Header[] headers, byte @Nullable [] value) {
        Map<String, List<byte[]>> lists = new LinkedHashMap<>();
        for (Header header : headers) {
            lists.computeIfAbsent(header.key(), name -> new ArrayList<>()).add(header.value());
        }
        return CloudEventsKafka.read(lists, value);
    }

    /** With what events are refused that are refused for now. */
    void refuseForNowWith(Errors error) {
        refusalForNow = error;
    }

    /** Requests with this event, and all behind them, get stuck on their way; of the first, see {@link #releaseHeld}. */
    void hold(String event) {
        held.set(event);
    }

    /** What is sent from now on gets through; waits until something is stuck. */
    void holdNoMore() {
        heldRequest.join();
        held.set(null);
    }

    /** The first that got stuck reaches the server, over a connection of its own; returns the server's answer. */
    Errors releaseHeld() throws IOException {
        byte[] message = heldRequest.join();
        RequestHeader header = RequestHeader.parse(ByteBuffer.wrap(message));
        try (Socket socket = new Socket(broker().host(), broker().port())) {
            write(ByteBuffer.wrap(message), new DataOutputStream(socket.getOutputStream()));
            DataInputStream answers = new DataInputStream(socket.getInputStream());
            ByteBuffer answer = ByteBuffer.wrap(exactly(answers, answers.readInt()));
            ResponseHeader.parse(answer, header.apiKey().responseHeaderVersion(header.apiVersion()));
            ApiMessage data = AbstractResponse.parseResponse(
                            ApiKeys.PRODUCE, new ByteBufferAccessor(answer), header.apiVersion())
                    .data();
            Optional<ProduceResponseData.TopicProduceResponse> topicAnswer =
                    ((ProduceResponseData) data).responses().stream().findFirst();
            return Errors.forCode(
                    topicAnswer.orElseThrow().partitionResponses().get(0).errorCode());
        }
    }

    /** The events that were in one batch with the last one that was refused. */
    List<String> besideTheRefused() {
        return besideTheRefused;
    }

    /** As another client reads it. */
    @Override
    public List<Envelope> accepted() {
        return KafkaReader.events(broker(), topic);
    }
}
