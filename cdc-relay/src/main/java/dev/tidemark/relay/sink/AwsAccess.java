package dev.tidemark.relay.sink;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;

/**
 * Where a service of AWS is, and as whom it is asked.
 *
 * @param region that requests are signed for
 * @param endpoint that requests go to; null for AWS's own of that region
 * @param accessKey empty for the credentials that the SDK finds
 * @param secretKey empty where the access key is
 * @param timeout for a connection, and for the answer to each request
 */
public record AwsAccess(String region, @Nullable URI endpoint, String accessKey, String secretKey, Duration timeout) {

    public AwsAccess {
        if (timeout.isZero() || timeout.isNegative()) {
            throw new IllegalArgumentException("timeout must be more than zero, but was: " + timeout);
        }
    }

    /** The same, if it need not wait longer than {@code most}. */
    AwsAccess within(Duration most) {
        return new AwsAccess(region, endpoint, accessKey, secretKey, timeout.compareTo(most) < 0 ? timeout : most);
    }

    /** A client that tries once: what is tried again is the relay's to decide. */
    <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> C client(B builder) {
        builder.region(Region.of(region))
                .credentialsProvider(credentials())
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(timeout)
                        .socketTimeout(timeout))
                .overrideConfiguration(client ->
                        client.retryStrategy(AwsRetryStrategy.doNotRetry()).apiCallTimeout(timeout));
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        return builder.build();
    }

    private AwsCredentialsProvider credentials() {
        return accessKey.isEmpty()
                ? DefaultCredentialsProvider.builder().build()
                : StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKey, secretKey));
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return "region " + region + ", endpoint " + endpoint + ", credentials "
                + (accessKey.isEmpty() ? "that the SDK finds" : "of " + accessKey) + ", timeout " + timeout;
    }
}
