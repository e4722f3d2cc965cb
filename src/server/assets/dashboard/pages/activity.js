// The outcomes of commands over time: applied, rejected, conflict, failed.

import { get } from "../api.js";
import { el, fill, setText, sync } from "../dom.js";
import { ago, clock, count, number } from "../format.js";
import { barChart } from "../chart.js";
import { badge, calmly, empty, heading, showProblem } from "../parts.js";

const SORTS = [["applied", "Applied"], ["rejected", "Rejected"], ["conflicts", "Conflicts"], ["failed", "Failed"]];
const KINDS = { rejected: "warn", conflict: "conflict", failed: "bad" };

export function open(root, app) {
  const trouble = el("div");
  const figures = SORTS.map(([name, label]) => ({ name, value: el("dd"), label }));
  const sums = el("dl", { class: "figures" }, figures.map(({ name, label, value }) => el("div", { class: `sort-${name}` }, el("dt", {}, label), value)));
  const chart = el("div", { class: "card chart-card" });
  const list = el("ol", { class: "incidents", "aria-label": "Conflicts and rejections, the newest first" });
  const nothing = el("div");
  const since = el("p", { class: "muted" });
  fill(root, heading("Activity", since), trouble, sums, chart, el("section", { class: "card" }, el("h2", {}, "Conflicts and rejections"), list, nothing));

  let closed = false;
  let drawn = "";
  const load = async () => {
    try {
      const { every_seconds, spans, recent } = await get("/api/activity");
      if (closed) return;
      showProblem(trouble, null);
      for (const { name, value } of figures) setText(value, number(spans.reduce((sum, span) => sum + span[name], 0)));
      setText(since, `Commands of the last ${count(Math.round((spans.length * every_seconds) / 60), "minute")}, as answered by this server`);
      // Redrawn only after a change, because it may be being read.
      const wanted = JSON.stringify([spans, innerWidth < 760]);
      if (drawn !== wanted) fill(chart, barChart(spans, SORTS, every_seconds));
      drawn = wanted;
      sync(list, recent, (item) => item.number, incident, (item, { at }) => setText(item.lastChild, ago(at)));
      fill(nothing, recent.length > 0 ? null : empty("None so far", "Rejected commands and conflicts appear here."));
    } catch (error) {
      if (!closed) showProblem(trouble, error, load);
    }
  };
  const soon = calmly(1000, load);
  const unlisten = app.feed.listen(soon);
  const again = setInterval(soon, 3000);
  soon();
  return {
    title: "Activity",
    refresh: soon,
    close() {
      closed = true;
      clearInterval(again);
      soon.stop();
      unlisten();
    },
  };
}

function incident({ at, outcome, code, command, stream, client_id }) {
  const link = stream ? el("a", { class: "mono", href: `#/streams/${encodeURIComponent(stream)}` }, stream) : null;
  return el("li", {}, badge(outcome, KINDS[outcome]), el("span", { class: "mono" }, code), el("span", {}, command), link,
    el("span", { class: "muted" }, client_id), el("time", { class: "muted", datetime: at, title: clock(at) }, ago(at)));
}
