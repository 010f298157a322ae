package dev.tidemark.inbox;

import java.util.regex.Pattern;

/** Names of tables and columns. Checked and quoted, because they cannot be parameters of a statement. */
final class Identifier {

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");

    private Identifier() {}

    /**
     * The name in double quotes; its case matters from there on.
     *
     * @throws IllegalArgumentException if it does not match {@code [A-Za-z_][A-Za-z0-9_]{0,62}}
     */
    static String quote(String what, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(what + " must match " + NAME + ", but was: " + name);
        }
        return '"' + name + '"';
    }

    /** A table, with or without a schema and a dot before it. */
    static String quoteTable(String name) {
        int dot = name.indexOf('.');
        return dot < 0
                ? quote("table", name)
                : quote("schema of the table", name.substring(0, dot)) + "." + quote("table", name.substring(dot + 1));
    }
}
