package dev.tidemark.relay.config;

import java.io.StringReader;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.composer.ComposerException;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/**
 * YAML as a tree of nodes: nothing is constructed from tags, and aliases cannot multiply without end. Messages
 * have the line, but no piece of the text, which may be secret.
 */
final class YamlText {

    private static final int MOST_ALIASES = 20;
    private static final int DEEPEST = 20;

    private YamlText() {}

    /** Null if there is nothing in {@code yaml}. */
    static @Nullable Node parse(String name, String yaml) {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(MOST_ALIASES);
        options.setNestingDepthLimit(DEEPEST);
        try {
            return new Yaml(options).compose(new StringReader(yaml));
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
            throw refused(name, "line " + line, "is not YAML: " + what(e));
        } catch (YAMLException e) {
            throw refused(
                    name, "the file", "is not YAML that is read here: " + Shown.text(String.valueOf(e.getMessage())));
        }
    }

    private static String what(MarkedYAMLException e) {
        if (e instanceof ComposerException) {
            return "an alias without its anchor, or a second document; quote a value that begins with *";
        }
        String problem = String.valueOf(e.getProblem());
        return problem.contains("tag handle")
                ? "a tag that is not known; quote a value that begins with !"
                : Shown.text(problem);
    }

    private static ConfigException refused(String name, String where, String why) {
        return new ConfigException(name, List.of(new Problem(where, why, null)));
    }
}
