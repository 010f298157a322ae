package dev.tidemark.relay.config;

import dev.tidemark.relay.sink.Template;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What may stand in the settings that brokers share. A URL is never shown: it may be secret. */
final class BrokerRules {

    private BrokerRules() {}

    /** @param example such as {@code redis://redis.example.com:6379} */
    static void checkUrl(URI url, Set<String> schemes, String example, Problems problems) {
        String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
        if (url.equals(HttpRules.NO_URL)) {
            problems.add("url", Problems.REQUIRED);
        } else if (url.getRawUserInfo() != null
                || String.valueOf(url.getRawAuthority()).contains("@")) {
            problems.add("url", "must not contain a user or password; there are the settings user and password");
        } else if (!schemes.contains(scheme) || url.getHost() == null || url.getRawFragment() != null) {
            problems.add(
                    "url",
                    "must look like " + example + ", with one of the schemes "
                            + String.join(", ", new TreeSet<>(schemes))
                            + "; what is there is not shown, it may hold a secret");
        }
    }

    /**
     * Refuses what a client would take for settings that are not the relay's: they would stand beside its own, or win.
     *
     * @param path which there may be, such as none
     * @param rule what the URL must have as its path, for people
     */
    static void checkPath(URI url, Pattern path, String rule, Problems problems) {
        if (!problems.concerns("url")
                && (!path.matcher(String.valueOf(url.getRawPath())).matches() || url.getRawQuery() != null)) {
            problems.add("url", rule + ", and nothing behind; what is there is not shown, it may hold a secret");
        }
    }

    static void checkTemplate(String key, String template, Set<String> places, Problems problems) {
        if (!problems.required(key, template)) {
            return;
        }
        try {
            Template.of(template, places);
        } catch (IllegalArgumentException e) {
            problems.add(key, String.valueOf(e.getMessage()), template);
        }
    }
}
