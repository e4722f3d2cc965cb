// Parts that several pages share.

import { el, fill } from "./dom.js";
import { category, hue } from "./format.js";

/** Creates the head of a page. It gets the focus when the page opens, so that a screen reader announces the page. */
export function heading(title, ...beside) {
  return el("header", { class: "page-head" }, el("h1", { tabindex: -1 }, title), ...beside);
}

/** Creates the placeholder of an empty place, with a command that fills it. */
export function empty(title, text, command) {
  const code = command ? el("pre", { class: "command" }, el("code", {}, command)) : null;
  return el("div", { class: "empty" }, el("p", { class: "empty-title" }, title), text ? el("p", {}, text) : null, code);
}

/** Creates the message of an error, with its hint. */
export function problem(error, retry) {
  const again = retry ? el("button", { type: "button", on: { click: retry } }, "Try again") : null;
  return el("div", { class: "problem", role: "alert" }, el("p", {}, error.message), error.hint ? el("p", { class: "muted" }, error.hint) : null, again);
}

/** Shows an error in an element, or clears it. */
export function showProblem(place, error, retry) {
  if (place.dataset.said === (error?.message ?? "")) return;
  place.dataset.said = error?.message ?? "";
  fill(place, error ? problem(error, retry) : null);
}

/** Shows the caveats of a list in an element, or clears it. */
export function showCaveats(place, caveats) {
  const said = caveats.map(({ message }) => message).join("\n");
  if ((place.dataset.said ?? "") === said) return;
  place.dataset.said = said;
  fill(place, caveats.length > 0 ? el("ul", { class: "caveats", role: "status" }, ...caveats.map(({ code, message }) => el("li", {}, badge(code.replace("_", " "), "warn"), " ", message))) : null);
}

export function badge(text, kind = "") {
  return el("span", { class: `badge ${kind}` }, text);
}

/** Creates a dot in the color of a category. */
export function dot(stream) {
  const mark = el("span", { class: "category-dot", "aria-hidden": "true" });
  mark.style.setProperty("--hue", hue(category(stream)));
  return mark;
}

/** Creates a progress bar with a label. */
export function meter(label, value, most, kind = "") {
  const bar = el("div", { class: `meter ${kind}`, role: "img", "aria-label": label }, el("span"));
  bar.firstChild.style.setProperty("--part", `${most > 0 ? Math.min(100, Math.max(0, (value / most) * 100)) : 0}%`);
  return bar;
}

/** Limits calls to one per interval in milliseconds, with a final call after the last request. */
export function calmly(wait, act) {
  let timer = null;
  let wanted = false;
  let stopped = false;
  const run = async () => {
    wanted = false;
    try {
      await act();
    } finally {
      timer = setTimeout(() => {
        timer = null;
        if (wanted) ask();
      }, wait);
    }
  };
  const ask = () => {
    wanted = true;
    if (timer === null && !stopped) {
      timer = 0;
      run();
    }
  };
  ask.stop = () => {
    clearTimeout(timer);
    stopped = true;
  };
  return ask;
}
