package dev.tidemark.relay.config;

/** How values of strangers are put into messages: one line, not long, nothing that steers a terminal. */
final class Shown {

    private static final int MOST = 80;

    private Shown() {}

    static String text(String value) {
        StringBuilder shown = new StringBuilder();
        value.codePoints().limit(MOST).forEach(c -> {
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                shown.append(String.format("\\u%04x", c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return value.codePointCount(0, value.length()) > MOST ? shown + "…" : shown.toString();
    }

    /** A URL without what may be secret in it: user, password and the values of its query. */
    static String url(String url) {
        String shown = url.replaceFirst("//[^/?#]*@", "//***@");
        int query = shown.indexOf('?');
        return query < 0
                ? shown
                : shown.substring(0, query) + shown.substring(query).replaceAll("=[^&]*", "=***");
    }
}
