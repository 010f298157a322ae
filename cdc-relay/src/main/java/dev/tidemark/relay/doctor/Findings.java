package dev.tidemark.relay.doctor;

import dev.tidemark.relay.doctor.Finding.Severity;
import java.util.ArrayList;
import java.util.List;

/** Collects what was found, in order. For one thread. */
final class Findings {

    private final List<Finding> all = new ArrayList<>();

    void ok(String check, String message) {
        all.add(new Finding(Severity.OK, check, message, null));
    }

    void warning(String check, String message, String mend) {
        all.add(new Finding(Severity.WARNING, check, message, mend));
    }

    void problem(String check, String message, String mend) {
        all.add(new Finding(Severity.PROBLEM, check, message, mend));
    }

    List<Finding> all() {
        return List.copyOf(all);
    }
}
