package dev.tidemark.relay.config;

import java.util.regex.Pattern;

/** What may stand in the settings that the sinks for AWS share. */
final class AwsRules {

    private static final Pattern REGION = Pattern.compile("[a-z]{2,}(-[a-z0-9]+)+");
    private static final Pattern ACCESS_KEY = Pattern.compile("[A-Za-z0-9_]{0,128}");

    private AwsRules() {}

    /**
     * Checks which region is meant.
     *
     * @param told by where events go; empty if that does not tell it
     * @param where the setting that tells it, or does not
     */
    static void checkRegion(String region, String told, String where, Problems problems) {
        if (region.isEmpty() && told.isEmpty()) {
            problems.add("region", "is required, as " + where + " does not tell it; such as eu-central-1");
        } else if (!region.isEmpty() && !REGION.matcher(region).matches()) {
            problems.add("region", "must be a region, such as eu-central-1", region);
        } else if (!region.isEmpty() && !told.isEmpty() && !region.equals(told)) {
            problems.add("region", "must be that of " + where + ", which is " + told + ", or be left out", region);
        }
    }

    /** Both keys, or none. The access key says who asks and is shown; the other is the secret. */
    static void checkKeys(String accessKey, Secret secretKey, Problems problems) {
        if (!ACCESS_KEY.matcher(accessKey).matches()) {
            problems.add(
                    "accesskey",
                    "must be at most 128 of a-z, A-Z, 0-9 and _; what is there is not shown, it may be secret");
        } else if (accessKey.isEmpty() == secretKey.isSet()) {
            problems.add(
                    accessKey.isEmpty() ? "accesskey" : "secretkey", "is required, as the other of the two is set");
        }
    }
}
