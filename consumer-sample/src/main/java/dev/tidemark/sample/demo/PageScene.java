package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.page.Arrivals;
import dev.tidemark.sample.demo.page.Scene;
import dev.tidemark.sample.demo.page.ShownRelay;
import dev.tidemark.sample.demo.page.ShownService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the page shows of a stage. */
final class PageScene {

    private PageScene() {}

    /** The scene; writes the configuration of {@code tidemark verify}. */
    static Scene of(Stage stage, Arrivals arrivals, Kills kills, Ledger ledger) throws IOException {
        Services services = stage.services();
        Databases databases = stage.databases();
        Path config = RelayLauncher.configureVerify(databases, stage.folder());
        List<String> verify = RelayLauncher.tidemark("verify", "--json", "--config", config.toString());
        return new Scene(
                new ShownService(services.users().uri(), databases.users()),
                new ShownService(services.orders().uri(), databases.orders()),
                new ShownService(services.inventory().uri(), databases.inventory()),
                Stream.of(Subscription.values())
                        .map(subscription -> relay(subscription, stage, kills))
                        .toList(),
                arrivals,
                source -> ledger.committedByService(Subscription.ofSource(source)),
                verify,
                repairing(verify, stage.config(Subscription.USERS_TO_ORDERS)),
                stage.folder().resolve("verify.log"));
    }

    private static List<String> repairing(List<String> verify, Path relay) {
        String subscriber = Subscription.USERS_TO_ORDERS.subscriber();
        return Stream.concat(
                        verify.stream(), Stream.of("--repair", "--subscriber", subscriber, "--relay", relay.toString()))
                .toList();
    }

    private static ShownRelay relay(Subscription subscription, Stage stage, Kills kills) {
        return new ShownRelay(
                subscription.source(),
                subscription.subscriber(),
                RelayLauncher.slot(subscription),
                stage.relay(subscription),
                stage.links().proxies().get(subscription),
                () -> kills.relays().killNow(subscription),
                () -> kills.relays().done(subscription));
    }
}
