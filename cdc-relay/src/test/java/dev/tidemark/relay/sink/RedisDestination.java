package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsRedis;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Broker;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Speaks RESP, one command after the other. */
final class RedisDestination extends BrokerDestination {

    static final String STREAM = "events:order";

    RedisDestination(Broker broker) {
        super(broker);
    }

    @Override
    void serve(Socket client, Socket server) throws IOException {
        InputStream requests = new BufferedInputStream(client.getInputStream());
        InputStream answers = new BufferedInputStream(server.getInputStream());
        OutputStream toServer = new BufferedOutputStream(server.getOutputStream());
        OutputStream toClient = new BufferedOutputStream(client.getOutputStream());
        for (List<byte[]> command = command(requests); !command.isEmpty(); command = command(requests)) {
            switch (behaviour(command)) {
                case ACCEPT -> {
                    write(command, toServer);
                    copyAnswer(answers, toClient);
                }
                case REFUSE_FOR_NOW -> toClient.write(utf8("-NOPERM this user may not\r\n"));
                case REFUSE_FOR_GOOD -> toClient.write(utf8("-WRONGTYPE the wrong kind of value\r\n"));
            }
            toClient.flush();
        }
    }

    private Behaviour behaviour(List<byte[]> command) throws IOException {
        if (!new String(command.get(0), StandardCharsets.US_ASCII).equals("XADD")) {
            return Behaviour.ACCEPT;
        }
        Map<String, byte[]> fields = new LinkedHashMap<>();
        for (int i = 3; i < command.size(); i += 2) { // behind XADD, key and *
            fields.put(new String(command.get(i), StandardCharsets.UTF_8), command.get(i + 1));
        }
        return behaviour(Events.label(CloudEventsRedis.read(fields)));
    }

    /** Empty if there is none any more. */
    private static List<byte[]> command(InputStream in) throws IOException {
        String head = line(in);
        List<byte[]> words = new ArrayList<>();
        for (int i = head.isEmpty() ? 0 : Integer.parseInt(head.substring(1)); i > 0; i--) {
            words.add(exactly(in, Integer.parseInt(line(in).substring(1))));
            line(in);
        }
        return words;
    }

    private static void write(List<byte[]> command, OutputStream out) throws IOException {
        out.write(utf8("*" + command.size() + "\r\n"));
        for (byte[] word : command) {
            out.write(utf8("$" + word.length + "\r\n"));
            out.write(word);
            out.write(utf8("\r\n"));
        }
        out.flush();
    }

    private static void copyAnswer(InputStream from, OutputStream to) throws IOException {
        String head = line(from);
        if (head.isEmpty()) {
            throw new EOFException("the server has hung up");
        }
        to.write(utf8(head + "\r\n"));
        int count = "$*%".indexOf(head.charAt(0)) < 0 ? 0 : Integer.parseInt(head.substring(1));
        if (head.charAt(0) == '$' && count >= 0) {
            to.write(exactly(from, count + 2));
        } else {
            for (int i = head.charAt(0) == '%' ? 2 * count : count; i > 0; i--) {
                copyAnswer(from, to);
            }
        }
    }

    /** Sends one command to the server itself. */
    void command(String... words) {
        try (Socket server = new Socket(broker().host(), broker().port())) {
            write(Stream.of(words).map(BrokerDestination::utf8).toList(), server.getOutputStream());
            line(server.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot ask Redis", e);
        }
    }

    /** As another client reads it. */
    @Override
    public List<Envelope> accepted() {
        RedisClient client = RedisClient.create(broker().uri().toString());
        try {
            RedisCodec<String, byte[]> codec = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
            return client.connect(codec).sync().xrange(STREAM, Range.unbounded()).stream()
                    .map(StreamMessage::getBody)
                    .map(CloudEventsRedis::read)
                    .toList();
        } finally {
            client.shutdown();
        }
    }
}
