package dev.tidemark.sample.demo;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.inbox.Handler;
import dev.tidemark.inbox.InboxListener;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells the {@link Desk} of each event, in the process of a consumer, and waits until it has noted that: in the transaction
 * that handles the event, and after the commit. Who is killed has nothing to tell that is not known. Safe for many threads.
 */
final class Telling implements InboxListener, AutoCloseable {

    /** In the middle of its transaction. */
    static final int ARRIVED = 'a';

    /** Its transaction is committed, or was before. */
    static final int HANDLED = 'h';

    /** Nothing is left of its transaction. */
    static final int FAILED = 'f';

    private final Socket socket;
    private final DataOutputStream out;
    private final DataInputStream in;
    private final Set<UUID> underway = ConcurrentHashMap.newKeySet();

    /** @param port of the desk, on this machine */
    Telling(int port) throws IOException {
        this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        this.out = new DataOutputStream(socket.getOutputStream());
        this.in = new DataInputStream(socket.getInputStream());
    }

    /** The same handler, which tells first. */
    <X extends Exception> Handler<Exception> before(Handler<X> handler) {
        return (tx, event) -> {
            underway.add(event.id());
            tell(ARRIVED, event);
            handler.handle(tx, event);
        };
    }

    @Override
    public void applied(Envelope event, Duration lag) {
        underway.remove(event.id());
        tell(HANDLED, event);
    }

    @Override
    public void duplicate(Envelope event) {
        tell(ARRIVED, event);
        tell(HANDLED, event);
    }

    @Override
    public void stale(Envelope event) {
        duplicate(event);
    }

    /** What waits or is dead has no effect, and the desk will miss it. */
    @Override
    public void waiting(Envelope event, long expectedVersion) {
        tell(ARRIVED, event);
        tell(FAILED, event);
    }

    @Override
    public void failed(@Nullable Envelope event, Exception failure) {
        if (event != null && underway.remove(event.id())) {
            tell(FAILED, event);
        }
    }

    private synchronized void tell(int what, Envelope event) {
        try {
            byte[] json = CloudEventsJson.write(event);
            out.writeByte(what);
            out.writeInt(json.length);
            out.write(json);
            out.flush();
            in.readByte();
        } catch (IOException e) {
            Runtime.getRuntime().halt(1); // the demo is gone, and so is the use of this process
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
