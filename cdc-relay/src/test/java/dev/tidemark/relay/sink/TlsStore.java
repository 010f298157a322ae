package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A store with a key and a certificate that vouches for itself, which the JDK's own tool makes.
 *
 * @param path of the file
 */
record TlsStore(Path path) {

    static final String PASSWORD = "changeit";

    /** @param name such as {@code dns:localhost} */
    static TlsStore make(Path directory, String name)
            throws IOException, GeneralSecurityException, InterruptedException {
        Path path = Files.createTempDirectory(directory, "tls").resolve("store.p12");
        List<String> line = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=test",
                "-ext",
                "san=" + name,
                "-ext",
                "bc:c",
                "-keystore",
                path.toString(),
                "-storepass",
                PASSWORD);
        Process keytool = new ProcessBuilder(line).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        TlsStore made = new TlsStore(path);
        made.trustItself();
        return made;
    }

    /** A key's own certificate is no trusted one, until it is in the store by itself. */
    private void trustItself() throws IOException, GeneralSecurityException {
        KeyStore store = load();
        store.setCertificateEntry("trusted", store.getCertificate("server"));
        try (OutputStream out = Files.newOutputStream(path)) {
            store.store(out, PASSWORD.toCharArray());
        }
    }

    private KeyStore load() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(path)) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    /** Has the key, and trusts the certificate. */
    SSLContext context() throws IOException, GeneralSecurityException {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(load(), PASSWORD.toCharArray());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(load());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** Speaks TLS to clients. */
    ServerSocket listen() throws IOException, GeneralSecurityException {
        return context().getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }
}
