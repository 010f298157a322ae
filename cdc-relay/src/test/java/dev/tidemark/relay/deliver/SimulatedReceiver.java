package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.sink.Delivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/** A destination that outlives relays: takes events, refuses them, is down, or takes them and does not say so. */
final class SimulatedReceiver {

    final String name;
    private final SplittableRandom random;
    private final Set<UUID> taken = new LinkedHashSet<>();
    private final Map<Aggregate, Long> newest = new HashMap<>();
    private final Map<Aggregate, Long> last = new HashMap<>();
    private final Map<UUID, Integer> times = new HashMap<>();
    private final Set<UUID> poison = new HashSet<>();
    private final Map<Aggregate, List<String>> wrongs = new HashMap<>();
    private int answersLost;
    boolean down;
    double flakiness;
    double poisonRate;
    boolean blocks;

    SimulatedReceiver(String name, SplittableRandom random, boolean blocks) {
        this.name = name;
        this.random = random;
        this.blocks = blocks;
    }

    /** Answers as a sink must: nothing of an aggregate after what was not delivered of it. */
    List<Delivery> receive(List<Envelope> batch, boolean byTheLeader) {
        Set<Aggregate> stuck = new HashSet<>();
        List<Delivery> answers = new ArrayList<>();
        for (Envelope envelope : batch) {
            Delivery answer =
                    stuck.contains(envelope.aggregate()) ? Delivery.notAttempted() : one(envelope, byTheLeader);
            if (!(answer instanceof Delivery.Delivered)) {
                stuck.add(envelope.aggregate());
            }
            answers.add(answer);
        }
        return answers;
    }

    private Delivery one(Envelope envelope, boolean byTheLeader) {
        if (down) {
            return Delivery.retry("down", random.nextInt(10) == 0 ? Duration.ofMillis(300) : null);
        }
        if (!taken.contains(envelope.id()) && random.nextDouble() < poisonRate) {
            poison.add(envelope.id());
        }
        if (poison.contains(envelope.id())) {
            return Delivery.rejected("poison");
        }
        if (random.nextDouble() < flakiness) {
            boolean tookIt = random.nextInt(4) == 0;
            if (tookIt) {
                answersLost++;
                take(envelope, byTheLeader);
            }
            return Delivery.retry(tookIt ? "answer lost" : "unlucky");
        }
        take(envelope, byTheLeader);
        return Delivery.delivered();
    }

    private void take(Envelope envelope, boolean byTheLeader) {
        long version = envelope.aggregateVersion() == null ? 0 : envelope.aggregateVersion();
        times.merge(envelope.id(), 1, Integer::sum);
        if (taken.add(envelope.id())) {
            long before = newest.getOrDefault(envelope.aggregate(), 0L);
            if (blocks ? version != before + 1 : version <= before && !wasPoison(envelope.id())) {
                wrongs.computeIfAbsent(envelope.aggregate(), of -> new ArrayList<>())
                        .add(name + " got " + Events.label(envelope) + " first when " + (before + 1) + " was next");
            }
            newest.merge(envelope.aggregate(), version, Math::max);
        }
        if (byTheLeader) {
            long before = last.getOrDefault(envelope.aggregate(), 0L);
            if (blocks && version > before + 1) {
                wrongs.computeIfAbsent(envelope.aggregate(), of -> new ArrayList<>())
                        .add(name + " got " + Events.label(envelope) + " after version " + before);
            }
            last.put(envelope.aggregate(), version);
        }
    }

    private boolean wasPoison(UUID id) {
        return everPoison.contains(id);
    }

    private final Set<UUID> everPoison = new HashSet<>();

    void heal() {
        down = false;
        flakiness = 0;
        poisonRate = 0;
        everPoison.addAll(poison);
        poison.clear();
    }

    boolean has(UUID id) {
        return taken.contains(id);
    }

    /** How often the event came that came most often. */
    int most() {
        return times.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    }

    int answersLost() {
        return answersLost;
    }

    Map<Aggregate, List<String>> wrongs() {
        return wrongs;
    }

    Map<Aggregate, Long> newest() {
        return newest;
    }

    Map<Aggregate, Long> last() {
        return last;
    }
}
