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
            return Reading.unfinished(
                    system,
                    round,
                    new Gate.Verdict(expected, 0, 0, 0),
                    "nothing was read within " + STARTS_WITHIN.toSeconds() + " s: " + process.endOfLog());
        }
        String complaint = awaitEnd(look);
        return system.kind() == Contender.Kind.RECVLOGICAL
                ? ofCeiling(system, round, complaint)
                : ofArrivals(system, round, complaint);
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
        long end = MeasuredProcess.number(complete, "end");
        long half = MeasuredProcess.number(complete, "half");
        double cpuAtEnd = MeasuredProcess.fraction(complete, "cpu");
        int second = expected - expected / 2;
        @Nullable Properties last = process.said(Arrivals.VERDICT);
        return new Reading(
                system,
                round,
                expected * MICROS / (end - startMicros),
                second * MICROS / (end - half),
                perMillion(cpuAtEnd - startCpu, expected),
                perMillion(cpuAtEnd - MeasuredProcess.fraction(complete, "halfCpu"), second),
                perMillion(senderCpu - senderStartCpu, expected),
                last == null ? 0 : MeasuredProcess.number(last, "rss"),
                verdict,
                complaint);
    }

    private static double perMillion(double cpuSeconds, int events) {
        return cpuSeconds * 1e6 / events;
    }
}
