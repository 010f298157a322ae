package dev.tidemark.torture;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** All faults there are, by name. */
final class Faults {

    private static final Map<String, Fault> ALL = new TreeMap<>(List.of(
                    new Kill(),
                    new Freeze(),
                    new Both(),
                    new ReceiverReject(),
                    new PostgresCrash(),
                    new BadLink(),
                    new WalsenderEnd(),
                    new ReceiverDown(),
                    new ReceiverFrozen(),
                    new ReceiverSilent(),
                    new AlterTable())
            .stream()
            .collect(Collectors.toMap(Fault::name, fault -> fault)));

    private Faults() {}

    static List<Fault> all() {
        return List.copyOf(ALL.values());
    }

    /** @throws IllegalArgumentException if there is none of that name, saying which there are */
    static Fault named(String name) {
        Fault fault = ALL.get(name);
        if (fault == null) {
            throw new IllegalArgumentException(
                    "there is no fault " + name + "; there are " + String.join(", ", ALL.keySet()));
        }
        return fault;
    }
}
