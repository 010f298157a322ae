package dev.tidemark.sample.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.sample.Calls;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Somebody opens the page of the demo in a real browser, and does there all that can be done. */
class PageIT {

    private static final Path TARGET = Path.of("target").toAbsolutePath();

    /** What a script would be that somebody has for a name. */
    private static final String MARKUP = "<img src=x onerror=\"document.title='owned'\">";

    @Test
    void allThatThePageOffersWorks() throws Exception {
        try (Browser browser = Browser.start(TARGET.resolve("chromedriver.log"));
                LiveDemo demo = new LiveDemo(1)) {
            browser.await("the demo to start", demo::isUp);
            browser.open(demo.page());
            Visitor visitor = new Visitor(browser);

            visitor.seesThreeServicesAndTheirLag();
            visitor.slowsTheNetworkDown();
            visitor.readsItsOwnWrite("Ada King");
            visitor.killsTheRelayAndSeesItBack();
            visitor.isTheSecondEditorToSave("Grace M. Hopper");
            visitor.findsTheRowThatWasCorruptedAndRepairsIt();
            browser.run("scrollTo(0, 0)");
            browser.screenshot(TARGET.resolve("demo.png"));
            visitor.putsMarkupIntoAName(MARKUP);
            visitor.looksAtItOnATelephoneInTheDark();

            assertThat(statusOfAnotherSite(demo.page())).isEqualTo(403);
            assertThat(browser.errors()).isEmpty();
            assertThat(demo.said()).doesNotContain("The demo failed");
        }
    }

    /** What a page of somebody else's is told that presses a button of ours. */
    private static int statusOfAnotherSite(URI page) throws Exception {
        return Calls.call(
                        "POST",
                        page,
                        "/relays/users/kill",
                        "{}",
                        "Content-Type",
                        "application/json",
                        "Origin",
                        "http://another.example",
                        "Sec-Fetch-Site",
                        "cross-site")
                .statusCode();
    }

    private record Visitor(Browser browser) {

        private static final List<String> SERVICES = List.of("users", "orders", "inventory");

        void seesThreeServicesAndTheirLag() throws Exception {
            for (String service : SERVICES) {
                browser.await("the relay of " + service, () -> isLeading(service));
                browser.await("the lag of " + service, () -> lagMillis(service) > 0);
                assertThat(browser.text("#service-" + service + " h2")).isEqualTo(service);
                assertThat(browser.text("#relay-" + service)).contains("p50 ", "p99 ", "slot holds");
            }
            browser.await("orders", () -> browser.text("#orders-rows").contains("confirmed"));
            browser.await("stock", () -> browser.text("#stock-rows").contains("lamp"));
            awaitEqualGuests();
        }

        void slowsTheNetworkDown() throws Exception {
            browser.press("#delay", Browser.END);
            browser.await("the delay", () -> browser.text("#delay-said").equals("+ 1000 ms each way"));
            browser.await("a slow event", () -> lagMillis("users") >= 1000);
            rename("Ada of the slow network");
            browser.press("#delay", Browser.HOME);
            browser.await("no delay", () -> browser.text("#delay-said").equals("no delay"));
        }

        void readsItsOwnWrite(String name) throws Exception {
            rename(name);
            assertThat(browser.text("#rename-result")).contains("your own write", "users::user/", "waited");
        }

        private void rename(String name) throws Exception {
            browser.type("#rename-name", name);
            browser.click("#rename button");
            browser.await("what was written", () -> browser.text("#read-name").equals(name));
            assertThat(browser.text("#read-from")).isIn("its replica", "the owner");
        }

        void killsTheRelayAndSeesItBack() throws Exception {
            browser.click("#kill-users");
            browser.await("the kill", () -> browser.text("#relay-users").contains("killed 1 time"));
            rename("Ada without a relay");
            browser.await("the relay to be back", () -> isLeading("users"));
            awaitEqualGuests();
            assertThat(browser.text("#replica-rows")).contains("Ada without a relay");
        }

        void isTheSecondEditorToSave(String name) throws Exception {
            browser.run("const who = document.querySelector('#editors-who'); who.selectedIndex = 1;"
                    + " who.dispatchEvent(new Event('change'))");
            for (String editor : List.of("#editor-a", "#editor-b")) {
                browser.await(
                        "both to load", () -> browser.text(editor + " .said").contains("“Grace Hopper”"));
            }
            browser.type("#editor-a input", name);
            browser.type("#editor-b input", "Grace the Second");
            browser.click("#editor-a button[type=submit]");
            browser.await("the first", () -> browser.text("#editor-a .said").contains("saved"));
            browser.click("#editor-b button[type=submit]");
            browser.await("the second", () -> browser.text("#editor-b .said").contains("refused: 412"));
            assertThat(browser.text("#editor-b .said")).contains("“" + name + "”");
        }

        void findsTheRowThatWasCorruptedAndRepairsIt() throws Exception {
            awaitEqualGuests();
            browser.click("#corrupt");
            browser.await(
                    "the corrupted row", () -> browser.text("#replica-rows").contains("Mallory"));
            assertThat(browser.text("#replica-rows")).contains("different!");

            compare("verify");
            assertThat(found("differences")).isEqualTo("1");
            assertThat(browser.text("#verify-result tbody")).contains("different", "Ada without a relay", "Mallory");

            compare("repair");
            assertThat(found("differences")).isEqualTo("1");
            assertThat(found("left")).isEqualTo("0");
            browser.await("the mended row", () -> !browser.text("#replica-rows").contains("Mallory"));
            awaitEqualGuests();

            compare("verify");
            assertThat(found("differences")).isEqualTo("0");
            assertThat(browser.text("#verify-result")).contains("equal", "exit code 0");
        }

        private void compare(String button) throws Exception {
            browser.click("#" + button);
            browser.await(
                    "the end of " + button,
                    () -> browser.run(
                                    "return document.querySelector('#verify-result').dataset.of === arguments[0]"
                                            + " && !document.getElementById(arguments[0]).ariaBusy",
                                    button)
                            .asBoolean());
        }

        private String found(String what) {
            return browser.run("return document.querySelector('#verify-result').dataset[arguments[0]]", what)
                    .asText();
        }

        void putsMarkupIntoAName(String markup) throws Exception {
            rename(markup);
            browser.await(
                    "the name in the replica",
                    () -> browser.text("#replica-rows").contains(markup));
            assertThat(browser.run("return document.title").asText()).startsWith("Tidemark");
            assertThat(browser.run("return document.querySelectorAll('main img').length")
                            .asInt())
                    .isZero();
        }

        void looksAtItOnATelephoneInTheDark() throws Exception {
            browser.chromium(
                    "Emulation.setDeviceMetricsOverride",
                    Map.of("width", 360, "height", 740, "deviceScaleFactor", 1, "mobile", true));
            browser.chromium(
                    "Emulation.setEmulatedMedia",
                    Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
            assertThat(browser.run("return document.documentElement.scrollWidth")
                            .asInt())
                    .as("nothing sticks out")
                    .isLessThanOrEqualTo(360);
            assertThat(browser.run("return getComputedStyle(document.body).backgroundColor")
                            .asText())
                    .isEqualTo("rgb(11, 21, 27)");
            browser.screenshot(TARGET.resolve("demo-narrow.png"));
        }

        private boolean isLeading(String service) {
            return browser.run("return document.getElementById(arguments[0]).dataset.state", "relay-" + service)
                    .asText()
                    .equals("leading");
        }

        /** Of the last event; 0 if none is known. */
        private double lagMillis(String service) {
            String shown = browser.text("#relay-" + service + " .lag strong");
            return shown.endsWith(" ms")
                    ? Double.parseDouble(shown.replace(" ms", ""))
                    : shown.endsWith(" s") ? Double.parseDouble(shown.replace(" s", "")) * 1000 : 0;
        }

        private void awaitEqualGuests() throws Exception {
            browser.await(
                    "the replica of the page's users to be equal",
                    () -> browser.run(
                                    "const guests = [...document.querySelectorAll('#replica-rows .guest')];"
                                            + " return guests.length === 3 && guests.every(row => row.innerText.includes('equal'))")
                            .asBoolean());
        }
    }
}
