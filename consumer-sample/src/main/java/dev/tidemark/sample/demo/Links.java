package dev.tidemark.sample.demo;

import dev.tidemark.testkit.Closing;
import dev.tidemark.testkit.FaultyProxy;
import java.net.URI;
import java.util.EnumMap;
import java.util.Map;

/**
 * The network between relays and services, which can be made bad.
 *
 * @param proxies none where relays and services are connected without a detour
 */
record Links(Map<Subscription, FaultyProxy> proxies) {

    static final Links NONE = new Links(Map.of());

    /** A link for each subscription, on which nothing is wrong yet. */
    static Links to(Services services, Closing closing) {
        Map<Subscription, FaultyProxy> proxies = new EnumMap<>(Subscription.class);
        for (Subscription subscription : Subscription.values()) {
            URI service = services.events(subscription);
            proxies.put(subscription, closing.add(FaultyProxy.to(service.getHost(), service.getPort())));
        }
        return new Links(proxies);
    }

    /** The address by which a relay reaches {@code service}. */
    URI through(Subscription subscription, URI service) {
        FaultyProxy proxy = proxies.get(subscription);
        return proxy == null ? service : URI.create("http://" + proxy.host() + ":" + proxy.port() + service.getPath());
    }
}
