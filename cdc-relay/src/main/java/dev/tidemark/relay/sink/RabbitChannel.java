package dev.tidemark.relay.sink;

import com.rabbitmq.client.BlockedListener;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Return;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A channel with a connection of its own; both end together. Lanes hand publications over, and one thread writes them:
 * a channel is not for many at once, and a write to a server that stands still waits without heeding interrupts.
 *
 * <p>A channel on which nothing is confirmed is kept at first. A server that was frozen then carries out what it got
 * before whatever is sent later, and nothing old comes last.
 */
final class RabbitChannel {

    private static final int CLOSE_MILLIS = 2_000;

    private final Connection connection;
    private final Channel channel;
    private final @Nullable Socket socket;
    private final BlockingQueue<RabbitPublication> waiting = new LinkedBlockingQueue<>();
    private final RabbitUnconfirmed unconfirmed;
    private final Thread writer = RabbitLink.daemon(this::write, "rabbitmq-sink-publish");
    private final AtomicReference<@Nullable Throwable> ended = new AtomicReference<>();

    private RabbitChannel(
            Connection connection, Channel channel, @Nullable Socket socket, RabbitUnconfirmed unconfirmed) {
        this.connection = connection;
        this.channel = channel;
        this.socket = socket;
        this.unconfirmed = unconfirmed;
    }

    /**
     * Connects, makes what is to be made, and is ready to publish.
     *
     * @param nanoTime by which it is told that nothing is confirmed any more
     * @throws CompletionException if it cannot
     */
    static RabbitChannel open(RabbitSink.Settings settings, LongSupplier nanoTime) {
        AtomicReference<@Nullable Socket> socket = new AtomicReference<>();
        Connection connection = null;
        try {
            ConnectionFactory factory = RabbitProperties.factory(settings);
            // the one that is there looks at the name in the certificate
            factory.setSocketConfigurator(factory.getSocketConfigurator().andThen(socket::set));
            connection = factory.newConnection("tidemark");
            if (settings.making() != null) {
                RabbitTopology.make(connection, settings.exchange(), settings.making());
            }
            Channel channel = connection.createChannel();
            RabbitUnconfirmed unconfirmed = new RabbitUnconfirmed(settings.timeout(), nanoTime);
            RabbitChannel made = new RabbitChannel(connection, channel, socket.get(), unconfirmed);
            made.begin();
            return made;
        } catch (IOException | TimeoutException | RuntimeException e) {
            if (connection != null) {
                connection.abort(CLOSE_MILLIS);
            }
            throw new CompletionException(e);
        }
    }

    private void begin() throws IOException {
        connection.addBlockedListener(new BlockedListener() {
            @Override
            public void handleBlocked(String reason) {
                unconfirmed.block(new RabbitOutcome.Blocked(reason));
            }

            @Override
            public void handleUnblocked() {
                unconfirmed.unblock();
            }
        });
        channel.addReturnListener(this::returned);
        channel.addConfirmListener(
                (tag, multiple) -> unconfirmed.settle(tag, multiple, RabbitPublication.Answer.CONFIRMED),
                (tag, multiple) -> unconfirmed.settle(tag, multiple, RabbitPublication.Answer.REFUSED));
        channel.confirmSelect();
        channel.addShutdownListener(this::end);
        writer.start();
    }

    /** A message that was returned is confirmed too, behind that: nothing may be confirmed whose return is not known. */
    private void returned(Return message) {
        if (!unconfirmed.returned(message.getProperties().getMessageId(), message.getReplyCode())) {
            end(new IOException("a message came back that is not known"));
        }
    }

    boolean hasEnded() {
        return ended.get() != null;
    }

    /** Why the server takes nothing for now, such as for want of memory or disk space; null if it does. */
    @Nullable
    Throwable blocked() {
        return unconfirmed.blocked();
    }

    /** Hands it over; it is written if nobody has given it up before. */
    void publish(RabbitPublication publication) {
        waiting.add(publication);
        Throwable why = ended.get();
        if (why != null) { // the writer may be gone already
            publication.end(why);
        }
    }

    private void write() {
        try {
            while (ended.get() == null) {
                RabbitPublication next = waiting.take();
                if (!next.isDone()) {
                    write(next);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the channel has ended
        } finally {
            // whatever the cause: nobody waits in vain for a writer that is gone
            end(new IOException("nothing is written any more"));
        }
    }

    private void write(RabbitPublication next) {
        if (!unconfirmed.add(channel.getNextPublishSeqNo(), next)) {
            return;
        }
        try {
            next.writeTo(channel);
        } catch (IllegalArgumentException e) {
            next.end(e);
            // the client has counted it, the server has not: tags would mean other messages from here on
            end(new IOException("the client could not send a message"));
        } catch (IOException | RuntimeException e) {
            end(e);
        }
    }

    /** Nothing was confirmed in time. */
    void unanswered() {
        if (unconfirmed.isHopeless()) {
            end(new TimeoutException("nothing is confirmed"));
        }
    }

    /** Idempotent; the first reason is the one that counts. */
    private void end(Throwable why) {
        if (!ended.compareAndSet(null, why)) {
            return;
        }
        RabbitOutcome.culprits(why, unconfirmed.all()).forEach(RabbitPublication::endAsTooLarge);
        unconfirmed.end(why);
        List<RabbitPublication> unwritten = new ArrayList<>();
        waiting.drainTo(unwritten);
        unwritten.forEach(publication -> publication.end(why));
        if (!connection.isOpen()) {
            hangUp(); // the client itself may wait for a write that goes on
        }
        writer.interrupt();
    }

    /** Without a word, and without what is still to be written. */
    private void hangUp() {
        Socket open = socket;
        if (open == null) {
            return;
        }
        try {
            open.setSoLinger(true, 0);
            open.close();
        } catch (IOException e) {
            // it is closed already
        }
    }

    /**
     * Takes leave: the server answers that when it has dealt with all that came before, so nothing of it comes behind
     * what is sent over the next connection. Idempotent; takes a few seconds at most.
     */
    void close() {
        end(new IOException("closed"));
        // a write that stands still would hold up the leave
        CompletableFuture.delayedExecutor(CLOSE_MILLIS, TimeUnit.MILLISECONDS).execute(this::hangUp);
        connection.abort(CLOSE_MILLIS);
        hangUp();
    }
}
