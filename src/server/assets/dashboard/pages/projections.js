// The projections: their lag, and rebuilds.

import { get, part, post } from "../api.js";
import { el, fill, setAttribute, setText, sync } from "../dom.js";
import { ago, count, duration, number, words } from "../format.js";
import { badge, calmly, empty, heading, meter, showProblem } from "../parts.js";

const KINDS = { current: "good", idle: "good", behind: "warn", possibly_behind: "", never_run: "", outdated: "warn", foreign: "bad", stopped: "bad", paused: "warn", parked: "warn", incomplete: "warn" };
/** Interval at which the progress of a rebuild is read, in milliseconds. */
const ASK_EVERY = 250;

export function open(root, app) {
  const trouble = el("div");
  const list = el("ul", { class: "cards wide" });
  const nothing = el("div");
  fill(root, heading("Projections", el("p", { class: "muted" }, "Read models and their progress")), trouble, list, nothing);

  if (!app.may("admin")) {
    fill(nothing, empty("For operators", "Projections are shown to callers whose token has the admin scope."));
    return { title: "Projections", close() {} };
  }
  let closed = false;
  const load = async () => {
    try {
      const { items } = await get("/api/projections");
      if (closed) return;
      showProblem(trouble, null);
      sync(list, items, (item) => item.name, (item) => card(item, () => soon()), update);
      fill(nothing, items.length > 0 ? null : empty("No projections", "Create one:", "esctl projection create counts --all --key .stream --reduce '.state + 1'"));
    } catch (error) {
      if (!closed) showProblem(trouble, error, load);
    }
  };
  const soon = calmly(700, load);
  const unlisten = app.feed.listen(soon);
  const again = setInterval(soon, 5000);
  soon();
  return {
    title: "Projections",
    refresh: soon,
    close() {
      closed = true;
      clearInterval(again);
      soon.stop();
      unlisten();
    },
  };
}

function card({ name }, done) {
  const state = el("span");
  const lag = el("dd");
  const late = el("dd");
  const rows = el("dd");
  const problems = el("dd");
  const bar = meter("", 0, 1);
  const where = el("p", { class: "muted small" });
  const rebuild = el("button", { type: "button", "aria-label": `Rebuild ${name}` }, "Rebuild");
  const progress = el("progress", { max: 1, value: 0, "aria-label": `Rebuild of ${name}` });
  const said = el("p", { class: "small", role: "status" });
  const trouble = el("div");
  const work = el("div", { class: "work", hidden: true }, progress);
  const fact = (term, value) => el("div", {}, el("dt", {}, term), value);
  const item = el("li", { class: "card" },
    el("header", {}, el("h2", { class: "mono" }, name), state, rebuild), bar, where,
    el("dl", { class: "facts" }, fact("Lag", lag), fact("Late by", late), fact("Rows", rows), fact("Problems", problems)), work, said, trouble);
  item.parts = { state, lag, late, rows, problems, bar, where, rebuild };
  rebuild.addEventListener("click", () => build(name, { rebuild, work, progress, said, trouble }).finally(done));
  return item;
}

function update(item, status) {
  const { state, lag, late, rows, problems, bar, where, rebuild } = item.parts;
  const { position, head, problems: wrong } = status;
  if (state.textContent !== words(status.state)) fill(state, badge(words(status.state), KINDS[status.state] ?? ""));
  setText(lag, count(status.lag_events, "event"));
  setText(late, status.lag_seconds > 0 ? duration(status.lag_seconds) : "nothing");
  setText(rows, number(status.rows));
  const sorts = Object.entries(wrong ?? {}).filter(([, many]) => many > 0);
  setText(problems, sorts.map(([sort, many]) => `${number(many)} ${sort}`).join(", ") || "none");
  // Only the application can rebuild a read model that it maintains.
  const elsewhere = status.maintained_by === "application";
  rebuild.hidden = elsewhere;
  const moved = status.updated_at ? `, moved ${ago(status.updated_at)}` : "";
  setText(where, `at position ${number(position)} of ${number(head)}${moved}${elsewhere ? "; maintained by an application" : ""}`);
  setAttribute(bar, "aria-label", `position ${position} of ${head}`);
  bar.firstChild.style.setProperty("--part", `${head > 0 ? (position / head) * 100 : 100}%`);
}

/** Returns the job of a rebuild, or the one that is already under way. */
async function begin(name) {
  try {
    return await post(`/api/projections/${part(name)}/rebuild`);
  } catch (error) {
    if (!error.details?.job) throw error;
    return get(`/api/jobs/${part(error.details.job)}`);
  }
}

/** Starts a rebuild and shows its progress until it ends. */
async function build(name, { rebuild, work, progress, said, trouble }) {
  const focused = document.activeElement === rebuild;
  rebuild.disabled = true;
  work.hidden = false;
  progress.removeAttribute("value");
  setText(said, "Rebuilding; the old read model answers until the new one is complete.");
  showProblem(trouble, null);
  try {
    let job = await begin(name);
    while (job.state === "running" || job.state === "waiting") {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
      job = await get(`/api/jobs/${part(job.id)}`);
      if (!job.total) continue;
      progress.value = job.done / job.total;
      setText(said, `Rebuilding: ${number(job.done)} of ${count(job.total, "event")}`);
    }
    if (job.state !== "done") throw Object.assign(new Error(job.error?.message ?? "The rebuild was cancelled."), { hint: job.error?.hint });
    progress.value = 1;
    setText(said, `Rebuilt from ${count(job.done, "event")}.`);
  } catch (error) {
    setText(said, "");
    showProblem(trouble, error);
  } finally {
    rebuild.disabled = false;
    work.hidden = true;
    // A disabled button has lost the focus.
    if (focused && [rebuild, document.body].includes(document.activeElement)) rebuild.focus();
  }
}
