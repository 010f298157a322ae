package dev.tidemark.contracts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.contracts.schema.Break;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a check found, for people and for programs. Fields of the JSON are only ever added. */
final class Report {

    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Level level;
    private final List<String> problems = new ArrayList<>();
    private List<Finding> findings = List.of();
    private List<String> notes = List.of();
    private int types;
    private int versions;

    Report(Level level) {
        this.level = level;
    }

    /** Null if something is wrong with the files, which is noted. */
    @Nullable
    Contracts read(String where, Map<String, String> files) {
        try {
            return Contracts.of(where, files);
        } catch (ContractsException e) {
            e.problems().forEach(problem -> problems.add(where + ": " + problem));
            return null;
        }
    }

    Report with(Contracts contracts, Compatibility.Verdict verdict) {
        types = contracts.all().size();
        versions = contracts.all().stream()
                .mapToInt(contract -> contract.versions().size())
                .sum();
        findings = verdict.findings();
        notes = verdict.notes();
        return this;
    }

    /** As one more note, before all others. */
    Report noting(String note) {
        List<String> all = new ArrayList<>(List.of(note));
        all.addAll(notes);
        notes = all;
        return this;
    }

    boolean isBroken() {
        return !problems.isEmpty() || !findings.isEmpty();
    }

    void print(PrintWriter out, boolean json) {
        if (json) {
            out.println(asJson());
        } else {
            printText(out);
        }
        out.flush();
    }

    private void printText(PrintWriter out) {
        problems.forEach(problem -> out.println("WRONG   " + Plain.text(problem)));
        for (Finding finding : findings) {
            out.println("BROKEN  " + Plain.text(finding.summary()));
            Break reason = finding.reason();
            if (reason != null) {
                out.println("        where:   " + Plain.text(reason.place()));
                out.println("        why:     " + Plain.text(reason.why()));
                if (reason.example() != null) {
                    out.println("        example: " + Plain.text(reason.example()));
                }
            }
            out.println("        whom:    " + Plain.text(finding.consequence()));
            out.println("        do:      " + finding.remedy());
        }
        notes.forEach(note -> out.println("NOTE    " + Plain.text(note)));
        out.println(conclusion());
    }

    private String conclusion() {
        if (!problems.isEmpty()) {
            return problems.size() == 1
                    ? "1 problem; nothing was compared."
                    : problems.size() + " problems; nothing was compared.";
        }
        String counted =
                types + (types == 1 ? " type, " : " types, ") + versions + (versions == 1 ? " version" : " versions");
        return findings.isEmpty()
                ? "Fine: " + counted + ", all of them " + level + "."
                : "Broken: " + counted + ", " + findings.size()
                        + (findings.size() == 1 ? " of their changes breaks " : " of their changes break ") + level
                        + ".";
    }

    private String asJson() {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("level", level.name());
        root.put("compatible", !isBroken());
        root.put("types", types);
        root.put("versions", versions);
        ArrayNode wrong = root.putArray("problems");
        problems.forEach(wrong::add);
        ArrayNode broken = root.putArray("findings");
        findings.forEach(finding -> broken.add(asJson(finding)));
        ArrayNode remarks = root.putArray("notes");
        notes.forEach(remarks::add);
        try {
            return MAPPER.writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    private static ObjectNode asJson(Finding finding) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("kind", finding.kind().name().toLowerCase(Locale.ROOT));
        json.put("contract", finding.contract());
        json.put("writes", finding.writes());
        if (finding.reads() > 0) {
            json.put("reads", finding.reads());
        }
        json.put("summary", finding.summary());
        Break reason = finding.reason();
        if (reason != null) {
            json.put("where", reason.place());
            json.put("why", reason.why());
            json.put("proved", reason.isProved());
            json.put("example", reason.example());
        }
        ArrayNode breaks = json.putArray("breaks");
        finding.broken().forEach(breaks::add);
        json.put("remedy", finding.remedy());
        return json;
    }
}
