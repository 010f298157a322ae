package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.CloudEventsNats;
import dev.tidemark.envelope.Envelope;
import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Sends an envelope as a message that JetStream acknowledges. */
record NatsWay(Connection connection, JetStream stream, JetStreamManagement streams, NatsSink.Settings settings)
        implements Pipeline.Way {

    /** Tokens between dots; elsewhere * and > are wildcards. */
    private static final Pattern SUBJECT = Pattern.compile("[!-~&&[^*>.]]+(\\.[!-~&&[^*>.]]+)*");

    private static final String ELSEWHERE =
            ": the stream has this id under another subject, and takes it again when its"
                    + " duplicate window has passed; two subscribers need a stream each, or a shorter window";

    private static final byte[] NO_BYTES = {};

    /** @throws IOException if the connection was closed since it was found open, as when the server went away */
    static NatsWay over(Connection connection, NatsSink.Settings settings) throws IOException {
        JetStreamOptions waiting =
                JetStreamOptions.builder().requestTimeout(settings.timeout()).build();
        return new NatsWay(connection, connection.jetStream(), connection.jetStreamManagement(waiting), settings);
    }

    @Override
    public Pipeline.Attempt begin(Envelope envelope) {
        String subject = settings.subject().fill(envelope);
        String what = "publishing to " + Excerpt.clean(subject) + " of " + settings.place();
        if (!SUBJECT.matcher(subject).matches()) {
            return refused(what + ": a subject has visible ASCII characters but * and >, and no empty part");
        }
        Headers headers = headers(envelope);
        byte[] payload = payload(envelope);
        long bytes = (long) headers.serializedLength() + payload.length;
        long most = connection.getServerInfo().getMaxPayload();
        if (bytes > most) {
            return refused(what + ": its " + bytes + " bytes are more than the server's max_payload of " + most);
        }
        try {
            return new Publication(what, subject, stream.publishAsync(subject, headers, payload));
        } catch (IllegalStateException e) { // the connection has been closed, or its queue is full
            return Pipeline.ended(new Pipeline.Outcome(Delivery.retry(what + ": connection broken"), true));
        }
    }

    private static Pipeline.Attempt refused(String reason) {
        return Pipeline.ended(new Pipeline.Outcome(Delivery.rejected(reason), false));
    }

    private Headers headers(Envelope envelope) {
        Headers headers = new Headers();
        if (settings.mode() == NatsSink.Mode.BINARY) {
            CloudEventsNats.headers(envelope).forEach((name, value) -> headers.put(name, value));
        } else {
            headers.put("content-type", CloudEventsHttp.STRUCTURED);
        }
        headers.put("Nats-Msg-Id", CloudEventsNats.messageId(envelope));
        if (!settings.stream().isEmpty()) {
            headers.put("Nats-Expected-Stream", settings.stream());
        }
        return headers;
    }

    private byte[] payload(Envelope envelope) {
        if (settings.mode() == NatsSink.Mode.STRUCTURED) {
            return CloudEventsJson.write(envelope);
        }
        byte[] data = envelope.data();
        return data == null ? NO_BYTES : data;
    }

    private final class Publication implements Pipeline.Attempt {

        private final String what;
        private final String subject;
        private final CompletableFuture<PublishAck> acknowledgement;

        private Publication(String what, String subject, CompletableFuture<PublishAck> acknowledgement) {
            this.what = what;
            this.subject = subject;
            this.acknowledgement = acknowledgement;
        }

        @Override
        public CompletableFuture<?> end() {
            return acknowledgement;
        }

        @Override
        public Pipeline.Outcome outcome(@Nullable Throwable failure) {
            if (acknowledgement.isCancelled()) {
                String why = "no acknowledgement within " + settings.timeout().toMillis() + " ms";
                return new Pipeline.Outcome(Delivery.retry(what + ": " + why), true);
            }
            if (failure != null) {
                return failed(failure);
            }
            PublishAck answer = acknowledgement.join();
            return answer.isDuplicate() ? stored(answer) : new Pipeline.Outcome(Delivery.delivered(), false);
        }

        private Pipeline.Outcome failed(Throwable failure) {
            return NatsOutcome.of(failure, what, connection.getStatus() == Connection.Status.CONNECTED);
        }

        /** A stream takes an id once, whatever the subject: what it has may be what somebody else published. */
        private Pipeline.Outcome stored(PublishAck answer) {
            try {
                MessageInfo first = streams.getMessage(answer.getStream(), answer.getSeqno());
                return subject.equals(first.getSubject())
                        ? new Pipeline.Outcome(Delivery.delivered(), false)
                        : new Pipeline.Outcome(Delivery.retry(what + ELSEWHERE), false);
            } catch (JetStreamApiException e) {
                return failed(e);
            } catch (IOException | IllegalStateException e) { // no answer in time, closed, or the lane was interrupted
                String why = ": it is a duplicate, and the stream does not say of what";
                return new Pipeline.Outcome(Delivery.retry(what + why), true);
            }
        }
    }
}
