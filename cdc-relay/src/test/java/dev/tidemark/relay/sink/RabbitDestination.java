package dev.tidemark.relay.sink;

import static java.util.Objects.requireNonNull;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.impl.AMQCommand;
import com.rabbitmq.client.impl.Frame;
import com.rabbitmq.client.impl.Method;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Broker;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Speaks AMQP 0-9-1: both directions at once, in frames. A message that is refused does not get to the server, which
 * then counts fewer than the client; the numbers in its confirms are put right.
 */
final class RabbitDestination extends BrokerDestination {

    private static final int PROTOCOL_HEADER_BYTES = 8;
    private static final int METHOD = 1;

    private final String queue;
    private final List<Envelope> taken = new ArrayList<>();
    private final Map<String, Reply> replies = new ConcurrentHashMap<>();
    private final Set<String> swallowed = ConcurrentHashMap.newKeySet();
    private final Set<String> held = ConcurrentHashMap.newKeySet();
    private final CountDownLatch released = new CountDownLatch(1);
    private final Semaphore arrived = new Semaphore(0);
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger leaves = new AtomicInteger();
    private volatile @Nullable Confirms newest;

    RabbitDestination(Broker broker, String queue) {
        super(broker);
        this.queue = queue;
    }

    /** What a reply code is about. */
    enum About {
        MESSAGE,
        CHANNEL,
        CONNECTION
    }

    private record Reply(About about, int code) {}

    /** From now on this event has such an answer, which ends the channel or connection unless it is about the message. */
    void answer(String event, About about, int code) {
        replies.put(event, new Reply(about, code));
    }

    /** From now on this event gets no answer, and does not get to the server; others do. */
    void swallow(String event) {
        swallowed.add(event);
    }

    /** From now on this event and what comes behind it over the same connection wait for {@link #release}. */
    void hold(String event) {
        held.add(event);
    }

    void release() {
        released.countDown();
    }

    /** Waits until one more event has arrived that is swallowed or held. */
    void awaitArrival() throws InterruptedException {
        arrived.acquire();
    }

    int connections() {
        return connections.get();
    }

    /** How many clients have said that they go. */
    int leaves() {
        return leaves.get();
    }

    /** Says that the server takes nothing now. */
    void block(String reason) throws IOException {
        tell(new AMQP.Connection.Blocked.Builder().reason(reason).build());
    }

    void unblock() throws IOException {
        tell(new AMQP.Connection.Unblocked.Builder().build());
    }

    private void tell(com.rabbitmq.client.Method method) throws IOException {
        requireNonNull(newest, "nobody has connected").pass(((Method) method).toFrame(0));
    }

    /** What a client sends over a channel, until it is a whole command. */
    private record Begun(AMQCommand command, List<Frame> frames) {}

    @Override
    void serve(Socket client, Socket server) throws IOException {
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        DataInputStream requests = new DataInputStream(new BufferedInputStream(client.getInputStream()));
        DataOutputStream toServer = new DataOutputStream(new BufferedOutputStream(server.getOutputStream()));
        toServer.write(exactly(requests, PROTOCOL_HEADER_BYTES));
        toServer.flush();
        Confirms confirms = new Confirms(new DataOutputStream(new BufferedOutputStream(client.getOutputStream())));
        newest = confirms;
        connections.incrementAndGet();
        start(() -> passAnswers(client, server, confirms));
        Map<Integer, Begun> begun = new HashMap<>();
        while (true) {
            Frame frame = frame(requests);
            int number = frame.getChannel();
            if (number == 0) {
                leaves.addAndGet(isLeave(frame) ? 1 : 0);
                write(List.of(frame), toServer);
                continue;
            }
            if (confirms.isOver()) {
                continue; // the server does not know that it has closed the channel
            }
            Begun command = begun.computeIfAbsent(number, none -> new Begun(new AMQCommand(), new ArrayList<>()));
            command.frames.add(frame);
            if (command.command.handleFrame(frame)) {
                begun.remove(number);
                if (!(command.command.getMethod() instanceof AMQP.Basic.Publish) || isAccepted(command, confirms)) {
                    write(command.frames, toServer);
                }
            }
        }
    }

    private static boolean isLeave(Frame frame) throws IOException {
        AMQCommand command = new AMQCommand();
        return frame.getType() == METHOD
                && command.handleFrame(frame)
                && command.getMethod() instanceof AMQP.Connection.Close;
    }

    private boolean isAccepted(Begun message, Confirms confirms) throws IOException {
        AMQP.BasicProperties properties = (AMQP.BasicProperties) message.command.getContentHeader();
        String event = Events.label(RabbitReader.event(properties, message.command.getContentBody()));
        int channel = message.frames.get(0).getChannel();
        if (held.contains(event)) {
            arrived.release();
            awaitRelease();
        }
        Reply reply = replies.remove(event);
        if (reply != null) {
            give(reply, message, confirms);
            return false;
        }
        if (swallowed.contains(event)) {
            confirms.swallow();
            arrived.release();
            return false;
        }
        Behaviour behaviour = behaviour(event);
        switch (behaviour) {
            case ACCEPT -> confirms.passedOn();
            case REFUSE_FOR_NOW -> confirms.refuse(channel);
            case REFUSE_FOR_GOOD -> give(new Reply(About.MESSAGE, AMQP.NO_ROUTE), message, confirms);
        }
        return behaviour == Behaviour.ACCEPT;
    }

    private void awaitRelease() {
        try {
            released.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void give(Reply reply, Begun message, Confirms confirms) throws IOException {
        int channel = message.frames.get(0).getChannel();
        String text = "CODE - that of the test";
        switch (reply.about) {
            case MESSAGE -> {
                AMQP.Basic.Publish publish = (AMQP.Basic.Publish) message.command.getMethod();
                Method returning = (Method) new AMQP.Basic.Return.Builder()
                        .replyCode(reply.code)
                        .replyText(text)
                        .exchange(publish.getExchange())
                        .routingKey(publish.getRoutingKey())
                        .build();
                List<Frame> frames = new ArrayList<>(message.frames);
                frames.set(0, returning.toFrame(channel));
                confirms.giveBack(channel, frames);
            }
            case CHANNEL ->
                confirms.finish(((Method) new AMQP.Channel.Close.Builder()
                                .replyCode(reply.code)
                                .replyText(text)
                                .build())
                        .toFrame(channel));
            case CONNECTION ->
                confirms.finish(((Method) new AMQP.Connection.Close.Builder()
                                .replyCode(reply.code)
                                .replyText(text)
                                .build())
                        .toFrame(0));
        }
    }

    private static void passAnswers(Socket client, Socket server, Confirms confirms) {
        try (client) {
            DataInputStream answers = new DataInputStream(new BufferedInputStream(server.getInputStream()));
            while (true) {
                Frame frame = frame(answers);
                AMQCommand command = new AMQCommand();
                boolean whole = frame.getType() == METHOD && command.handleFrame(frame);
                if (whole && command.getMethod() instanceof AMQP.Basic.Ack ack) {
                    confirms.translate(frame.getChannel(), ack.getDeliveryTag(), ack.getMultiple(), true);
                } else if (whole && command.getMethod() instanceof AMQP.Basic.Nack nack) {
                    confirms.translate(frame.getChannel(), nack.getDeliveryTag(), nack.getMultiple(), false);
                } else {
                    confirms.pass(frame);
                }
            }
        } catch (IOException e) {
            // one of the two has hung up
        }
    }

    /** The way to the client of one connection, and how both ends count the messages of its only channel with any. */
    private static final class Confirms {

        private final DataOutputStream toClient;
        private final List<Long> passedOn = new ArrayList<>(); // by the server's number less 1, the client's
        private long last;
        private int confirmed;
        private boolean over;

        private Confirms(DataOutputStream toClient) {
            this.toClient = toClient;
        }

        synchronized void passedOn() {
            passedOn.add(++last);
        }

        synchronized void swallow() {
            last++;
        }

        synchronized void finish(Frame closing) throws IOException {
            over = true;
            write(List.of(closing), toClient);
        }

        synchronized boolean isOver() {
            return over;
        }

        synchronized void refuse(int channel) throws IOException {
            write(List.of(answer(++last, false).toFrame(channel)), toClient);
        }

        synchronized void giveBack(int channel, List<Frame> frames) throws IOException {
            write(frames, toClient);
            write(List.of(answer(++last, true).toFrame(channel)), toClient);
        }

        synchronized void pass(Frame frame) throws IOException {
            write(List.of(frame), toClient);
        }

        synchronized void translate(int channel, long tag, boolean multiple, boolean positive) throws IOException {
            for (int i = multiple ? confirmed : (int) tag - 1; i < tag; i++) {
                write(List.of(answer(passedOn.get(i), positive).toFrame(channel)), toClient);
            }
            confirmed = multiple ? (int) tag : confirmed; // one that is confirmed twice does no harm
        }

        private static Method answer(long tag, boolean positive) {
            return positive
                    ? (Method) new AMQP.Basic.Ack.Builder().deliveryTag(tag).build()
                    : (Method) new AMQP.Basic.Nack.Builder().deliveryTag(tag).build();
        }
    }

    private static Frame frame(DataInputStream in) throws IOException {
        return Frame.readFrom(in, () -> Integer.MAX_VALUE);
    }

    private static void write(List<Frame> frames, DataOutputStream out) throws IOException {
        for (Frame frame : frames) {
            byte[] payload = frame.getPayload();
            out.writeByte(frame.getType());
            out.writeShort(frame.getChannel());
            out.writeInt(payload.length);
            out.write(payload);
            out.writeByte(AMQP.FRAME_END);
        }
        out.flush();
    }

    /** As another client reads it, which takes it out of the queue. */
    @Override
    public synchronized List<Envelope> accepted() {
        taken.addAll(RabbitReader.events(broker(), queue));
        return List.copyOf(taken);
    }
}
