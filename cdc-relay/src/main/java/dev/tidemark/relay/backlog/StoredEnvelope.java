package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.MalformedEnvelopeException;
import java.util.Arrays;

/** An envelope as the bytes of its row: CloudEvents JSON, from which it comes back equal. */
final class StoredEnvelope {

    private StoredEnvelope() {}

    /**
     * Data that is called JSON and is not, or is nested too deep to be read, stands in base64.
     *
     * @throws MalformedEnvelopeException if it could not be read again: better now, while the slot still holds it
     */
    static byte[] write(Envelope envelope) {
        byte[] json = CloudEventsJson.write(envelope);
        if (comesBack(json, envelope)) {
            return json;
        }
        byte[] base64 = CloudEventsJson.writeBase64(envelope);
        CloudEventsJson.read(base64);
        return base64;
    }

    static Envelope read(byte[] json) {
        return CloudEventsJson.read(json);
    }

    private static boolean comesBack(byte[] json, Envelope envelope) {
        try {
            return Arrays.equals(CloudEventsJson.read(json).data(), envelope.data());
        } catch (MalformedEnvelopeException e) {
            return false;
        }
    }
}
