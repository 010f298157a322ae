package dev.tidemark.contracts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What was changed from one schema to another, keyword by keyword, for people to read. */
final class Changes {

    private static final int LONGEST = 200;

    private final List<String> changes = new ArrayList<>();

    private Changes() {}

    static List<String> between(JsonNode before, JsonNode after) {
        Changes changes = new Changes();
        changes.compare("", before, after);
        return changes.changes;
    }

    private void compare(String place, JsonNode before, JsonNode after) {
        if (before.equals(after)) {
            return;
        }
        if (before.isObject() && after.isObject()) {
            Set<String> names = new TreeSet<>();
            before.fieldNames().forEachRemaining(names::add);
            after.fieldNames().forEachRemaining(names::add);
            names.forEach(name -> compare(place + "/" + name, before.path(name), after.path(name)));
        } else if (before.isArray() && after.isArray() && isPlain(before) && isPlain(after)) {
            before.forEach(item -> note("removed from ", place, item, after));
            after.forEach(item -> note("added to ", place, item, before));
        } else if (before.isMissingNode()) {
            changes.add("added " + place + ": " + shown(after));
        } else if (after.isMissingNode()) {
            changes.add("removed " + place);
        } else {
            changes.add(
                    "changed " + (place.isEmpty() ? "all" : place) + ": from " + shown(before) + " to " + shown(after));
        }
    }

    private static boolean isPlain(JsonNode array) {
        for (JsonNode item : array) {
            if (item.isContainerNode()) {
                return false;
            }
        }
        return true;
    }

    private void note(String what, String place, JsonNode item, JsonNode others) {
        for (JsonNode other : others) {
            if (other.equals(item)) {
                return;
            }
        }
        changes.add(what + place + ": " + shown(item));
    }

    private static String shown(JsonNode json) {
        String text = json.toString();
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
