package dev.tidemark.relay.sink;

import java.net.SocketTimeoutException;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * What an error of SQS or SNS means for the envelope. Tables in docs/sinks.md. Its text may repeat the message or name
 * users, and is not shown.
 */
final class AwsOutcome {

    private static final String PREFIX = "AWS.SimpleQueueService.";
    private static final int SERVER_FAULT = 500;
    private static final int TOO_LARGE = 413;

    /** Of the event itself, or of one of those that were sent together. */
    private static final Set<String> OF_THE_EVENT =
            Set.of("BatchRequestTooLong", "InvalidMessageContents", "InvalidParameterValue");

    /** Of the event where it is the answer to one; of a whole request SNS says so where the topic is not its own. */
    private static final Set<String> OF_ONE_EVENT = Set.of("InvalidParameter", "ParameterValueInvalid");

    /** Of the account, the credentials or the clock, not of the event: nothing else would be taken either. */
    private static final Set<String> OF_THE_CALLER = Set.of(
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSecurity",
            "MissingAuthenticationToken",
            "OptInRequired",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException");

    private static final Set<String> MISSING = Set.of("NonExistentQueue", "NotFound", "QueueDoesNotExist");

    private AwsOutcome() {}

    /**
     * What a request means that has failed as a whole, for each event in it.
     *
     * @param what for people, such as {@code sending to https://sqs…/orders.fifo}
     */
    static Pipeline.Outcome of(Throwable failure, String what) {
        if (concernsTheEvent(failure)) {
            return new Pipeline.Outcome(Delivery.rejected(what + " " + reason(failure)), false);
        }
        return new Pipeline.Outcome(Delivery.retry(what + " " + reason(failure)), concernsAllEvents(failure));
    }

    /** What the answer to one of several means, of which others may have been taken. */
    static Pipeline.Outcome ofOne(String code, String what) {
        String reason = what + " answered " + shown(code);
        boolean atFault = OF_THE_EVENT.contains(plain(code)) || OF_ONE_EVENT.contains(plain(code));
        return new Pipeline.Outcome(atFault ? Delivery.rejected(reason) : Delivery.retry(reason), false);
    }

    /** Whether the event, or one of several, is at fault. */
    static boolean concernsTheEvent(Throwable failure) {
        return failure instanceof AwsServiceException answered
                && (OF_THE_EVENT.contains(code(answered)) || answered.statusCode() == TOO_LARGE);
    }

    private static boolean concernsAllEvents(Throwable failure) {
        return !(failure instanceof AwsServiceException answered)
                || isThrottling(answered)
                || answered.statusCode() >= SERVER_FAULT
                || OF_THE_CALLER.contains(code(answered));
    }

    private static boolean isThrottling(AwsServiceException answered) {
        String code = code(answered);
        return answered.isThrottlingException() || code.contains("Throttl") || code.equals("OverLimit");
    }

    /** For people; follows what was tried, such as {@code answered AccessDenied}. */
    static String reason(Throwable failure) {
        if (failure instanceof AwsServiceException answered) {
            String code = code(answered);
            return "answered " + (code.isEmpty() ? "HTTP " + answered.statusCode() : shown(code));
        }
        String text = String.valueOf(failure.getMessage());
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ApiCallTimeoutException
                    || cause instanceof ApiCallAttemptTimeoutException
                    || cause instanceof SocketTimeoutException) {
                return "failed: no answer in time";
            }
        }
        if (text.startsWith("Unable to load credentials")) {
            return "failed: there are no credentials; set accesskey and secretkey, or give the relay a role";
        }
        if (text.startsWith("MD5 ")) {
            return "failed: something else has arrived than what was sent";
        }
        boolean unconnected = failure instanceof SdkException && failure.getCause() != null;
        return "failed: "
                + (unconnected
                        ? Unreachable.reason(failure)
                        : failure.getClass().getSimpleName());
    }

    private static String code(AwsServiceException answered) {
        return answered.awsErrorDetails() == null
                ? ""
                : plain(String.valueOf(answered.awsErrorDetails().errorCode()));
    }

    /** Of two protocols, one has the prefix. */
    private static String plain(String code) {
        return code.startsWith(PREFIX) ? code.substring(PREFIX.length()) : code;
    }

    private static String shown(String code) {
        String plain = plain(code);
        return Excerpt.clean(plain) + (MISSING.contains(plain) ? ": it is not there; make it, the relay does not" : "");
    }
}
