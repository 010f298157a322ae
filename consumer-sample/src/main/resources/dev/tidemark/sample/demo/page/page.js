// The page of the demo. It asks for all that is shown twice a second, and shows it. Whatever comes from a service is put
// into the page as text, never as markup.
"use strict";

const LOOKS_EVERY_MILLIS = 500;
const TELLS_DELAY_AFTER_MILLIS = 150;
const LOGGED = 12;

const byId = (id) => document.getElementById(id);

/** An element with properties and children; children that are strings become text. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

const text = (value) => (value === null || value === undefined ? "–" : String(value));
const cell = (value, className = "") => element("td", { className }, value instanceof Node ? value : text(value));
const number = (value) => cell(value, "number");
const badge = (value, kind = "") => element("span", { className: `badge ${kind}` }, value);

function millis(value) {
  if (value === null || value === undefined) {
    return "–";
  }
  if (value >= 1000) {
    return `${(value / 1000).toFixed(2)} s`;
  }
  return value >= 100 ? `${Math.round(value)} ms` : `${value.toFixed(1)} ms`;
}

function bytes(value) {
  if (value < 1024) {
    return `${value} B`;
  }
  return value < 1024 * 1024 ? `${Math.round(value / 1024)} KiB` : `${(value / 1024 / 1024).toFixed(1)} MiB`;
}

async function ask(path, body) {
  const answer = await fetch(
    path,
    body === undefined
      ? {}
      : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) },
  );
  if (!answer.ok) {
    throw new Error(await complaint(answer));
  }
  return answer.json();
}

async function complaint(answer) {
  const said = await answer.text();
  try {
    return JSON.parse(said).title || said;
  } catch {
    return said || `status ${answer.status}`;
  }
}

function log(line) {
  const time = element("time", {}, new Date().toLocaleTimeString([], { hour12: false }));
  byId("log").prepend(element("li", {}, time, line));
  while (byId("log").children.length > LOGGED) {
    byId("log").lastChild.remove();
  }
}

/** Runs what a button asks for; the button rests meanwhile, and a failure is told. */
async function press(button, work) {
  if (button.getAttribute("aria-busy") === "true") {
    return;
  }
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true"); // and not disabled, which would take the focus away
  try {
    await work();
  } catch (failure) {
    log(`Not done: ${failure.message}`);
  } finally {
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
}

// ---- what is shown ----

const MATCHES = {
  equal: ["equal", "good"],
  behind: ["behind", "late"],
  missing: ["not there yet", "late"],
  different: ["different!", "bad"],
};
const STATUSES = { placed: "late", confirmed: "good", cancelled: "" };
const STATES = {
  leading: ["leading", "good"],
  starting: ["starting", "late"],
  unready: ["not ready", "bad"],
  killed: ["killed, starting again", "bad"],
};

function showUsers(users) {
  byId("users-rows").replaceChildren(
    ...users.map((user) => element("tr", { className: user.guest ? "guest" : "" }, cell(user.name), number(user.version))),
  );
  byId("replica-rows").replaceChildren(
    ...users.map((user) =>
      element(
        "tr",
        { className: user.guest ? "guest" : "" },
        cell(user.replicaName),
        number(user.replicaName === null ? null : user.replicaVersion),
        cell(badge(...MATCHES[user.match])),
      ),
    ),
  );
}

function showOutbox(events, users) {
  const names = new Map(users.map((user) => [user.id, user.name]));
  byId("outbox-rows").replaceChildren(
    ...events.map((event) =>
      element(
        "tr",
        {},
        cell(event.type),
        cell(names.get(event.aggregateId) || event.aggregateId.slice(0, 8)),
        number(event.version),
        cell(event.handled ? badge("has it", "good") : badge("on its way", "late")),
      ),
    ),
  );
}

function showFreshness(replica) {
  const { ageMillis, lagMillis } = replica;
  byId("freshness").textContent =
    ageMillis === null ? "" : `heard ${millis(ageMillis)} ago, last lag ${millis(lagMillis)}`;
}

function showOrders(orders) {
  byId("orders-rows").replaceChildren(
    ...orders.map((order) =>
      element(
        "tr",
        {},
        cell(`${order.quantity} × ${order.item}`),
        cell(order.userName || "not known yet"),
        number(order.version),
        cell(badge(order.status, STATUSES[order.status])),
      ),
    ),
  );
}

function showStock(stock) {
  byId("stock-rows").replaceChildren(
    ...stock.map((row) =>
      element("tr", {}, cell(row.item), number(row.available), number(row.reserved), number(row.version)),
    ),
  );
}

function showArrivals(arrivals) {
  byId("arrival-rows").replaceChildren(
    ...[...arrivals]
      .reverse()
      .map((arrival) =>
        element(
          "tr",
          {},
          cell(
            arrival.redelivered
              ? element("span", {}, `${arrival.type}@${text(arrival.version)} `, badge("asked for", "tide"))
              : `${arrival.type}@${text(arrival.version)}`,
          ),
          cell(arrival.source),
          number(arrival.redelivered ? null : millis(arrival.millis)),
        ),
      ),
  );
}

const SVG = "http://www.w3.org/2000/svg";

/** A bar for each of the newest events, the highest of them full. */
function bars(drawn) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 180 40");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const highest = Math.max(1, ...drawn);
  drawn.forEach((value, place) => {
    const height = Math.max(1, (value / highest) * 40);
    const bar = document.createElementNS(SVG, "rect");
    bar.setAttribute("x", String((60 - drawn.length + place) * 3));
    bar.setAttribute("width", "2.2");
    bar.setAttribute("y", String(40 - height));
    bar.setAttribute("height", String(height));
    svg.append(bar);
  });
  return svg;
}

/** The parts of a relay's box that stay, so that its button keeps the focus. */
function relayBox(relay) {
  const box = byId(`relay-${relay.source}`);
  if (!box.firstChild) {
    const kill = element("button", { type: "button", className: "danger small", id: `kill-${relay.source}` }, "kill -9");
    kill.setAttribute("aria-label", `Kill the relay from ${relay.source} to ${relay.subscriber}`);
    kill.addEventListener("click", () =>
      press(kill, async () => {
        await ask(`/relays/${relay.source}/kill`, {});
        log(`Killed the relay ${relay.source} → ${relay.subscriber} with kill -9; it is started again.`);
        await look();
      }),
    );
    box.append(
      element(
        "div",
        { className: "relay-head" },
        element("h3", {}, `relay ${relay.source} → ${relay.subscriber}`),
        element("span", { className: "state" }),
        kill,
      ),
      element("div", { className: "lag" }),
      element("div", { className: "facts" }),
    );
  }
  return box;
}

function showRelay(relay) {
  const box = relayBox(relay);
  const { lag, pending } = relay;
  box.classList.toggle("down", relay.state !== "leading");
  box.dataset.state = relay.state;
  const state = badge(...STATES[relay.state]);
  state.title = relay.said;
  box.querySelector(".state").replaceChildren(state);
  box
    .querySelector(".lag")
    .replaceChildren(
      element("div", {}, element("strong", {}, millis(lag.lastMillis)), element("span", {}, "lag of the last event")),
      bars(lag.drawn),
      element(
        "span",
        { className: "over" },
        `${relay.source === "users" ? "commit to replica" : "commit to handled"}: p50 ${millis(lag.p50Millis)}, p99 ${millis(lag.p99Millis)}, of ${lag.count} in a minute`,
      ),
    );
  box
    .querySelector(".facts")
    .replaceChildren(
      element("span", {}, `${pending.underway} on their way`),
      element("span", {}, `${pending.backlog} in the backlog`),
      ...(pending.dead ? [badge(`${pending.dead} dead`, "bad")] : []),
      element("span", {}, `slot holds ${bytes(pending.retainedBytes)}`),
      element("span", {}, `killed ${relay.kills} ${relay.kills === 1 ? "time" : "times"}`),
    );
}

function showGuests(users) {
  for (const select of document.querySelectorAll("select.guests")) {
    for (const user of users.filter((each) => each.guest)) {
      const option = [...select.options].find((each) => each.value === user.id);
      if (option) {
        option.textContent = user.name;
      } else {
        select.append(element("option", { value: user.id }, user.name));
      }
    }
  }
}

function showDelay(delayMillis, canBeDelayed = true) {
  const said = !canBeDelayed ? "not through a broker" : delayMillis === 0 ? "no delay" : `+ ${delayMillis} ms each way`;
  byId("delay").disabled = !canBeDelayed;
  byId("delay-said").textContent = said;
  byId("delay").setAttribute("aria-valuetext", said);
}

let sliding = false;

async function look() {
  const now = await ask("/state");
  if (!sliding) {
    byId("delay").value = String(now.delayMillis);
    showDelay(now.delayMillis, now.canBeDelayed);
  }
  showGuests(now.users);
  showUsers(now.users);
  showOutbox(now.relays[0].pending.newest, now.users);
  showFreshness(now.replica);
  showOrders(now.orders);
  showStock(now.stock);
  showArrivals(now.arrivals);
  now.relays.forEach(showRelay);
}

async function lookForEver() {
  try {
    await look();
    if (!editors[0].seen && byId("editors-who").value) {
      await loadBoth();
    }
    byId("lost").hidden = true;
  } catch {
    byId("lost").hidden = false;
  }
  setTimeout(lookForEver, LOOKS_EVERY_MILLIS);
}

// ---- what can be done ----

let told = 0;
byId("delay").addEventListener("input", () => {
  sliding = true;
  const delayMillis = Number(byId("delay").value);
  showDelay(delayMillis);
  clearTimeout(told);
  told = setTimeout(async () => {
    try {
      await ask("/network", { delayMillis });
      log(delayMillis === 0 ? "The network is fast again." : `The network holds everything back for ${delayMillis} ms, each way.`);
    } catch (failure) {
      log(`Not done: ${failure.message}`);
    } finally {
      sliding = false;
    }
  }, TELLS_DELAY_AFTER_MILLIS);
});

byId("rename").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = byId("rename-name").value;
  press(event.submitter || byId("rename").querySelector("button"), async () => {
    const read = await ask(`/users/${byId("rename-who").value}/rename`, { name });
    showReading(read);
    log(`Renamed somebody to “${read.written}”; orders showed “${text(read.name)}” at once, from the ${read.from}.`);
    await look();
  });
});

function showReading(read) {
  const result = byId("rename-result");
  const fact = (what, ...value) => [element("dt", {}, what), element("dd", {}, ...value)];
  const seen = read.name === read.written && !read.stale;
  result.replaceChildren(
    ...fact("orders shows", element("b", { id: "read-name" }, text(read.name)), " ", badge(seen ? "your own write" : "stale", seen ? "good" : "bad")),
    ...fact("from", element("span", { id: "read-from" }, read.from === "replica" ? "its replica" : "the owner"), `, version ${read.version}`),
    ...fact("waited", millis(read.waitedMillis)),
    ...fact("age", read.ageMillis === null ? "not known" : `${millis(read.ageMillis)}${read.from === "replica" ? " since the newest event" : ""}`),
    ...fact("receipt", element("code", {}, read.receipt)),
  );
  result.hidden = false;
}

/** One of the two who change the same user. */
class Editor {
  constructor(letter) {
    this.letter = letter;
    this.form = byId(`editor-${letter.toLowerCase()}`);
    this.seen = null;
    this.name = element("input", { type: "text", maxLength: 80, required: true, autocomplete: "off" });
    this.said = element("p", { className: "said" });
    this.said.setAttribute("aria-live", "polite");
    const load = element("button", { type: "button", className: "plain small" }, "Load");
    this.save = element("button", { type: "submit", className: "small" }, "Save");
    this.form.append(
      element("h3", {}, `Editor ${letter}`),
      element("label", {}, "Name", this.name),
      element("div", { className: "buttons" }, load, this.save),
      this.said,
    );
    load.addEventListener("click", () => press(load, () => this.load()));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      press(this.save, () => this.store());
    });
  }

  async load() {
    this.show(await ask(`/users/${byId("editors-who").value}`));
    this.name.value = this.seen.name;
  }

  show(seen, ...before) {
    this.seen = seen;
    this.said.replaceChildren(...before, `has seen version ${seen.version}, “${seen.name}”`);
  }

  async store() {
    const wish = { name: this.name.value, basedOn: this.seen.version };
    const basedOn = this.seen.version;
    const { saved, status, user } = await ask(`/users/${this.seen.id}/save`, wish);
    if (saved) {
      this.show(user, badge("saved", "good"), " ");
      log(`Editor ${this.letter} saved “${user.name}”, based on version ${basedOn}.`);
    } else {
      this.show(user, badge(`refused: ${status}`, "bad"), ` somebody was first. Now ${this.letter} `);
      log(`Editor ${this.letter} was refused: version ${basedOn} is not the newest; it is ${user.version}, “${user.name}”.`);
    }
    await look();
  }
}

const editors = ["A", "B"].map((letter) => new Editor(letter));
const loadBoth = () => Promise.all(editors.map((editor) => editor.load()));
byId("editors-who").addEventListener("change", () => loadBoth().catch((failure) => log(`Not done: ${failure.message}`)));

byId("corrupt").addEventListener("click", () =>
  press(byId("corrupt"), async () => {
    await ask("/replica/corrupt", {});
    log("Changed a row of the replica with SQL. No event says so; no version has changed.");
    await look();
  }),
);

for (const [id, word] of [
  ["verify", "Verified"],
  ["repair", "Repaired"],
]) {
  byId(id).addEventListener("click", () =>
    press(byId(id), async () => {
      showWaiting(id);
      try {
        const found = await ask(`/replica/${id}`, {});
        showFound(id, found);
        log(`${word}: ${summary(id, found)}`);
      } catch (failure) {
        byId("verify-result").replaceChildren(element("p", {}, badge("failed", "bad"), ` ${failure.message}`));
        throw failure;
      }
      await look();
    }),
  );
}

function showWaiting(id) {
  byId("verify-result").hidden = false;
  byId("verify-result").dataset.of = "";
  byId("verify-result").replaceChildren(element("p", {}, `tidemark verify${id === "repair" ? " --repair" : ""} is running …`));
}

function summary(id, { rows, differences, repaired, left }) {
  const many = differences.length === 1 ? "1 row differs" : `${differences.length} rows differ`;
  const what = differences.length === 0 ? "equal" : many;
  const then = id === "repair" && differences.length > 0 ? `; ${repaired} repaired, ${left} left` : "";
  return `${rows} users compared: ${what}${then}`;
}

function showFound(id, found) {
  const clean = found.differences.length === 0 || (id === "repair" && found.left === 0);
  const result = byId("verify-result");
  result.replaceChildren(
    element("p", {}, badge(clean ? "equal" : "different", clean ? "good" : "bad"), ` ${summary(id, found)}`),
    element(
      "p",
      { className: "facts" },
      `tidemark verify${id === "repair" ? " --repair" : ""}, exit code ${found.exitCode}, ${found.seconds.toFixed(1)} s`,
    ),
  );
  if (found.differences.length > 0) {
    result.append(
      element(
        "table",
        {},
        element("caption", {}, id === "repair" ? "What differed, as it is now" : "What differs"),
        element("thead", {}, element("tr", {}, ...["kind", "owner", "replica", "version"].map((head) => element("th", { scope: "col" }, head)))),
        element(
          "tbody",
          {},
          ...found.differences.map((each) =>
            element("tr", {}, cell(each.kind), cell(each.source), cell(each.replica), number(each.version)),
          ),
        ),
      ),
    );
  }
  result.dataset.of = id;
  result.dataset.differences = String(found.differences.length);
  result.dataset.left = String(found.left);
}

lookForEver();
