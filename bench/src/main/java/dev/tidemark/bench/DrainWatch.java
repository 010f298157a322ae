package dev.tidemark.bench;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Watches one system drain one slot, with as little work of its own as can be. For one thread. */
final class DrainWatch {

    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final Duration STARTS_WITHIN = Duration.ofMinutes(2);
    private static final Duration ENDS_WITHIN = Duration.ofMinutes(15);
    private static final double MICROS = 1e6;

    private final MeasuredProcess process;
    private final int expected;
    private long senderPid;
    private long startMicros;
    private double startCpu;
    private double senderStartCpu;
    private double senderCpu;
    private double cpu;

    DrainWatch(MeasuredProcess process, int expected) {
        this.process = process;
        this.expected = expected;
    }

    Reading await(Contender system, int round, SlotLook look) throws Exception {
        if (!awaitStart(look)) {
            return unfinished(
                    system,
                    round,
                    "nothing was read within " + STARTS_WITHIN.toSeconds() + " s: " + process.endOfLog());
        }
        String complaint = awaitEnd(look);
        return system.kind() == Contender.Kind.RECVLOGICAL
                ? ofCeiling(system, round, complaint)
                : ofArrivals(system, round, complaint);
    }

    /**
     * The same of a process that tells nothing: what has arrived is counted at the destination, which says as late as the next
     * look what came. Whether it is right, the destination is asked afterwards.
     */
    Reading await(Contender system, int round, SlotLook look, Countable.Counter arrived) throws Exception {
        if (!awaitStart(look)) {
            return unfinished(
                    system,
                    round,
                    "nothing was read within " + STARTS_WITHIN.toSeconds() + " s: " + process.endOfLog());
        }
        long deadline = System.nanoTime() + ENDS_WITHIN.toNanos();
        int half = expected / 2;
        long halfMicros = 0;
        double halfCpu = 0;
        while (System.nanoTime() < deadline) {
            note();
            long count = arrived.count();
            if (halfMicros == 0 && count >= half) {
                halfMicros = Arrivals.nowMicros();
                halfCpu = cpu;
            }
            if (count >= expected) {
                return drained(
                        system,
                        round,
                        new Moment(halfMicros, halfCpu),
                        new Moment(Arrivals.nowMicros(), cpu),
                        Kernel.peakMebibytes(process.pid()),
                        "");
            }
            if (!process.isAlive()) {
                return unfinished(system, round, "it ended: " + process.endOfLog());
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
        return unfinished(system, round, "it did not finish within " + ENDS_WITHIN.toMinutes() + " minutes");
    }

    private Reading unfinished(Contender system, int round, String complaint) {
        return Reading.unfinished(system, round, new Gate.Verdict(expected, 0, 0, 0), complaint);
    }

    /** @param cpu seconds of the process by then */
    private record Moment(long micros, double cpu) {}

    /** The gate is the destination's. */
    private Reading drained(
            Contender system, int round, Moment half, Moment end, long peakMebibytes, String complaint) {
        int second = expected - expected / 2;
        return new Reading(
                system,
                round,
                expected * MICROS / (end.micros() - startMicros),
                second * MICROS / (end.micros() - half.micros()),
                perMillion(end.cpu() - startCpu, expected),
                perMillion(end.cpu() - half.cpu(), second),
                perMillion(senderCpu - senderStartCpu, expected),
                peakMebibytes,
                new Gate.Verdict(0, 0, 0, 0),
                complaint);
    }

    private boolean awaitStart(SlotLook look) throws Exception {
        long deadline = System.nanoTime() + STARTS_WITHIN.toNanos();
        while (senderPid == 0 && System.nanoTime() < deadline) {
            senderPid = look.look().pid();
            startMicros = Arrivals.nowMicros();
            if (!process.isAlive()) {
                return senderPid != 0;
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS / 5);
        }
        startCpu = process.cpuSeconds();
        senderStartCpu = Kernel.cpuSeconds(senderPid).orElse(0);
        senderCpu = senderStartCpu;
        return senderPid != 0;
    }

    /** Returns why it did not finish; nothing if it did. */
    private String awaitEnd(SlotLook look) throws Exception {
        long deadline = System.nanoTime() + ENDS_WITHIN.toNanos();
        boolean passedBefore = false;
        while (System.nanoTime() < deadline) {
            note();
            if (process.said(Arrivals.COMPLETE) != null) {
                return "";
            }
            if (!process.isAlive()) {
                return process.exitCode() == 0 ? "" : "it ended: " + process.endOfLog();
            }
            if (passedBefore) {
                return "the slot was told that all is delivered, but it is not";
            }
            passedBefore = look.look().passed(); // what arrived before that is seen at the next look
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
        return "it did not finish within " + ENDS_WITHIN.toMinutes() + " minutes";
    }

    private void note() {
        senderCpu = Kernel.cpuSeconds(senderPid).orElse(senderCpu);
        cpu = Math.max(cpu, process.cpuSeconds());
    }

    private Reading ofCeiling(Contender system, int round, String complaint) {
        double seconds = (Arrivals.nowMicros() - startMicros) / MICROS;
        long missing = complaint.isEmpty() ? 0 : expected;
        return new Reading(
                system,
                round,
                (expected - 1) / seconds,
                Double.NaN,
                perMillion(cpu, expected),
                Double.NaN,
                perMillion(senderCpu - senderStartCpu, expected),
                0,
                new Gate.Verdict(missing, 0, 0, 0),
                complaint);
    }

    private Reading ofArrivals(Contender system, int round, String complaint) throws Exception {
        Properties complete = process.said(Arrivals.COMPLETE);
        Gate.Verdict verdict = process.end(expected);
        if (complete == null) {
            return Reading.unfinished(system, round, verdict, complaint);
        }
        @Nullable Properties last = process.said(Arrivals.VERDICT);
        return drained(
                        system,
                        round,
                        new Moment(
                                MeasuredProcess.number(complete, "half"),
                                MeasuredProcess.fraction(complete, "halfCpu")),
                        new Moment(MeasuredProcess.number(complete, "end"), MeasuredProcess.fraction(complete, "cpu")),
                        last == null ? 0 : MeasuredProcess.number(last, "rss"),
                        complaint)
                .with(verdict);
    }

    private static double perMillion(double cpuSeconds, int events) {
        return cpuSeconds * 1e6 / events;
    }
}
