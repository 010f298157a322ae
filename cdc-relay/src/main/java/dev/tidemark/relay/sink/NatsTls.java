package dev.tidemark.relay.sink;

import io.nats.client.Options;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS for NATS's client, which itself asks only whether somebody vouches for a certificate, and not whether it is the
 * host's: whoever has any certificate could pass for the server. The consumer's module has the same.
 */
final class NatsTls {

    private NatsTls() {}

    /** The same options; but where they say TLS, a certificate must be that of the host whose name they have. */
    static Options checkingHosts(Options options) {
        SSLContext context = options.getSslContext();
        if (context == null) {
            return options;
        }
        Options.Builder checking = new Options.Builder(options).sslContext(new Checking(context));
        if (options.hostnameResolveMode().resolve) { // then the client tells TLS an address in place of the name
            checking.hostnameResolveMode(Options.HostnameResolveMode.HappyEyeballs);
        }
        return checking.build();
    }

    private static final class Checking extends SSLContext {
        Checking(SSLContext context) {
            super(new CheckingSpi(context), context.getProvider(), context.getProtocol());
        }
    }

    private static final class CheckingSpi extends SSLContextSpi {

        private final SSLContext context;

        private CheckingSpi(SSLContext context) {
            this.context = context;
        }

        @Override
        protected void engineInit(
                KeyManager @Nullable [] keys, TrustManager @Nullable [] trust, @Nullable SecureRandom random)
                throws KeyManagementException {
            context.init(keys, trust, random);
        }

        @Override
        protected SSLSocketFactory engineGetSocketFactory() {
            return new CheckingFactory(context.getSocketFactory());
        }

        @Override
        protected SSLServerSocketFactory engineGetServerSocketFactory() {
            return context.getServerSocketFactory();
        }

        @Override
        protected SSLEngine engineCreateSSLEngine() {
            return context.createSSLEngine();
        }

        @Override
        protected SSLEngine engineCreateSSLEngine(String host, int port) {
            return context.createSSLEngine(host, port);
        }

        @Override
        protected SSLSessionContext engineGetServerSessionContext() {
            return context.getServerSessionContext();
        }

        @Override
        protected SSLSessionContext engineGetClientSessionContext() {
            return context.getClientSessionContext();
        }
    }

    private static final class CheckingFactory extends SSLSocketFactory {

        private final SSLSocketFactory factory;

        private CheckingFactory(SSLSocketFactory factory) {
            this.factory = factory;
        }

        private static Socket checking(Socket made) {
            SSLSocket socket = (SSLSocket) made;
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            return socket;
        }

        @Override
        public Socket createSocket() throws IOException {
            return checking(factory.createSocket());
        }

        @Override
        public Socket createSocket(Socket under, String host, int port, boolean close) throws IOException {
            return checking(factory.createSocket(under, host, port, close));
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return checking(factory.createSocket(host, port));
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
            return checking(factory.createSocket(host, port, from, fromPort));
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return checking(factory.createSocket(host, port));
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
            return checking(factory.createSocket(host, port, from, fromPort));
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return factory.getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return factory.getSupportedCipherSuites();
        }
    }
}
