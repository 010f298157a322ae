package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsNats;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Broker;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Speaks the protocol of NATS: both directions at once, in lines, some with a payload behind them. */
final class NatsDestination extends BrokerDestination {

    static final String STREAM = "EVENTS";

    NatsDestination(Broker broker) {
        super(broker);
    }

    /** Makes the stream that the tests publish to, which takes {@code events.>}. */
    static Broker withStream(Broker broker) {
        return withStream(broker, StreamConfiguration.builder());
    }

    static Broker withStream(Broker broker, StreamConfiguration.Builder stream) {
        manage(
                broker,
                management -> management.addStream(
                        stream.name(STREAM).subjects("events.>").build()));
        return broker;
    }

    @Override
    void serve(Socket client, Socket server) throws IOException {
        InputStream requests = new BufferedInputStream(client.getInputStream());
        InputStream answers = new BufferedInputStream(server.getInputStream());
        OutputStream toServer = new BufferedOutputStream(server.getOutputStream());
        OutputStream toClient = new BufferedOutputStream(client.getOutputStream());
        start(() -> passAnswers(client, answers, toClient));
        Map<String, String> inboxes = new HashMap<>(); // by subject without its last part, the id
        for (String line = line(requests); !line.isEmpty(); line = line(requests)) {
            String[] words = line.split(" ", -1);
            byte[] rest = rest(words, "PUB", "HPUB", requests);
            if (words[0].equals("SUB")) {
                inboxes.put(withoutLast(words[1]), words[words.length - 1]);
            }
            Behaviour behaviour = words[0].equals("HPUB") ? behaviour(label(words, rest)) : Behaviour.ACCEPT;
            if (behaviour == Behaviour.ACCEPT) {
                write(line, rest, toServer);
            } else {
                int code = behaviour == Behaviour.REFUSE_FOR_NOW ? 10077 : 10054;
                byte[] json = utf8("{\"error\":{\"code\":400,\"err_code\":" + code + ",\"description\":\"refused\"}}");
                String id = String.valueOf(inboxes.get(withoutLast(words[2])));
                write("MSG " + words[2] + " " + id + " " + json.length, crlf(json), toClient);
            }
        }
    }

    private static void passAnswers(Socket client, InputStream answers, OutputStream toClient) {
        try (client) {
            for (String line = line(answers); !line.isEmpty(); line = line(answers)) {
                write(line, rest(line.split(" ", -1), "MSG", "HMSG", answers), toClient);
            }
        } catch (IOException e) {
            // one of the two has hung up
        }
    }

    /** The payload behind a line, with its line end; empty if there is none. */
    private static byte[] rest(String[] words, String plain, String withHeaders, InputStream in) throws IOException {
        boolean hasPayload = words[0].equals(plain) || words[0].equals(withHeaders);
        return hasPayload ? exactly(in, Integer.parseInt(words[words.length - 1]) + 2) : new byte[0];
    }

    private static void write(String line, byte[] rest, OutputStream out) throws IOException {
        synchronized (out) { // a refusal must not get into the middle of another message
            out.write(utf8(line + "\r\n"));
            out.write(rest);
            out.flush();
        }
    }

    private static byte[] crlf(byte[] payload) {
        byte[] longer = Arrays.copyOf(payload, payload.length + 2);
        longer[payload.length] = '\r';
        longer[payload.length + 1] = '\n';
        return longer;
    }

    /** HPUB subject reply header-length length. */
    private static String label(String[] words, byte[] rest) {
        int headerLength = Integer.parseInt(words[3]);
        int length = Integer.parseInt(words[4]);
        Map<String, List<String>> headers = new LinkedHashMap<>();
        String head = new String(rest, 0, headerLength, StandardCharsets.US_ASCII);
        head.lines().skip(1).filter(line -> !line.isEmpty()).forEach(line -> {
            int colon = line.indexOf(':');
            headers.put(line.substring(0, colon), List.of(line.substring(colon + 1)));
        });
        return Events.label(CloudEventsNats.read(headers, Arrays.copyOfRange(rest, headerLength, length)));
    }

    private static String withoutLast(String subject) {
        return subject.substring(0, subject.lastIndexOf('.') + 1);
    }

    /** As another client reads it. */
    @Override
    public List<Envelope> accepted() {
        List<Envelope> events = new ArrayList<>();
        manage(broker(), management -> {
            long count = management.getStreamInfo(STREAM).getStreamState().getLastSequence();
            for (long sequence = 1; sequence <= count; sequence++) {
                events.add(read(management.getMessage(STREAM, sequence)));
            }
        });
        return events;
    }

    /** Under which the messages are stored, in their order. */
    List<String> subjects() {
        List<String> subjects = new ArrayList<>();
        manage(broker(), management -> {
            long count = management.getStreamInfo(STREAM).getStreamState().getLastSequence();
            for (long sequence = 1; sequence <= count; sequence++) {
                subjects.add(
                        String.valueOf(management.getMessage(STREAM, sequence).getSubject()));
            }
        });
        return subjects;
    }

    private static Envelope read(MessageInfo message) {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        Headers all = message.getHeaders();
        if (all != null) {
            all.forEach(headers::put);
        }
        byte[] data = message.getData();
        return CloudEventsNats.read(headers, data == null ? new byte[0] : data);
    }

    /** The headers of the last message, as they are stored. */
    Headers lastHeaders() {
        List<Headers> found = new ArrayList<>();
        manage(broker(), management -> {
            long last = management.getStreamInfo(STREAM).getStreamState().getLastSequence();
            found.add(management.getMessage(STREAM, last).getHeaders());
        });
        return found.get(0);
    }

    /** Something to do with the streams of a server. */
    private interface Work {
        void doWith(JetStreamManagement management) throws IOException, JetStreamApiException;
    }

    private static void manage(Broker broker, Work work) {
        try {
            Connection connection = Nats.connect(broker.uri().toString());
            try {
                work.doWith(connection.jetStreamManagement());
            } finally {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot ask NATS", e);
        } catch (JetStreamApiException e) {
            throw new IllegalStateException("JetStream refuses", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while NATS was asked", e);
        }
    }
}
