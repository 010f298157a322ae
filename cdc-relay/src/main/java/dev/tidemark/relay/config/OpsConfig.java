package dev.tidemark.relay.config;

import java.util.regex.Pattern;

/**
 * Health and metrics over HTTP.
 *
 * @param host the address to listen on
 * @param port to listen on; 0 for any free one
 * @param allowRemote whether host may be other than a loopback address
 * @param token asked for as a Bearer token; required where others than this machine may connect
 */
public record OpsConfig(String host, int port, boolean allowRemote, Secret token) {

    static final String DEFAULT_HOST = "127.0.0.1";
    static final int DEFAULT_PORT = 9464;
    static final Bounds PORT = new Bounds(0, 65_535);

    private static final int LEAST_TOKEN = 16;
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|::1|\\[::1]");
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/=-]{" + LEAST_TOKEN + ",1024}");

    public OpsConfig {
        Problems problems = new Problems();
        problems.within("port", port, PORT);
        boolean remote = problems.required("host", host) && !isLoopback(host);
        if (remote && !allowRemote) {
            problems.add("host", "must be a loopback address such as 127.0.0.1 unless ops.allowremote is true", host);
        }
        if (remote && !token.isSet()) {
            problems.add("token", "is required where host is not a loopback address, but is not set");
        }
        if (token.isSet() && !TOKEN.matcher(token.reveal()).matches()) {
            problems.add("token", "must be " + LEAST_TOKEN + " to 1024 letters, digits and ._~+/=-");
        }
        problems.throwIfAny("the operation settings");
    }

    public static Builder builder() {
        return new Builder();
    }

    /** By the text alone: a name that DNS could move is not one. */
    private static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host).matches();
    }

    /** Collects the parts; all have defaults. For one thread. */
    public static final class Builder {

        private String host = DEFAULT_HOST;
        private int port = DEFAULT_PORT;
        private boolean allowRemote;
        private Secret token = Secret.none();

        private Builder() {}

        public Builder host(String host) {
            this.host = host;
            return this;
        }

        public Builder port(int port) {
            this.port = port;
            return this;
        }

        public Builder allowRemote(boolean allowRemote) {
            this.allowRemote = allowRemote;
            return this;
        }

        public Builder token(Secret token) {
            this.token = token;
            return this;
        }

        /** @throws ConfigException with everything that is wrong */
        public OpsConfig build() {
            return new OpsConfig(host, port, allowRemote, token);
        }
    }
}
