// Pieces that several pages are made of.

import { el, fill } from "./dom.js";
import { category, hue } from "./format.js";

/** The head of a page. It takes the focus when the page opens, so that a screen reader says where one is. */
export function heading(title, ...beside) {
  return el("header", { class: "page-head" }, el("h1", { tabindex: -1 }, title), ...beside);
}

/** What stands where there is nothing yet, with a command that changes that. */
export function empty(title, text, command) {
  const code = command ? el("pre", { class: "command" }, el("code", {}, command)) : null;
  return el("div", { class: "empty" }, el("p", { class: "empty-title" }, title), text ? el("p", {}, text) : null, code);
}

/** An error in its own words, with what one can do. */
export function problem(error, retry) {
  const again = retry ? el("button", { type: "button", on: { click: retry } }, "Try again") : null;
  return el("div", { class: "problem", role: "alert" }, el("p", {}, error.message), error.hint ? el("p", { class: "muted" }, error.hint) : null, again);
}

/** Shows an error in a place, or nothing. */
export function showProblem(place, error, retry) {
  if (place.dataset.said === (error?.message ?? "")) return;
  place.dataset.said = error?.message ?? "";
  fill(place, error ? problem(error, retry) : null);
}

/** Shows in a place what qualifies the items of a list, or nothing. */
export function showCaveats(place, caveats) {
  const said = caveats.map(({ message }) => message).join("\n");
  if ((place.dataset.said ?? "") === said) return;
  place.dataset.said = said;
  fill(place, caveats.length > 0 ? el("ul", { class: "caveats", role: "status" }, ...caveats.map(({ code, message }) => el("li", {}, badge(code.replace("_", " "), "warn"), " ", message))) : null);
}

export function badge(text, kind = "") {
  return el("span", { class: `badge ${kind}` }, text);
}

/** A dot in the colour of a category. */
export function dot(stream) {
  const mark = el("span", { class: "category-dot", "aria-hidden": "true" });
  mark.style.setProperty("--hue", hue(category(stream)));
  return mark;
}

/** A bar that says how far something is; `label` says it in words. */
export function meter(label, value, most, kind = "") {
  const bar = el("div", { class: `meter ${kind}`, role: "img", "aria-label": label }, el("span"));
  bar.firstChild.style.setProperty("--part", `${most > 0 ? Math.min(100, Math.max(0, (value / most) * 100)) : 0}%`);
  return bar;
}

/** Calls no more often than once in so many milliseconds, and always once after the last wish. */
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
