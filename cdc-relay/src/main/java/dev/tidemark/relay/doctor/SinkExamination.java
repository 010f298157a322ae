package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.HttpSinkConfig;
import dev.tidemark.relay.config.KafkaSinkConfig;
import dev.tidemark.relay.config.NatsSinkConfig;
import dev.tidemark.relay.config.PostgresSinkConfig;
import dev.tidemark.relay.config.RabbitSinkConfig;
import dev.tidemark.relay.config.RedisSinkConfig;
import dev.tidemark.relay.config.SnsSinkConfig;
import dev.tidemark.relay.config.SqsSinkConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.sink.AwsLook;
import dev.tidemark.relay.sink.KafkaLook;
import dev.tidemark.relay.sink.NatsLook;
import dev.tidemark.relay.sink.PostgresLook;
import dev.tidemark.relay.sink.RabbitLook;
import dev.tidemark.relay.sink.RedisLook;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Whether the destinations can be reached. No event is sent.
 *
 * @param patience how long each may take to answer
 */
record SinkExamination(List<SubscriberConfig> subscribers, Duration patience) {

    SinkExamination(List<SubscriberConfig> subscribers) {
        this(subscribers, Duration.ofSeconds(5));
    }

    void examine(Findings findings) {
        for (SubscriberConfig subscriber : subscribers) {
            String check = "sink " + subscriber.name();
            if (subscriber.sink() instanceof HttpSinkConfig http) {
                boolean secure = "https".equalsIgnoreCase(http.url().getScheme());
                String refusal = http.reachable().problem(http.url().getHost());
                if (refusal != null) {
                    findings.problem(
                            check,
                            refusal + "; its events would wait in the backlog",
                            "the right name in its http.url, or an address that http.addresses and http.allow let through");
                    continue;
                }
                new Place("http.url", http.url(), secure, secure ? 443 : 80, least(http.timeout()))
                        .examine(check, findings);
            } else if (subscriber.sink() instanceof KafkaSinkConfig kafka) {
                examineKafka(kafka, check, findings);
            } else if (subscriber.sink() instanceof RabbitSinkConfig rabbit) {
                examineRabbit(rabbit, check, findings);
            } else if (subscriber.sink() instanceof RedisSinkConfig redis) {
                examineRedis(redis, check, findings);
            } else if (subscriber.sink() instanceof NatsSinkConfig nats) {
                examineNats(nats, check, findings);
            } else if (subscriber.sink() instanceof PostgresSinkConfig postgres) {
                examinePostgres(postgres, subscriber, check, findings);
            } else if (subscriber.sink() instanceof SqsSinkConfig sqs) {
                examineSqs(sqs, check, findings);
            } else if (subscriber.sink() instanceof SnsSinkConfig sns) {
                examineSns(sns, check, findings);
            }
        }
    }

    private Duration least(Duration timeout) {
        return timeout.compareTo(patience) < 0 ? timeout : patience;
    }

    private void examinePostgres(
            PostgresSinkConfig postgres, SubscriberConfig subscriber, String check, Findings findings) {
        PostgresLook look = PostgresLook.at(postgres.settings(subscriber.name(), subscriber.lanes()), patience);
        String place = "PostgreSQL at " + postgres.place();
        if (!look.unreachable().isEmpty()) {
            findings.problem(
                    check,
                    place + " cannot be reached: " + look.unreachable() + "; its events would wait in the backlog",
                    "start the server; see postgres.url, user and password, pg_hba.conf and firewalls in between");
        } else if (!look.unfit().isEmpty()) {
            findings.problem(
                    check,
                    place + " answers, but " + postgres.table() + " takes no events: " + look.unfit()
                            + "; they would wait in the backlog",
                    "V008__incoming.sql, applied to that database, and the grants of docs/sinks.md; see postgres.table");
        } else {
            findings.ok(check, place + " answers, and takes events; none was sent");
        }
    }

    private void examineKafka(KafkaSinkConfig kafka, String check, Findings findings) {
        KafkaLook look;
        try {
            look = KafkaLook.at(kafka.settings(), patience);
        } catch (InterruptedException e) {
            look = new KafkaLook(interrupted(), 0, "");
        }
        String place = "Kafka at " + kafka.bootstrap();
        if (!look.unreachable().isEmpty()) {
            findings.problem(
                    check,
                    place + " cannot be reached: " + look.unreachable() + "; its events would wait in the backlog",
                    "start the brokers; see kafka.bootstrap and kafka.properties, and firewalls in between");
        } else if (!look.unfit().isEmpty()) {
            findings.problem(
                    check,
                    place + " answers, but " + look.unfit() + "; its events would wait in the backlog",
                    "a topic that is there, and that the user may write to; see kafka.topic and kafka.create");
        } else {
            findings.ok(check, place + " answers, brokers: " + look.brokers() + "; no event was sent");
        }
    }

    private void examineRabbit(RabbitSinkConfig rabbit, String check, Findings findings) {
        RabbitLook look = RabbitLook.at(rabbit.settings(), patience);
        String place = "RabbitMQ at " + rabbit.url().getHost()
                + (rabbit.url().getPort() < 0 ? "" : ":" + rabbit.url().getPort());
        if (!look.unreachable().isEmpty()) {
            findings.problem(
                    check,
                    place + " cannot be reached: " + look.unreachable() + "; its events would wait in the backlog",
                    "start the server; see rabbitmq.url, its path, user and password, and firewalls in between");
        } else if (!look.unfit().isEmpty()) {
            findings.problem(
                    check,
                    place + " answers, but exchange " + rabbit.exchange() + ": " + look.unfit()
                            + "; its events would wait in the backlog",
                    "an exchange that is there, and that the user may write to; see rabbitmq.exchange and"
                            + " rabbitmq.create");
        } else {
            findings.ok(check, place + " answers; no event was sent");
        }
    }

    private void examineRedis(RedisSinkConfig redis, String check, Findings findings) {
        String unreachable;
        try {
            unreachable = RedisLook.at(redis.settings(), patience).unreachable();
        } catch (InterruptedException e) {
            unreachable = interrupted();
        }
        tell("Redis", "redis", redis.url(), unreachable, check, findings);
    }

    private void examineNats(NatsSinkConfig nats, String check, Findings findings) {
        String unreachable;
        try {
            unreachable = NatsLook.at(nats.settings(), patience).unreachable();
        } catch (InterruptedException e) {
            unreachable = interrupted();
        }
        tell("NATS", "nats", nats.url(), unreachable, check, findings);
    }

    private static String interrupted() {
        Thread.currentThread().interrupt();
        return "the doctor was interrupted";
    }

    private static void tell(
            String name, String setting, URI url, String unreachable, String check, Findings findings) {
        String place = name + " at " + url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort());
        if (unreachable.isEmpty()) {
            findings.ok(check, place + " answers; no event was sent");
        } else {
            findings.problem(
                    check,
                    place + " cannot be reached: " + unreachable + "; its events would wait in the backlog",
                    "start the server; see " + setting + ".url, user, password and properties, and firewalls in"
                            + " between");
        }
    }

    /** Of a queue whose name the events decide, only whether its host is there can be said. */
    private void examineSqs(SqsSinkConfig sqs, String check, Findings findings) {
        Optional<AwsLook> look = AwsLook.at(sqs.settings(), patience);
        if (look.isPresent()) {
            examineAws("SQS at " + sqs.endpoint(), "sqs.queue", look.get(), check, findings);
            return;
        }
        boolean secure = "https".equals(sqs.endpoint().getScheme());
        new Place("sqs.queue", sqs.endpoint(), secure, secure ? 443 : 80, least(sqs.timeout()))
                .examine(check, findings);
    }

    private void examineSns(SnsSinkConfig sns, String check, Findings findings) {
        Optional<AwsLook> look = AwsLook.at(sns.settings(), patience);
        if (look.isPresent()) {
            examineAws("SNS topic " + sns.topic(), "sns.topic", look.get(), check, findings);
        } else {
            findings.ok(check, "SNS topics " + sns.topic() + " are not looked at: events decide which");
        }
    }

    private static void examineAws(String place, String setting, AwsLook look, String check, Findings findings) {
        if (!look.unreachable().isEmpty()) {
            findings.problem(
                    check,
                    place + " cannot be asked: it " + look.unreachable() + "; its events would wait in the backlog",
                    "see " + setting + ", accesskey and secretkey or the role of the relay, and firewalls in between");
        } else if (!look.unfit().isEmpty()) {
            findings.problem(
                    check,
                    place + " " + look.unfit() + "; its events would wait in the backlog",
                    "one that is there, and a user or role with the rights of docs/sinks.md; see " + setting);
        } else {
            findings.ok(check, place + " answers, and is there for the user; no event was sent");
        }
    }

    /**
     * A destination that listens.
     *
     * @param setting which says where it is
     * @param secure whether it speaks TLS
     * @param usualPort where the URL has none
     */
    private record Place(String setting, URI url, boolean secure, int usualPort, Duration timeout) {

        void examine(String check, Findings findings) {
            int port = url.getPort() >= 0 ? url.getPort() : usualPort;
            String host = url.getHost().replaceAll("[\\[\\]]", "");
            int millis = (int) timeout.toMillis();
            String place = host + ":" + port;
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(host, port), millis);
                if (secure) {
                    shakeHands(socket, host, port, millis);
                }
                findings.ok(
                        check,
                        place + " answers" + (secure ? ", and its certificate fits" : "") + "; no event was sent");
            } catch (UnknownHostException e) {
                findings.problem(
                        check, "no host is called " + host, "the right name in its " + setting + ", or in DNS");
            } catch (SSLException e) {
                findings.problem(
                        check,
                        place + " answers, but not with TLS that is trusted: " + firstLine(e),
                        "its certificate; or trust it: -Djavax.net.ssl.trustStore=… in TIDEMARK_JAVA_OPTS");
            } catch (IOException e) {
                findings.problem(
                        check,
                        place + " cannot be reached: " + firstLine(e) + "; its events would wait in the backlog",
                        "start the receiver; see its " + setting + ", and firewalls in between");
            }
        }
    }

    private static void shakeHands(Socket plain, String host, int port, int millis) throws IOException {
        SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        try (SSLSocket socket = (SSLSocket) factory.createSocket(plain, host, port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(millis);
            socket.startHandshake();
        }
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage())
                .lines()
                .findFirst()
                .orElse(e.getClass().getSimpleName());
    }
}
