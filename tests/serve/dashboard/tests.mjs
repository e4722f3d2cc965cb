// The dashboard in a real browser, against a real server. Names a test on the command line: `node tests.mjs NAME`.

import { execFileSync } from "node:child_process";
import { check, pause, proxy, same, server } from "../client_js/kit.mjs";
import { withBrowser } from "./browser.mjs";
import { focused, hardToRead, misplaced, usable, wrongInStructure } from "./looks.mjs";

const { ESCTL_PROGRAM, ESCTL_STORE, ESCTL_TOKEN, ESCTL_READER_TOKEN } = process.env;
const counter = { owner_id: "ann", resource_type: "points", initial_amount: 0, max_amount: 1_000_000 };

/** Runs the command line on the server's store, beside the server. */
function esctl(...words) {
  execFileSync(ESCTL_PROGRAM, ["--store", ESCTL_STORE, "--quiet", ...words], { stdio: ["ignore", "ignore", "inherit"] });
}

async function command(name, id, payload = {}) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${server}/api/commands`, { method: "POST", headers, body: JSON.stringify({ command: name, id, with: payload }) });
  return response.status;
}

async function counted(id, times) {
  same(await command("resource.create", id, counter), 201, "created");
  for (let index = 0; index < times; index += 1) await command("resource.add", id, { amount: 10 });
}

/** Nothing went wrong in the page, and it asked nobody else. */
function clean(page, { cut = false, at = server } = {}) {
  // A browser calls it an error of the network when a connection breaks, and the page cannot keep it from that.
  same(page.errors.filter((error) => !(cut && error.startsWith("network:"))), [], "errors");
  const others = page.requests.filter((url) => !url.startsWith(at) && !url.startsWith("about:"));
  same(others, [], "requests to others");
}

const live = (page) => page.sees("Live", "#connection");

const tests = {
  async live_events_arrive(browser) {
    await counted("first", 2);
    const page = await browser.page();
    await page.open(`${server}/`);
    await live(page);
    await page.sees("resource-first", ".rows");
    // A stream that was not there, written by another process.
    esctl("resource", "create", "second", "--owner", "bob", "--type", "points", "--amount", "1", "--max", "9");
    await page.sees("resource-second", ".rows");
    await page.click(".rows a", "resource-first");
    await page.sees("resource.created", ".events");
    await page.until(() => document.querySelector(".rows a[aria-current]")?.innerText.includes("resource-first"), "the list stays");
    await command("resource.add", "first", { amount: 7 });
    await page.until(() => document.querySelectorAll(".events > li").length === 4, "the fourth event");
    await page.until(() => document.querySelector(".json")?.innerText.includes("amount: 27"), "the newest state");
    same(await page.run(() => Array.from(document.querySelectorAll(".event-version"), (each) => each.textContent)), ["4", "3", "2", "1"], "each once, the newest first");
    await page.picture("live");
    clean(page);
  },

  async the_slider_shows_the_state_of_a_version(browser) {
    await counted("clock", 9);
    const page = await browser.page();
    await page.open(`${server}/#/streams/resource-clock`);
    const at = (version, amount) => page.until((wanted, much) => document.querySelector(`[data-version="${wanted}"]`)?.innerText.includes(`amount: ${much}`), `version ${version}`, version, amount);
    await at(10, 90);
    await page.run(() => document.querySelector("input[type=range]").focus());
    await page.press("ArrowLeft");
    await at(9, 80);
    // What the event has changed is marked, with what was there before, also in words.
    const row = await page.run(() => document.querySelector('.json-row.changed[data-path="/amount"]')?.innerText);
    check(/amount: 80 was 70/.test(row), row);
    await page.press("Home");
    await at(1, 0);
    same(await page.run(() => document.querySelector(".events [aria-current] .event-version").textContent), "1", "the event of that version is marked");
    // What comes meanwhile does not pull one away from there.
    await command("resource.add", "clock", { amount: 10 });
    await page.sees("Version 1 of 11");
    await at(1, 0);
    same(await page.run(() => document.querySelector("button.live").getAttribute("aria-pressed")), "false", "not live");
    await page.picture("slider");
    await page.press("End");
    await at(11, 100);
    same(await page.run(() => document.querySelector("button.live").getAttribute("aria-pressed")), "true", "live");
    await page.click(".event", "resource.created");
    await at(1, 0);
    check((await page.run(() => location.hash)).endsWith("/1"), "the address names the version");
    await page.click("button[aria-label=Play]");
    await at(3, 20);
    await page.click("button.live");
    await at(11, 100);
    await page.open("about:blank");
    await page.open(`${server}/#/streams/resource-clock/4`);
    await at(4, 30);
    clean(page);
  },

  async a_rebuild_shows_progress(browser) {
    const page = await browser.page();
    await page.open(`${server}/#/projections`);
    await page.sees("resources", ".card h2");
    await page.run(() => {
      globalThis.seen = [];
      new MutationObserver(() => {
        for (const bar of document.querySelectorAll("progress[value]")) if (bar.checkVisibility()) globalThis.seen.push(bar.value);
      }).observe(document.body, { subtree: true, attributes: true, childList: true });
    });
    await page.click('button[aria-label="Rebuild resources"]');
    await page.sees("Rebuilding");
    await page.picture("rebuild");
    const said = await page.until(() => Array.from(document.querySelectorAll("[role=status]"), (each) => each.innerText).find((text) => text.startsWith("Rebuilt from")), "the rebuild is over");
    check(/Rebuilt from [\d,]+ events/.test(said), said);
    const seen = await page.run(() => globalThis.seen);
    check(seen.some((part) => part > 0 && part < 1), `it is seen on its way: ${seen}`);
    check(seen.every((part, index) => index === 0 || part >= seen[index - 1]), `it never goes back: ${seen}`);
    clean(page);
  },

  async a_dropped_connection_recovers_by_itself(browser) {
    await counted("cut", 1);
    const way = await proxy();
    const page = await browser.page();
    await page.open(`${way.url}/#/streams/resource-cut`);
    await live(page);
    await page.sees("Version 2 of 2");
    for (let round = 0; round < 3; round += 1) {
      way.refuse("cut");
      check(way.cut() > 0, "there was a connection");
      await page.sees("Connection lost", "#connection");
      if (round === 0) await page.picture("lost");
      await command("resource.add", "cut", { amount: 10 });
      way.refuse(null);
      await page.sees("Reconnected", "#connection");
      await page.sees(`Version ${3 + round} of ${3 + round}`);
    }
    same(await page.run(() => Array.from(document.querySelectorAll(".event-version"), (each) => each.textContent)), ["5", "4", "3", "2", "1"], "each once");
    clean(page, { cut: true, at: way.url });
    way.close();
    // Also when the server itself is killed and started again: the Rust side does that.
    const other = await browser.page();
    await other.open(`${server}/#/streams/resource-cut`);
    await live(other);
    console.log("kill");
    await other.sees("Connection lost", "#connection");
    await other.sees("Reconnected", "#connection");
    await command("resource.add", "cut", { amount: 10 });
    await other.sees("Version 6 of 6");
    clean(other, { cut: true });
  },

  async everything_is_reached_by_keyboard(browser) {
    await counted("keys", 3);
    esctl("game", "new", "keys", "--players", "2", "--seed", "1");
    esctl("game", "bot", "keys", "--moves", "20");
    const page = await browser.page({ still: true });
    for (const address of ["#/streams/resource-keys", "#/resources", "#/games", "#/games/keys", "#/projections", "#/activity"]) {
      await page.open("about:blank");
      await page.open(`${server}/${address}`);
      await page.until(() => document.querySelector("h1")?.innerText, "a heading");
      await live(page);
      await pause(700);
      same(await page.run(wrongInStructure), [], `${address}: structure`);
      const there = await page.run(usable);
      const reached = new Set();
      for (let presses = 0; presses < there * 2 + 20 && reached.size < there; presses += 1) {
        await page.press("Tab");
        const { number, shown, what } = await page.run(focused);
        if (number === null) continue;
        check(shown, `${address}: one does not see the focus on ${what}`);
        reached.add(number);
      }
      const missed = await page.run((numbers) => Array.from(document.querySelectorAll("[data-usable]")).filter((each) => !numbers.includes(each.dataset.usable)).map((each) => each.outerHTML.slice(0, 100)), [...reached]);
      same(missed, [], `${address}: not reached with Tab`);
    }
    // And used: the way into a stream, to an earlier version and back, without a mouse.
    await page.open("about:blank");
    await page.open(`${server}/`);
    await page.sees("resource-keys", ".rows");
    await page.press("Tab");
    await page.press("Enter");
    same(await page.run(() => document.activeElement.id), "main", "the first stop leads past the navigation");
    await page.run(() => Array.from(document.querySelectorAll(".rows a")).find((link) => link.innerText.includes("resource-keys")).focus());
    await page.press("Enter");
    await page.sees("Version 4 of 4");
    await page.run(() => document.querySelector("button[aria-label='Previous version']").focus());
    await page.press("Enter");
    await page.sees("State at version 3");
    clean(page);
  },

  async light_and_dark_are_readable(browser) {
    await counted("gold", 4);
    await command("resource.lock", "gold", { for: "1h", reason: "maintenance" });
    await command("resource.add", "gold", { amount: 1 });
    await command("document.create", "plan", { document: { title: "Autumn tour", days: [{ city: "Lyon", km: 120 }], members: ["ann", "bob"], public: false, note: null } });
    await command("document.merge", "plan", { merge: { title: "Alpine tour", budget: { fuel: 340 }, note: "x", members: ["ann", "bob", "cleo"] } });
    await command("document.merge", "plan", { merge: { days: null } });
    esctl("game", "new", "first", "--players", "3", "--seed", "7");
    esctl("game", "bot", "first", "--moves", "90");
    esctl("game", "new", "second", "--players", "2");
    const pages = ["#/streams", "#/streams/document-plan", "#/streams/document-plan/2", "#/resources", "#/games", "#/games/first", "#/games/second", "#/projections", "#/activity", "#/streams/nothing-here"];
    for (const [width, height] of [[1280, 800], [390, 844]]) {
      for (const dark of [false, true]) {
        const page = await browser.page({ width, height, dark, still: true });
        for (const address of pages) {
          await page.open("about:blank");
          await page.open(`${server}/${address}`);
          await live(page);
          await pause(500);
          await page.picture(`${address.replace(/\W+/g, "-")}-${width}-${dark ? "dark" : "light"}`);
          same(await page.run(hardToRead), [], `${address} ${width} ${dark ? "dark" : "light"}`);
          same(await page.run(wrongInStructure), [], `${address} ${width}`);
        }
        const ground = () => getComputedStyle(document.body).backgroundColor;
        const brightness = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
        check(brightness(await page.run(ground)) < 100 === dark, "as the system has it");
        await page.click("#theme");
        check(brightness(await page.run(ground)) < 100 === !dark, "as one wants it");
        await page.open("about:blank");
        await page.open(`${server}/`);
        await live(page);
        check(brightness(await page.run(ground)) < 100 === !dark, "and it stays");
        page.errors = page.errors.filter((error) => !error.includes("404"));
        clean(page);
      }
    }
  },

  /** The Rust side has made 100 streams with long names, one of them with more than 12,000 events. */
  async pages_keep_their_shape_when_they_are_full(browser) {
    const long = `order-${"long-name-".repeat(12)}1`;
    const id = `0-${"long-name-".repeat(12)}1`;
    esctl("game", "new", "full", "--players", "5", "--seed", "3");
    esctl("game", "bot", "full", "--moves", "60");
    const pages = ["", `#/streams/${long}`, `#/streams/resource-${id}`, "#/resources", "#/games", "#/games/full", "#/projections", "#/activity"];
    for (const [width, height] of [[1400, 800], [1000, 600], [390, 800]]) {
      const page = await browser.page({ width, height, still: true });
      for (const address of pages) {
        await page.open("about:blank");
        await page.open(`${server}/${address}`);
        await live(page);
        await pause(800);
        await page.picture(`full-${pages.indexOf(address)}-${width}`);
        same(await page.run(misplaced), [], `${address} at ${width}`);
        same(await page.run(wrongInStructure), [], `${address} at ${width}`);
      }
      clean(page);
    }
  },

  async a_list_says_what_qualifies_it(browser) {
    await counted("qualified", 1);
    const page = await browser.page();
    await page.open(`${server}/#/resources`);
    await page.sees("qualified", ".card h2");
    esctl("projection", "pause", "resources");
    await command("resource.add", "qualified", { amount: 10 });
    await page.sees("paused since", ".caveats");
    await page.picture("caveats");
    esctl("projection", "resume", "resources");
    await command("resource.add", "qualified", { amount: 10 });
    await page.until(() => !document.querySelector(".caveats"), "nothing more to say");
    // A state made of events says so itself.
    const { items } = await (await fetch(`${server}/api/streams/resource-qualified/events?backwards=true&limit=1`)).json();
    esctl("quarantine", "add", items[0].event_id, "--reason", "by hand");
    await page.open(`${server}/#/streams/resource-qualified`);
    await page.sees("quarantined", ".caveats");
    await page.run(() => document.querySelector("button[aria-label='Previous version']").click());
    await page.until(() => !document.querySelector(".caveats"), "nothing is left out before it");
    clean(page);
  },

  async what_comes_from_events_is_text(browser) {
    const evil = "<img src=x onerror=\"globalThis.hacked=1\"><script>globalThis.hacked=1</script>";
    await command("resource.create", evil, { ...counter, owner_id: evil, resource_type: evil });
    await command("resource.allocate", evil, { amount: 1 });
    await command("document.create", "evil", { document: { [evil]: evil, "__proto__x": { a: 1 }, constructor: "c" } });
    await command("document.merge", "evil", { merge: { [evil]: `${evil}2` } });
    esctl("game", "new", "evil", "--players", "2");
    esctl("game", "join", "evil", "--player", evil);
    const page = await browser.page();
    for (const address of [`#/streams/${encodeURIComponent(`resource-${evil}`)}`, "#/streams/document-evil", "#/resources", "#/games", "#/games/evil", "#/activity"]) {
      await page.open("about:blank");
      await page.open(`${server}/${address}`);
      await page.sees("<img src=x", "main");
      same(await page.run(() => globalThis.hacked ?? null), null, address);
      same(await page.run(() => document.querySelectorAll("main img, main script").length), 0, address);
    }
    clean(page);
  },

  async a_table_shows_no_hands(browser) {
    esctl("game", "new", "table", "--players", "3", "--seed", "11");
    esctl("game", "bot", "table", "--moves", "40");
    const page = await browser.page();
    const told = [];
    await page.send("Network.enable");
    page.heard = ((heard) => (method, params) => {
      heard.call(page, method, params);
      if (method === "Network.webSocketFrameReceived") told.push(params.response.payloadData);
      if (method === "Network.loadingFinished") page.send("Network.getResponseBody", { requestId: params.requestId }).then(({ body }) => told.push(body)).catch(() => {});
    })(page.heard);
    await page.open(`${server}/#/games`);
    await page.click(".card a", "table");
    await page.sees("Market", ".table");
    const before = await page.run(() => Number(document.querySelector("input[type=range]").max));
    esctl("game", "bot", "table", "--moves", "6");
    await page.until((was) => Number(document.querySelector("input[type=range]").max) >= was + 6, "the moves arrive", before);
    same(await page.run(() => document.querySelectorAll(".seat").length), 3, "seats");
    check(/\d cards? in the hand/.test(await page.text(".players")), "how many cards, not which");
    await page.picture("table");
    // Back in time as well.
    await page.run(() => document.querySelector("input[type=range]").focus());
    await page.press("Home");
    await page.sees("waits for players");
    await pause(300);
    const all = told.join("\n");
    check(told.some((text) => text.includes("game.card_played")), "something was heard");
    for (const hidden of ['"hand":', '"seed"', "merchant_deck", "point_deck"]) check(!all.includes(hidden), `${hidden} was sent to somebody who only watches`);
    clean(page);
  },

  async conflicts_and_rejections_are_shown(browser) {
    await counted("busy", 3);
    const page = await browser.page();
    await page.open(`${server}/#/activity`);
    await page.sees("None so far");
    same(await command("resource.allocate", "busy", { amount: 1000 }), 422, "rejected");
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ command: "resource.add", id: "busy", with: { amount: 1 }, expectVersion: 1 });
    same((await fetch(`${server}/api/commands`, { method: "POST", headers, body })).status, 409, "conflict");
    await page.sees("insufficient_amount", ".incidents");
    await page.until(() => document.querySelectorAll(".incidents > li").length === 2, "both");
    const figures = await page.run(() => Array.from(document.querySelectorAll(".figures dd"), (each) => each.innerText));
    same(figures, ["4", "1", "1", "0"], "applied, rejected, conflicts, failed");
    await page.picture("activity");
    clean(page);
  },

  /** `ESCTL_TOKEN` is an administrator's, `ESCTL_READER_TOKEN` one that may only read. */
  async a_token_is_asked_for_and_kept_in_the_tab(browser) {
    const page = await browser.page();
    await page.open(`${server}/`);
    await page.sees("Sign in", "dialog[open]");
    same(await page.run(() => document.activeElement.id), "token", "the field has the focus");
    await page.picture("sign-in");
    await page.press("Escape");
    await page.sees("Sign in", "dialog[open]");
    await page.type("a.b.c");
    await page.press("Enter");
    await page.sees("refused this token", "dialog");
    await page.type(ESCTL_READER_TOKEN);
    await page.press("Enter");
    await live(page);
    await page.click("#pages a", "Projections");
    await page.sees("For operators", "main");
    await page.open("about:blank");
    await page.open(`${server}/#/streams`);
    await live(page);
    same(await page.run(() => [localStorage.length, document.cookie]), [0, ""], "nothing stays");
    await page.click("#account");
    await page.sees("Sign in", "dialog[open]");
    await page.type(ESCTL_TOKEN);
    await page.press("Enter");
    await live(page);
    await page.click("#pages a", "Projections");
    await page.until(() => document.querySelector('button[aria-label="Rebuild resources"]')?.disabled === false, "for administrators");
    check(page.requests.every((url) => !url.includes(ESCTL_TOKEN) && !url.includes(ESCTL_READER_TOKEN)), "a token stands in no URL");
    clean({ ...page, errors: page.errors.filter((error) => !error.includes("401")) });
  },
};

await withBrowser((browser) => tests[process.argv[2]](browser));
console.log("done");
