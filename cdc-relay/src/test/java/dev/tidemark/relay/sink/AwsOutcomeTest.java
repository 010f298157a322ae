package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;

/** The table of docs/sinks.md. */
class AwsOutcomeTest {

    private static final String PREFIX = "AWS.SimpleQueueService.";

    private static final List<String> REJECTED =
            List.of("InvalidMessageContents", "InvalidParameterValue", "BatchRequestTooLong");

    private static final List<String> RETRIED = List.of(
            "QueueDoesNotExist",
            "NonExistentQueue",
            "NotFound",
            "AccessDenied",
            "AccessDeniedException",
            "AuthorizationError",
            "InvalidAddress",
            "UnsupportedOperation",
            "EndpointDisabled",
            "KmsAccessDenied",
            "KmsDisabled",
            "KmsInvalidKeyUsage",
            "KmsInvalidState",
            "KmsNotFound",
            "KmsOptInRequired",
            "MissingParameter",
            "InvalidParameter",
            "ParameterValueInvalid",
            "SomethingNew");

    private static final List<String> HALTING = List.of(
            "RequestThrottled",
            "ThrottlingException",
            "Throttling",
            "Throttled",
            "KmsThrottled",
            "OverLimit",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "UnrecognizedClientException",
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidSecurity",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "OptInRequired");

    @TestFactory
    Stream<DynamicTest> aRequestThatFails() {
        return Stream.concat(
                Stream.concat(of(REJECTED, Delivery.Rejected.class, false), of(RETRIED, Delivery.Retry.class, false)),
                of(HALTING, Delivery.Retry.class, true));
    }

    private static Stream<DynamicTest> of(List<String> codes, Class<? extends Delivery> kind, boolean halts) {
        return codes.stream()
                .flatMap(code -> Stream.of(code, PREFIX + code))
                .map(code -> DynamicTest.dynamicTest(code, () -> {
                    Pipeline.Outcome outcome = AwsOutcome.of(answered(400, code), "sending");
                    assertThat(outcome.delivery()).isInstanceOf(kind);
                    assertThat(outcome.halts()).isEqualTo(halts);
                    assertThat(reason(outcome.delivery()))
                            .startsWith("sending answered " + code.replace(PREFIX, ""))
                            .doesNotContain("hunter2");
                }));
    }

    @Test
    void oneOfSeveralHaltsNoOthers() {
        for (String code : HALTING) {
            assertThat(AwsOutcome.ofOne(code, "sending"))
                    .isEqualTo(new Pipeline.Outcome(Delivery.retry("sending answered " + code), false));
        }
        assertThat(AwsOutcome.ofOne("InternalError", "sending"))
                .isEqualTo(new Pipeline.Outcome(Delivery.retry("sending answered InternalError"), false));
        for (String code : List.of("InvalidMessageContents", "InvalidParameter", "ParameterValueInvalid")) {
            assertThat(AwsOutcome.ofOne(code, "sending"))
                    .isEqualTo(new Pipeline.Outcome(Delivery.rejected("sending answered " + code), false));
        }
    }

    @Test
    void anAnswerWithoutACodeGoesByItsStatus() {
        assertThat(AwsOutcome.of(answered(503, ""), "sending"))
                .isEqualTo(new Pipeline.Outcome(Delivery.retry("sending answered HTTP 503"), true));
        assertThat(AwsOutcome.of(answered(429, ""), "sending").halts()).isTrue();
        assertThat(AwsOutcome.of(answered(413, ""), "sending"))
                .isEqualTo(new Pipeline.Outcome(Delivery.rejected("sending answered HTTP 413"), false));
        assertThat(AwsOutcome.of(answered(500, "InternalFailure"), "sending").halts())
                .isTrue();
        assertThat(AwsOutcome.of(AwsServiceException.builder().statusCode(403).build(), "sending"))
                .isEqualTo(new Pipeline.Outcome(Delivery.retry("sending answered HTTP 403"), false));
    }

    @Test
    void whatHasNoAnswerIsTriedAgain() {
        assertRetry("failed: connection refused", client("hunter2", new ConnectException("hunter2")));
        assertRetry("failed: unknown host", client("hunter2", new UnknownHostException("hunter2")));
        assertRetry("failed: no answer in time", client("hunter2", new SocketTimeoutException("hunter2")));
        assertRetry("failed: no answer in time", ApiCallTimeoutException.create(5));
        assertRetry("failed: TLS failed: no good", client("hunter2", new SSLHandshakeException("no good")));
        assertRetry(
                "failed: there are no credentials; set accesskey and secretkey, or give the relay a role",
                client("Unable to load credentials from any of the providers in the chain hunter2", null));
        assertRetry(
                "failed: something else has arrived than what was sent",
                client("MD5 returned by SQS does not match the calculation on the original request. hunter2", null));
        assertRetry("failed: SdkClientException", client("hunter2", null));
    }

    private static void assertRetry(String reason, Throwable failure) {
        assertThat(AwsOutcome.of(failure, "sending"))
                .isEqualTo(new Pipeline.Outcome(Delivery.retry("sending " + reason), true));
    }

    private static SdkClientException client(String message, @Nullable Throwable cause) {
        return SdkClientException.builder().message(message).cause(cause).build();
    }

    private static AwsServiceException answered(int status, String code) {
        return AwsServiceException.builder()
                .statusCode(status)
                .message("hunter2")
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(code)
                        .errorMessage("hunter2")
                        .build())
                .build();
    }

    private static String reason(Delivery delivery) {
        return delivery.match(() -> "", Delivery.Retry::reason, Delivery.Rejected::reason, () -> "");
    }
}
