package dev.tidemark.inbox;

import com.rabbitmq.client.ConnectionFactory;
import io.lettuce.core.RedisURI;
import io.nats.client.Options;
import java.sql.SQLException;
import javax.sql.DataSource;
import software.amazon.awssdk.services.sqs.SqsClient;

/** What docs/sinks.md shows of subscriptions: what stands between the marks. */
final class Examples {

    private Examples() {}

    static Reading kafka(DataSource pool, String bootstrap, Handler<SQLException> rename) {
        // kafka {
        Reading reading = KafkaSubscription.builder()
                .inbox(Inbox.of("reporting"))
                .dataSource(pool)
                .bootstrap(bootstrap)
                .topics("events.user")
                .on("user-renamed", rename)
                .build()
                .start();
        // }
        return reading;
    }

    static Reading rabbitmq(DataSource pool, ConnectionFactory factory, Handler<SQLException> rename) {
        // rabbitmq {
        Reading reading = RabbitSubscription.builder()
                .inbox(Inbox.of("reporting"))
                .dataSource(pool)
                .connection(factory)
                .queue("reporting")
                .on("user-renamed", rename)
                .build()
                .start();
        // }
        return reading;
    }

    static Reading redis(DataSource pool, String url, Handler<SQLException> rename) {
        // redis {
        Reading reading = RedisSubscription.builder()
                .inbox(Inbox.of("reporting"))
                .dataSource(pool)
                .server(RedisURI.create(url))
                .streams("events:user")
                .on("user-renamed", rename)
                .build()
                .start();
        // }
        return reading;
    }

    static Reading nats(DataSource pool, String url, Handler<SQLException> rename) {
        // nats {
        Reading reading = NatsSubscription.builder()
                .inbox(Inbox.of("reporting"))
                .dataSource(pool)
                .server(Options.builder().server(url).build())
                .stream("EVENTS")
                .subject("events.user.>")
                .on("user-renamed", rename)
                .build()
                .start();
        // }
        return reading;
    }

    static Reading sqs(DataSource pool, SqsClient client, String url, Handler<SQLException> rename) {
        // sqs {
        Reading reading = SqsSubscription.builder()
                .inbox(Inbox.of("reporting"))
                .dataSource(pool)
                .client(client)
                .queue(url)
                .on("user-renamed", rename)
                .build()
                .start();
        // }
        return reading;
    }
}
