package dev.tidemark.contracts;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The files of a folder as they are in a commit, read with the program {@code git}. */
final class GitFolder {

    private final Path folder;

    private GitFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * By their paths below {@code folder}; nothing if the commit has no such folder.
     *
     * @param reference of a commit, such as {@code origin/main}
     * @throws IOException if there is no git, the folder is in no repository, or the reference is unknown
     */
    static SortedMap<String, String> read(Path folder, String reference) throws IOException {
        GitFolder git = new GitFolder(folder);
        if (git.run("rev-parse", "--is-inside-work-tree").exit() != 0) {
            throw new IOException(folder + " is in no git repository, so that " + reference
                    + " cannot be read from one; give a folder with the published contracts instead");
        }
        Answer commit = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", reference + "^{commit}");
        if (commit.exit() != 0) {
            throw new IOException(reference + " is neither a folder nor a commit of the git repository of " + folder
                    + "; if it is a branch of a server, fetch it first");
        }
        return git.files(commit.out().strip());
    }

    private SortedMap<String, String> files(String commit) throws IOException {
        SortedMap<String, String> files = new TreeMap<>();
        for (String line : succeeded("ls-tree", "-r", "-z", commit).split("\0", -1)) {
            if (!line.isEmpty()) {
                int tab = line.indexOf('\t');
                String[] attributes = line.substring(0, tab).split(" ", 3);
                if (attributes[1].equals("blob")) {
                    files.put(line.substring(tab + 1), succeeded("cat-file", "blob", attributes[2]));
                }
            }
        }
        return files;
    }

    private String succeeded(String... arguments) throws IOException {
        Answer answer = run(arguments);
        if (answer.exit() != 0) {
            throw new IOException("git " + String.join(" ", arguments) + " failed: "
                    + answer.out().strip());
        }
        return answer.out();
    }

    private record Answer(int exit, String out) {}

    private Answer run(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git", "-C", folder.toString()));
        Collections.addAll(command, arguments);
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new IOException("git cannot be run; install it, or give a folder with the published contracts", e);
        }
        try (InputStream out = process.getInputStream()) {
            process.getOutputStream().close();
            String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            return new Answer(process.waitFor(), text);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while git was running");
        } finally {
            process.destroy();
        }
    }
}
