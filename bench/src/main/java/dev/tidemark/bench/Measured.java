package dev.tidemark.bench;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * What a process that is measured is told, in a file: the names are those of the parts.
 *
 * @param kind of the system
 * @param folder its own, for what it writes
 * @param url of the database
 * @param slot its own
 * @param expected how many events must arrive
 * @param aggregates how many there are
 * @param keepTimes whether the moment of each arrival is to be kept
 * @param relay file with the configuration of a relay; of no meaning for other systems
 */
record Measured(
        String kind,
        Path folder,
        String url,
        String user,
        String password,
        String slot,
        int expected,
        int aggregates,
        boolean keepTimes,
        Path relay) {

    private static final String FILE = "measured.properties";

    static Measured read(Path folder) {
        Properties p = new Properties();
        try (Reader reader = Files.newBufferedReader(folder.resolve(FILE))) {
            p.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder.resolve(FILE), e);
        }
        return new Measured(
                p.getProperty("kind"),
                folder,
                p.getProperty("url"),
                p.getProperty("user"),
                p.getProperty("password"),
                p.getProperty("slot"),
                Integer.parseInt(p.getProperty("expected")),
                Integer.parseInt(p.getProperty("aggregates")),
                Boolean.parseBoolean(p.getProperty("keepTimes")),
                Path.of(p.getProperty("relay")));
    }

    void write() throws IOException {
        Properties p = new Properties();
        p.setProperty("kind", kind);
        p.setProperty("url", url);
        p.setProperty("user", user);
        p.setProperty("password", password);
        p.setProperty("slot", slot);
        p.setProperty("expected", Integer.toString(expected));
        p.setProperty("aggregates", Integer.toString(aggregates));
        p.setProperty("keepTimes", Boolean.toString(keepTimes));
        p.setProperty("relay", relay.toString());
        try (java.io.Writer writer = Files.newBufferedWriter(folder.resolve(FILE))) {
            p.store(writer, null);
        }
    }

    Arrivals arrivals() {
        return new Arrivals(expected, aggregates, keepTimes, folder);
    }
}
