package dev.tidemark.contracts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.contracts.schema.SchemaDocument;
import java.util.List;
import java.util.Map;

/**
 * The contracts as an AsyncAPI document: a channel for each type of aggregate, a message for each version of each type
 * of event, and an operation for each service that writes or reads them.
 *
 * @see <a href="https://www.asyncapi.com/docs/reference/specification/v3.0.0">AsyncAPI 3.0.0</a>
 */
final class AsyncApi {

    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final ObjectNode root = MAPPER.createObjectNode();
    private final ObjectNode channels;
    private final ObjectNode operations;
    private final ObjectNode messages;
    private final ObjectNode schemas;

    AsyncApi(String title, Contracts contracts) {
        root.put("asyncapi", "3.0.0");
        ObjectNode info = root.putObject("info");
        info.put("title", title);
        info.put("version", "1.0.0");
        info.put(
                "description",
                "Events of the outboxes, delivered as CloudEvents 1.0, at least once, and in commit order"
                        + " for each aggregate.");
        root.put("defaultContentType", "application/json");
        channels = root.putObject("channels");
        operations = root.putObject("operations");
        ObjectNode components = root.putObject("components");
        messages = components.putObject("messages");
        schemas = components.putObject("schemas");
        contracts.all().forEach(this::add);
    }

    String text() {
        try {
            return MAPPER.writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    private void add(Contract contract) {
        ObjectNode channel = channels.withObjectProperty(contract.aggregateType());
        channel.put("description", "Events of aggregates of type " + contract.aggregateType() + ".");
        ObjectNode own = channel.withObjectProperty("messages");
        for (Map.Entry<Integer, SchemaDocument> version : contract.versions().entrySet()) {
            String key = key(contract, version.getKey());
            own.putObject(key).put("$ref", "#/components/messages/" + key);
            messages.set(key, message(contract, version.getKey(), key));
            ObjectNode schema = schemas.putObject(key);
            schema.put("schemaFormat", format(version.getValue()));
            JsonNode json = version.getValue().json();
            moveReferences(json, "#/components/schemas/" + key + "/schema");
            schema.set("schema", json);
        }
        if (!contract.owner().isEmpty()) {
            operate("send", contract.owner(), contract, 1);
        }
        contract.consumers().forEach(consumer -> operate("receive", consumer.name(), contract, consumer.reads()));
    }

    /** Letters that every tool takes in a name of its own. */
    private static String key(Contract contract, int version) {
        return contract.aggregateType() + "." + contract.type() + ".v" + version;
    }

    private static String format(SchemaDocument schema) {
        return "application/schema+json;version="
                + (schema.dialectId().contains("draft-07") ? "draft-07" : "draft-2020-12");
    }

    private static ObjectNode message(Contract contract, int version, String key) {
        ObjectNode message = MAPPER.createObjectNode();
        message.put("name", contract.type());
        message.put("title", contract.type() + ", version " + version);
        if (!contract.description().isEmpty()) {
            message.put("description", contract.description());
        }
        message.put("contentType", "application/json");
        message.putObject("payload").put("$ref", "#/components/schemas/" + key);
        return message;
    }

    /** What a service sends or receives, of the versions that it knows. */
    private void operate(String action, String service, Contract contract, int reads) {
        ObjectNode operation = operations.putObject(service.replaceAll("[^A-Za-z0-9._-]", "-") + "." + action + "."
                + contract.aggregateType() + "." + contract.type());
        operation.put("action", action);
        operation.put("title", service + (action.equals("send") ? " writes " : " reads ") + contract.type());
        operation.putObject("channel").put("$ref", "#/channels/" + contract.aggregateType());
        ArrayNode known = operation.putArray("messages");
        int last = action.equals("send") ? contract.newest() : reads;
        for (int version = 1; version <= last; version++) {
            known.addObject()
                    .put("$ref", "#/channels/" + contract.aggregateType() + "/messages/" + key(contract, version));
        }
    }

    /** A reference begins at the root of its file, which is another one here. */
    private static void moveReferences(JsonNode json, String root) {
        if (json.isObject()) {
            ObjectNode object = (ObjectNode) json;
            for (String name : List.of("$schema", "$id")) {
                if (object.path(name).isTextual()) {
                    object.remove(name);
                }
            }
            if (object.path("$ref").asText().startsWith("#")) {
                object.put("$ref", root + object.get("$ref").textValue().substring(1));
            }
        }
        json.forEach(inner -> moveReferences(inner, root));
    }
}
