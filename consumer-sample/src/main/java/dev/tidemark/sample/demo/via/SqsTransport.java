package dev.tidemark.sample.demo.via;

import dev.tidemark.inbox.SqsSubscription;
import java.net.URI;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** A FIFO queue for each service. */
record SqsTransport(Place place) implements Transport {

    private static final Region REGION = Region.EU_CENTRAL_1;

    /** Any will do: ElasticMQ asks for none, the client does. */
    private static final String NOBODY = "nobody";

    @Override
    public String sink() {
        return "sqs: { queue: \"" + queue() + "\", region: " + REGION + ", accesskey: " + NOBODY + ", secretkey: "
                + NOBODY + " }";
    }

    private String queue() {
        return server() + "/000000000000/" + name();
    }

    private String name() {
        return place.service() + ".fifo";
    }

    private URI server() {
        return URI.create("http://" + place.authority());
    }

    @Override
    public void prepare() {
        try (SqsClient client = client()) {
            client.createQueue(
                    request -> request.queueName(name()).attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
        }
    }

    @Override
    public long left() {
        try (SqsClient client = client()) {
            return client
                    .getQueueAttributes(request -> request.queueUrl(queue()).attributeNames(QueueAttributeName.ALL))
                    .attributes()
                    .entrySet()
                    .stream()
                    .filter(attribute -> attribute.getKey().toString().startsWith("ApproximateNumberOfMessages"))
                    .mapToLong(attribute -> Long.parseLong(attribute.getValue()))
                    .sum();
        }
    }

    private SqsClient client() {
        return SqsClient.builder()
                .endpointOverride(server())
                .region(REGION)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(NOBODY, NOBODY)))
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .build();
    }

    @Override
    public Opened open(Receiving receiving) {
        SqsSubscription.Builder subscription = SqsSubscription.builder()
                .inbox(receiving.inbox())
                .dataSource(receiving.database())
                .client(client())
                .queue(queue());
        receiving.handle((type, handler) -> subscription.on(type, handler));
        return Opened.of(subscription.build().start());
    }
}
