// A stream: its events, the slider, and the state at the selected version.

import { el, fill, flash, setAttribute, setText, sync } from "../dom.js";
import { category, clock, count, number } from "../format.js";
import { History } from "../history.js";
import { jsonView, shortly } from "../json_view.js";
import { badge, dot, empty, showCaveats, showProblem } from "../parts.js";
import { timeline } from "../timeline.js";

export function streamDetail(root, app, name, version) {
  const history = new History(app.client, name, version);
  const trouble = el("div");
  const qualified = el("div");
  const state = stateView(history);
  const events = eventsView(history);
  const total = el("span", { class: "muted" });
  const isGame = category(name) === "game";
  const time = timeline(history);
  const panes = el("div", { class: "panes" }, state.pane, events.pane);
  fill(root,
    el("header", { class: "detail-head" },
      el("a", { class: "back", href: "#/streams" }, "All streams"),
      el("h2", { class: "mono", tabindex: -1 }, dot(name), name),
      badge(category(name)), total,
      isGame ? el("a", { class: "button", href: `#/games/${encodeURIComponent(name.slice("game-".length))}` }, "Watch the game") : null),
    trouble, qualified, time, panes);

  history.addEventListener("change", () => {
    showProblem(trouble, history.error, () => history.start());
    showCaveats(qualified, history.report?.caveats ?? []);
    // Without a stream there are no versions.
    time.hidden = panes.hidden = Boolean(history.error) && history.last === 0;
    setText(total, history.last > 0 ? count(history.last, "event") : "");
    state.draw();
    events.draw();
    remember(name, history);
  });
  history.start();
  return history;
}

/** Puts the version into the address, so that it can be shared. */
function remember(name, { live, version }) {
  const wanted = `#/streams/${encodeURIComponent(name)}${live || !version ? "" : `/${version}`}`;
  if (location.hash !== wanted && location.hash.startsWith(`#/streams/${encodeURIComponent(name)}`)) window.history.replaceState(null, "", wanted);
}

function stateView(history) {
  const title = el("h3", {}, "State");
  const tree = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "State" });
  const changed = el("div");
  const pane = el("section", { class: "pane", "aria-label": "State at this version" }, el("header", {}, title, changed), tree);
  let drawn = null;
  const draw = () => {
    const { report } = history;
    if (!report || drawn === report) return;
    drawn = report;
    setText(title, `State at version ${number(report.event.version)}`);
    setAttribute(tree, "data-version", report.event.version);
    const changes = report.changes ?? [];
    fill(changed, badge(changes.length > 0 ? count(changes.length, "change") : "nothing changed", changes.length > 0 ? "changed" : ""));
    const top = tree.scrollTop;
    if (report.unreadable) fill(tree, empty("No state", report.unreadable));
    else if (report.state === null) fill(tree, empty("Nothing at this version", "It was deleted or not yet created."));
    else fill(tree, jsonView(report.state, changes));
    tree.scrollTop = top;
  };
  return { pane, draw };
}

function eventsView(history) {
  const list = el("ol", { class: "events", "aria-label": "Events, the newest first" });
  const older = el("button", { class: "more", type: "button", on: { click: () => history.older() } }, "Older events");
  const pane = el("section", { class: "pane", "aria-label": "Events" }, el("header", {}, el("h3", {}, "Events")), el("div", { class: "scroll" }, list, older));
  let newest = null;
  const draw = () => {
    sync(list, history.events.toReversed(), (event) => event.version, (event) => eventRow(event, history), (item, event) => choose(item, event, history));
    older.hidden = !history.hasOlder;
    if (newest !== null && history.last > newest && list.firstElementChild) flash(list.firstElementChild);
    newest = history.last || newest;
  };
  return { pane, draw };
}

function eventRow(event, history) {
  const who = event.metadata?.client_id;
  const button = el("button", { type: "button", class: "event", on: { click: () => history.show(event.version) } },
    el("span", { class: "event-version" }, number(event.version)),
    el("span", { class: "event-type" }, event.type),
    el("span", { class: "event-excerpt" }, shortly(event.data, 90)),
    el("span", { class: "event-when" }, clock(event.recorded_at), who ? ` · ${shortly(who, 24)}` : ""));
  return el("li", {}, button);
}

/** The event of the selected version shows its data. */
function choose(item, event, history) {
  const chosen = event.version === history.version;
  setAttribute(item.firstChild, "aria-current", chosen ? "true" : null);
  if (chosen === (item.childElementCount > 1)) return;
  if (!chosen) item.lastChild.remove();
  else item.append(el("div", { class: "event-data" }, jsonView(event.data), event.metadata && el("details", {}, el("summary", {}, "Metadata"), jsonView({ position: event.position, event_id: event.event_id, recorded_at: event.recorded_at, ...event.metadata }))));
}
