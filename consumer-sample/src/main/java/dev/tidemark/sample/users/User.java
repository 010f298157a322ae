package dev.tidemark.sample.users;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * A user, as it is stored, shown and told.
 *
 * @param id made by the service; a UUID
 * @param name any text that is not blank
 */
record User(String id, String name) {

    private static final ObjectMapper JSON = new ObjectMapper();

    String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("two strings are always valid JSON", e);
        }
    }
}
