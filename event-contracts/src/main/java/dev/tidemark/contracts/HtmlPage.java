package dev.tidemark.contracts;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tidemark.contracts.schema.Inclusion;
import dev.tidemark.contracts.schema.SchemaDocument;
import java.util.List;

/** The contracts as one page that needs nothing from the network: no script, and no style but its own. */
final class HtmlPage {

    private static final String STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
            + "padding:0 1rem;color:#222;background:#fff}h2{margin-top:3rem;border-top:1px solid #ccc;padding-top:1rem}"
            + "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;"
            + "border-bottom:1px solid #ddd;vertical-align:top}pre{background:#f4f4f4;padding:1rem;overflow-x:auto}"
            + "code{background:#f4f4f4}.no{color:#a00}.yes{color:#060}"
            + "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre,code{background:#262626}"
            + "a{color:#8bf}.no{color:#f88}.yes{color:#8d8}}";

    private final StringBuilder html = new StringBuilder();

    HtmlPage(String title, Contracts contracts) {
        line("<!DOCTYPE html>");
        line("<html lang=\"en\"><head><meta charset=\"utf-8\">");
        line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        line("<title>" + escaped(title) + "</title><style>" + STYLE + "</style></head><body>");
        line("<h1>" + escaped(title) + "</h1>");
        overview(contracts);
        contracts.all().forEach(this::contract);
        line("</body></html>");
    }

    String text() {
        return html.toString();
    }

    private void overview(Contracts contracts) {
        line("<table><thead><tr><th>Aggregate</th><th>Event</th><th>Newest version</th><th>Owner</th>"
                + "<th>Consumers</th></tr></thead><tbody>");
        for (Contract contract : contracts.all()) {
            line("<tr><td>" + escaped(contract.aggregateType()) + "</td><td><a href=\"#" + anchor(contract) + "\">"
                    + escaped(contract.type()) + "</a></td><td>" + contract.newest() + "</td><td>"
                    + escaped(contract.owner()) + "</td><td>"
                    + escaped(String.join(
                            ", ",
                            contract.consumers().stream().map(Consumer::name).toList()))
                    + "</td></tr>");
        }
        line("</tbody></table>");
    }

    private void contract(Contract contract) {
        line("<h2 id=\"" + anchor(contract) + "\">" + escaped(contract.name()) + "</h2>");
        if (!contract.description().isEmpty()) {
            line("<p>" + escaped(contract.description()) + "</p>");
        }
        line(
                contract.owner().isEmpty()
                        ? "<p>Nobody is named who writes it.</p>"
                        : "<p>Written by " + escaped(contract.owner()) + ".</p>");
        consumers(contract);
        contract.versions().forEach((version, schema) -> version(contract, version, schema));
    }

    private void consumers(Contract contract) {
        if (contract.consumers().isEmpty()) {
            line("<p>No consumer is named.</p>");
            return;
        }
        line(
                "<table><thead><tr><th>Consumer</th><th>Knows version</th><th>Can read the newest</th></tr></thead><tbody>");
        for (Consumer consumer : contract.consumers()) {
            boolean reads = Inclusion.breaks(contract.version(contract.newest()), contract.version(consumer.reads()))
                    .isEmpty();
            line("<tr><td>" + escaped(consumer.name()) + "</td><td>" + consumer.reads() + "</td><td>" + answer(reads)
                    + "</td></tr>");
        }
        line("</tbody></table>");
    }

    private void version(Contract contract, int version, SchemaDocument schema) {
        line("<h3>Version " + version + "</h3>");
        SchemaDocument before = contract.versions().get(version - 1);
        if (before != null) {
            line("<p>Reads all of version " + (version - 1) + ": "
                    + answer(Inclusion.breaks(before, schema).isEmpty())
                    + "; is read by version " + (version - 1) + ": "
                    + answer(Inclusion.breaks(schema, before).isEmpty()) + ".</p>");
            List<String> changes = Changes.between(before.json(), schema.json());
            line("<ul>");
            changes.forEach(change -> line("<li><code>" + escaped(change) + "</code></li>"));
            line("</ul>");
        }
        JsonNode json = schema.json();
        line("<details" + (version == contract.newest() ? " open" : "") + "><summary>Schema</summary><pre>"
                + escaped(json.toPrettyString()) + "</pre></details>");
    }

    private static String answer(boolean yes) {
        return yes ? "<span class=\"yes\">yes</span>" : "<span class=\"no\">no</span>";
    }

    private static String anchor(Contract contract) {
        return escaped(contract.name().replace('/', '.'));
    }

    private void line(String text) {
        html.append(text).append('\n');
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
