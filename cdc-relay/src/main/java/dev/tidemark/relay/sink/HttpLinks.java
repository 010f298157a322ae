package dev.tidemark.relay.sink;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.apache.hc.core5.http.HttpException;
import org.jspecify.annotations.Nullable;

/** The connections to one receiver. Safe for many threads. */
final class HttpLinks implements AutoCloseable {

    /** What is between them forgets connections that nobody uses, without a word. */
    private static final Duration LONGEST_IDLE = Duration.ofMinutes(1);

    private final HttpTarget target;
    private final Addresses addresses;
    private final Duration timeout;
    private final Surroundings surroundings;
    private final Duration longestIdle;
    private final ConcurrentLinkedDeque<HttpLink> idle = new ConcurrentLinkedDeque<>();
    private volatile InetAddress[] harmless = {}; // what was looked at last
    private volatile boolean closed;

    HttpLinks(HttpTarget target, Addresses addresses, Duration timeout, Surroundings surroundings) {
        this(target, addresses, timeout, surroundings, LONGEST_IDLE);
    }

    HttpLinks(
            HttpTarget target, Addresses addresses, Duration timeout, Surroundings surroundings, Duration longestIdle) {
        this.longestIdle = longestIdle;
        this.target = target;
        this.addresses = addresses;
        this.timeout = timeout;
        this.surroundings = surroundings;
    }

    /**
     * What a process has of the world.
     *
     * @param proxies of the JVM's settings; null for none
     * @param encryption asked when it is needed
     */
    record Surroundings(
            Addresses.Resolver resolver, @Nullable ProxySelector proxies, Supplier<SSLSocketFactory> encryption) {

        /** Those of the JVM's settings. */
        static Surroundings ofTheJvm(Addresses.Resolver resolver) {
            return new Surroundings(
                    resolver, ProxySelector.getDefault(), () -> (SSLSocketFactory) SSLSocketFactory.getDefault());
        }
    }

    /** An address that is not connected to; its message says which and why. */
    static final class RefusedAddressException extends IOException {

        private static final long serialVersionUID = 1L;

        private RefusedAddressException(String message) {
            super(message);
        }
    }

    /**
     * A connection for one request, one that is kept or a new one. Where the name leads to is looked at each time: it
     * may lead elsewhere by now.
     *
     * @param begun told of the connection before it is connected, so that it can be closed meanwhile
     */
    HttpLink take(Consumer<HttpLink> begun) throws IOException, HttpException {
        boolean lookedUp = addresses.reach() == Addresses.Reach.ANY;
        for (HttpLink kept = idle.pollFirst(); kept != null; kept = idle.pollFirst()) {
            begun.accept(kept);
            if (!lookedUp && !kept.isProxied()) {
                find();
                lookedUp = true;
            }
            if (kept.isUsedWithin(longestIdle) && kept.isFresh()) { // right before it is used: looking up takes time
                return kept;
            }
            kept.close();
        }
        return connected(begun);
    }

    /** For the next request. Those that were needed only when there was more to do are closed after a while. */
    void keep(HttpLink link) {
        idle.addFirst(link);
        HttpLink oldest = idle.peekLast();
        if (oldest != null && !oldest.isUsedWithin(longestIdle)) {
            closeTheOldest();
        }
        if (closed) {
            close();
        }
    }

    private void closeTheOldest() {
        for (HttpLink oldest = idle.pollLast(); oldest != null; oldest = idle.pollLast()) {
            if (oldest.isUsedWithin(longestIdle)) {
                idle.addLast(oldest);
                return;
            }
            oldest.close();
        }
    }

    private HttpLink connected(Consumer<HttpLink> begun) throws IOException, HttpException {
        InetSocketAddress proxy = proxy();
        HttpLink link = proxy == null
                ? connected(begun, find(), target.port(), false)
                : connected(begun, addressesOf(proxy.getHostString()), proxy.getPort(), true);
        if (target.isSecure()) {
            if (proxy != null) {
                link.tunnel(target.authority());
            }
            link.encrypt(surroundings.encryption.get(), target.plainHost(), target.port());
        }
        return link;
    }

    /** To the first that takes it; nothing was sent to those that do not. */
    private HttpLink connected(Consumer<HttpLink> begun, InetAddress[] found, int port, boolean isProxied)
            throws IOException {
        IOException failure = new NoRouteToHostException();
        for (InetAddress address : found) {
            HttpLink link = new HttpLink(isProxied);
            begun.accept(link);
            try {
                link.connect(address, port, timeout.dividedBy(found.length));
                return link;
            } catch (SocketException | SocketTimeoutException e) {
                link.close();
                failure = e;
            }
        }
        throw failure;
    }

    /** Where the name leads to now, if that may be connected to. */
    private InetAddress[] find() throws IOException {
        InetAddress[] found = addressesOf(target.host());
        if (!Arrays.equals(found, harmless)) {
            String problem = addresses.problem(target.host(), found);
            if (problem != null) {
                throw new RefusedAddressException(problem);
            }
            harmless = found;
        }
        return found;
    }

    /** The exception's message is the name, whatever the one who looked it up says. */
    private InetAddress[] addressesOf(String host) throws UnknownHostException {
        try {
            return surroundings.resolver.resolve(host);
        } catch (UnknownHostException e) {
            UnknownHostException named = new UnknownHostException(host);
            named.initCause(e);
            throw named;
        }
    }

    private @Nullable InetSocketAddress proxy() {
        ProxySelector proxies = surroundings.proxies;
        Proxy first = proxies == null
                ? Proxy.NO_PROXY
                : proxies.select(target.uri()).stream().findFirst().orElse(Proxy.NO_PROXY);
        return first.type() == Proxy.Type.HTTP ? (InetSocketAddress) first.address() : null;
    }

    /** Closes those that are idle, and those that will be. */
    @Override
    public void close() {
        closed = true;
        for (HttpLink link = idle.pollFirst(); link != null; link = idle.pollFirst()) {
            link.close();
        }
    }
}
