package dev.tidemark.sample.demo;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Places orders: each begins a saga of three events. There is less in stock than is wanted. */
final class Shopper implements Callable<@Nullable Void> {

    private static final List<String> ITEMS = List.of("lamp", "chair", "bookcase", "tide clock", "小さな舟");
    private static final Duration TRIES_AGAIN_AFTER = Duration.ofMillis(200);

    private final Client client;
    private final Ledger ledger;
    private final List<String> users;
    private final Random random;
    private final int orders;
    private final int ahead;

    /**
     * A shopper who has not begun.
     *
     * @param orders how many to place
     * @param ahead orders that may be unanswered: beyond, it waits
     */
    Shopper(Client client, Ledger ledger, List<String> users, long seed, int orders, int ahead) {
        this.client = client;
        this.ledger = ledger;
        this.users = users;
        this.random = new Random(seed);
        this.orders = orders;
        this.ahead = ahead;
    }

    /** Fills the stock for {@code orders} orders, not quite; returns what there is of each item. */
    static Map<String, Integer> fillStock(Client client, int orders) throws IOException, InterruptedException {
        Map<String, Integer> stock = new TreeMap<>();
        for (String item : ITEMS) {
            int quantity = 1 + orders / 3;
            client.stock(item, quantity);
            stock.put(item, quantity);
        }
        return stock;
    }

    @Override
    public @Nullable Void call() throws IOException, InterruptedException {
        for (int i = 0; i < orders; i++) {
            while (!ledger.await(this::mayGoOn, TRIES_AGAIN_AFTER)) {
                // a relay is down, or slower than we are
            }
            placeOne();
        }
        return null;
    }

    void placeOne() throws IOException, InterruptedException {
        int index = Math.min(random.nextInt(ITEMS.size()), random.nextInt(ITEMS.size()));
        client.placeOrder(users.get(random.nextInt(users.size())), ITEMS.get(index), 1 + random.nextInt(3));
    }

    private boolean mayGoOn() {
        return ledger.outstanding(Subscription.ORDERS_TO_INVENTORY) < ahead;
    }
}
