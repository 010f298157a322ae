package dev.tidemark.relay.sink;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an error of Redis means for the envelope. Table in docs/sinks.md. */
final class RedisOutcome {

    /** The word in capitals at the beginning of every error; what follows may repeat the command, and is not shown. */
    private static final Pattern CODE = Pattern.compile("[A-Z][A-Z0-9_]*");

    /** Of the server, not of the event: nothing else would be taken either. */
    private static final Set<String> OF_THE_SERVER = Set.of(
            "BUSY",
            "CLUSTERDOWN",
            "LOADING",
            "MASTERDOWN",
            "MISCONF",
            "NOAUTH",
            "NOREPLICAS",
            "OOM",
            "READONLY",
            "UNBLOCKED",
            "WRONGPASS");

    /** Of the connection too: another server may have the address by now, or another password. */
    private static final Set<String> OF_THE_CONNECTION = Set.of("MASTERDOWN", "NOAUTH", "READONLY");

    /** An argument is longer than {@code proto-max-bulk-len}; the server hangs up after it. */
    private static final String TOO_LARGE = "ERR Protocol error: invalid bulk length";

    private RedisOutcome() {}

    /** @param what for people, such as {@code XADD to events:order at redis://localhost} */
    static Pipeline.Outcome of(Throwable failure, String what) {
        if (!(failure instanceof RedisCommandExecutionException)) {
            return new Pipeline.Outcome(Delivery.retry(what + ": " + Unreachable.reason(failure)), true);
        }
        String message = String.valueOf(failure.getMessage());
        String code = code(message);
        if (code.equals("WRONGTYPE")) {
            return new Pipeline.Outcome(
                    Delivery.rejected(what + " answered WRONGTYPE: the key is there, and is no stream"), false);
        }
        if (message.startsWith(TOO_LARGE)) {
            return new Pipeline.Outcome(
                    Delivery.rejected(what + " broke off: the event is larger than proto-max-bulk-len"), false);
        }
        return new Pipeline.Outcome(Delivery.retry(what + " answered " + code), OF_THE_SERVER.contains(code));
    }

    /** Whether nothing will be taken over this connection any more; what is under way there is not carried out either. */
    static boolean refusesTheConnection(Throwable failure) {
        return failure instanceof RedisCommandExecutionException
                && OF_THE_CONNECTION.contains(code(String.valueOf(failure.getMessage())));
    }

    /**
     * Why there is no connection: what the server said to it, if it has said anything.
     *
     * @param secure whether it was to have TLS
     */
    static String whyNotConnected(Throwable failure, boolean secure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RedisCommandExecutionException) {
                return "answered " + code(String.valueOf(cause.getMessage()));
            }
            if (cause instanceof RedisProperties.Unusable) {
                return String.valueOf(cause.getMessage());
            }
        }
        return Unreachable.reason(failure, secure);
    }

    private static String code(String message) {
        Matcher matcher = CODE.matcher(message);
        return matcher.lookingAt() ? matcher.group() : "an error";
    }
}
