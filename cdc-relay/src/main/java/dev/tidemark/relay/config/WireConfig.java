package dev.tidemark.relay.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

/**
 * How events are named when they travel.
 *
 * @param typePrefix put before every event type, such as {@code com.example.}; empty for none
 * @param schemaBase an absolute URI, such as {@code https://schemas.example.com}, to which event type and
 *     schema version are added; {@value #DEFAULT_SCHEMA_BASE} makes
 *     {@code urn:tidemark:orders:order-placed:1}
 */
public record WireConfig(String typePrefix, String schemaBase) {

    public static final String DEFAULT_SCHEMA_BASE = "urn:tidemark";

    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9._-]{0,128}");

    public static final WireConfig DEFAULT = new WireConfig("", DEFAULT_SCHEMA_BASE);

    public WireConfig {
        Problems problems = new Problems();
        if (!PREFIX.matcher(typePrefix).matches()) {
            problems.add(
                    "typeprefix",
                    "must be at most 128 letters, digits, dots, dashes and underscores, such as com.example.",
                    typePrefix);
        }
        if (problems.required("schemabase", schemaBase) && !isBase(schemaBase)) {
            problems.add(
                    "schemabase",
                    "must be an absolute URI without a slash at its end, without query and user, such as"
                            + " https://schemas.example.com",
                    Shown.url(schemaBase));
        }
        problems.throwIfAny("the wire format");
    }

    private static boolean isBase(String text) {
        try {
            URI uri = new URI(text);
            return uri.isAbsolute()
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null
                    && uri.getRawUserInfo() == null
                    && !text.endsWith("/");
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
