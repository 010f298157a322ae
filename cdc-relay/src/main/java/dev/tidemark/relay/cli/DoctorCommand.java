package dev.tidemark.relay.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.doctor.Doctor;
import dev.tidemark.relay.doctor.Finding;
import dev.tidemark.relay.doctor.Finding.Severity;
import dev.tidemark.relay.doctor.Remedy;
import dev.tidemark.relay.migrate.MigrationException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Says what keeps a relay from working, and what mends it. */
@Command(
        name = "doctor",
        header = "Check everything a relay needs, and say what mends it.",
        description = {
            "",
            "Looks, as the relay's own role, at the server and its settings, slots, rights, publication, tables and at"
                    + " whether each sink can be reached. Changes nothing and sends no event, unless --fix is given.",
            ""
        },
        footer = {
            "",
            "With --json: {\"result\": ok, warning or problem, \"findings\": [{severity, check, message, mend (or null)}],"
                    + " \"fixed\": [what --fix did, or why not]}",
            "Exit codes: 0 no problem (but maybe warnings), 1 problems, 2 wrong usage or configuration",
            "",
            "Examples:",
            "  tidemark doctor --config relay.yaml",
            "  tidemark doctor --config relay.yaml --fix --user postgres --password-env PGPASSWORD"
        })
final class DoctorCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--config", required = true, paramLabel = "FILE", description = "The relay's configuration.")
    @SuppressWarnings("NullAway.Init") // required
    private Path file;

    @Option(
            names = "--fix",
            description = "Make the tables, the publication and the slot if they are missing, then look again. Never"
                    + " drops or changes what is there.")
    private boolean fix;

    @Option(
            names = "--user",
            paramLabel = "NAME",
            description = "As whom --fix works: an owner of the outbox with REPLICATION, or a superuser. Default: the"
                    + " relay's role, which mostly may not.")
    private @Nullable String user;

    @Mixin
    private PasswordOptions password = new PasswordOptions();

    @Option(names = "--json", description = "Print JSON instead of text. Errors stay text, on standard error.")
    private boolean json;

    @Override
    public Integer call() {
        if (!fix && (user != null || password.isGiven())) {
            throw new ParameterException(
                    spec.commandLine(), "--user and its password are for --fix; the rest is looked at as source.user");
        }
        if (user == null && password.isGiven()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "whose password? Give --user, too; without it --fix works as source.user, with source.password");
        }
        RelayConfig config = ConfigFile.read(file);
        List<Finding> findings = new Doctor(config).examine();
        List<String> fixed = new ArrayList<>();
        if (fix) {
            fix(config.source(), findings, fixed);
            findings = new Doctor(config).examine();
        }
        if (json) {
            Json.print(spec.commandLine().getOut(), json(findings, fixed));
        } else {
            print(findings, fixed);
        }
        return worst(findings) == Severity.PROBLEM ? Exit.FAILED : Exit.OK;
    }

    private void fix(SourceConfig source, List<Finding> findings, List<String> fixed) {
        SourceConfig.Builder as = source.toBuilder();
        if (user != null) {
            as.user(user).password(password.resolve(System.getenv(), true));
        }
        try {
            new Remedy(as.build()).apply(findings, fixed::add);
        } catch (MigrationException e) {
            fixed.add("Not fixed: " + e.getMessage());
        }
    }

    private void print(List<Finding> findings, List<String> fixed) {
        PrintWriter out = spec.commandLine().getOut();
        fixed.forEach(line -> out.println("fix      " + line.replace("\n", "\n         ")));
        for (Finding finding : findings) {
            out.println(String.format(
                    "%-8s %s: %s",
                    name(finding.severity()), Plain.text(finding.check()), Plain.text(finding.message())));
            if (finding.mend() != null) {
                out.println("         -> " + Plain.text(finding.mend()));
            }
        }
        out.println(count(findings, Severity.PROBLEM, "problem") + ", " + count(findings, Severity.WARNING, "warning")
                + ", " + count(findings, Severity.OK, "ok").replaceFirst("s$", ""));
        out.flush();
    }

    private static ObjectNode json(List<Finding> findings, List<String> fixed) {
        ObjectNode json = Json.object().put("result", name(worst(findings)));
        ArrayNode all = json.putArray("findings");
        for (Finding finding : findings) {
            all.addObject()
                    .put("severity", name(finding.severity()))
                    .put("check", finding.check())
                    .put("message", finding.message())
                    .put("mend", finding.mend());
        }
        ArrayNode lines = json.putArray("fixed");
        fixed.forEach(lines::add);
        return json;
    }

    private static Severity worst(List<Finding> findings) {
        return findings.stream().map(Finding::severity).max(Severity::compareTo).orElse(Severity.OK);
    }

    private static String count(List<Finding> findings, Severity severity, String what) {
        long count = findings.stream()
                .filter(finding -> finding.severity() == severity)
                .count();
        return count + " " + what + (count == 1 ? "" : "s");
    }

    private static String name(Severity severity) {
        return severity.name().toLowerCase(Locale.ROOT);
    }
}
