package dev.tidemark.testkit;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A key and its certificate, which the JDK's own tool makes: in a store, and as files in PEM for those who know no stores.
 * Whoever trusts the store trusts the certificate.
 *
 * @param path of the store
 */
public record TlsStore(Path path) {

    /** Of each store, and of the key in it. */
    public static final String PASSWORD = "changeit";

    private static final String KEY = "own";
    private static final String AUTHORITY = "authority";

    /**
     * Whose certificate vouches for itself, which is enough for a server.
     *
     * @param name whose it is, such as {@code dns:localhost} or {@code ip:127.0.0.1}
     */
    public static TlsStore make(Path directory, String name) throws IOException, GeneralSecurityException {
        TlsStore made = in(directory);
        made.generate(KEY, "-ext", "san=" + name, "-ext", "bc:c");
        return made.finished();
    }

    /** Whose certificate somebody else vouches for, as RabbitMQ wants it of clients. */
    public static TlsStore signed(Path directory, String name) throws IOException, GeneralSecurityException {
        TlsStore made = in(directory);
        made.generate(AUTHORITY, "-ext", "bc:c");
        made.generate(KEY, "-ext", "san=" + name, "-signer", AUTHORITY);
        return made.finished();
    }

    private static TlsStore in(Path directory) throws IOException {
        return new TlsStore(Files.createTempDirectory(directory, "tls").resolve("store.p12"));
    }

    private void generate(String alias, String... options) {
        new Command(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        alias,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + alias,
                        "-keystore",
                        path.toString(),
                        "-storepass",
                        PASSWORD))
                .with(options)
                .run();
    }

    /** A key's own certificate is no trusted one, until it is in the store by itself; the key of who signed is not kept. */
    private TlsStore finished() throws IOException, GeneralSecurityException {
        KeyStore store = load();
        Certificate[] chain = store.getCertificateChain(KEY);
        Certificate last = chain[chain.length - 1];
        store.deleteEntry(AUTHORITY);
        store.setCertificateEntry("trusted", last);
        try (OutputStream out = Files.newOutputStream(path)) {
            store.store(out, PASSWORD.toCharArray());
        }
        Files.writeString(certificate(), pem("CERTIFICATE", chain[0].getEncoded()));
        Files.writeString(authority(), pem("CERTIFICATE", last.getEncoded()));
        Files.createFile(key(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(
                key(),
                pem("PRIVATE KEY", store.getKey(KEY, PASSWORD.toCharArray()).getEncoded()));
        return this;
    }

    private static String pem(String what, byte[] encoded) {
        Base64.Encoder lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
        return "-----BEGIN " + what + "-----\n" + lines.encodeToString(encoded) + "\n-----END " + what + "-----\n";
    }

    /** The certificate in PEM. */
    public Path certificate() {
        return directory().resolve("certificate.pem");
    }

    /** The certificate of who vouches for it, in PEM. */
    public Path authority() {
        return directory().resolve("authority.pem");
    }

    /** The key in PEM, without a password; only its owner can read the file. */
    public Path key() {
        return directory().resolve("key.pem");
    }

    /** Lets PostgreSQL read the files, which runs as somebody else where we are root. */
    public void giveToServers() {
        Unprivileged.give(directory());
    }

    private Path directory() {
        return requireNonNull(path.getParent(), "a store is in a directory");
    }

    private KeyStore load() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(path)) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    /** Has the key, and trusts the certificate. */
    public SSLContext context() throws IOException, GeneralSecurityException {
        return context(this);
    }

    /** Has this key, and trusts the certificate of {@code other}. */
    public SSLContext context(TlsStore other) throws IOException, GeneralSecurityException {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(load(), PASSWORD.toCharArray());
        return context(keys, other);
    }

    /** Has no key, and trusts the certificate. */
    public SSLContext trusting() throws IOException, GeneralSecurityException {
        KeyManagerFactory none = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        none.init(null, null);
        return context(none, this);
    }

    private static SSLContext context(KeyManagerFactory keys, TlsStore trusted)
            throws IOException, GeneralSecurityException {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted.load());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** Speaks TLS to clients. */
    public ServerSocket listen() throws IOException, GeneralSecurityException {
        return context().getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }
}
