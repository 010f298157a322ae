package dev.tidemark.outbox;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The outbox's table; its functions stand beside it, and their names begin with the table's.
 *
 * @param schema null to go by the search_path of the connection
 */
record TableName(@Nullable String schema, String table) {

    private static final int MAX_CHARACTERS =
            63 - "_append_transient".length(); // 63: all that Postgres keeps of a name
    private static final Pattern FORM = Pattern.compile("(?:([a-z_][a-z0-9_]{0,62})\\.)?([a-z_][a-z0-9_]*)");

    static TableName parse(String name) {
        Matcher parts = FORM.matcher(name);
        if (!parts.matches() || parts.group(2).length() > MAX_CHARACTERS) {
            throw new IllegalArgumentException(
                    "table must be a name such as outbox or billing.outbox, of a to z, 0 to 9"
                            + " and _ and at most " + MAX_CHARACTERS + " characters after the schema, but was: "
                            + Require.shown(name) + "; a schema with another name can be the first in search_path");
        }
        return new TableName(parts.group(1), parts.group(2));
    }

    /** As it stands in SQL; in quotes, since it may be a keyword. */
    String quoted() {
        return quoted("");
    }

    /** The name of the function that ends with {@code suffix}. */
    String quoted(String suffix) {
        return (schema == null ? "" : '"' + schema + "\".") + '"' + table + suffix + '"';
    }

    @Override
    public String toString() {
        return schema == null ? table : schema + "." + table;
    }
}
