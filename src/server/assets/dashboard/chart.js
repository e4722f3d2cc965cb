// Stacked bars over time, with a table for screen readers.

import { el, svg } from "./dom.js";
import { clock, number } from "./format.js";

const HEIGHT = 220;
const FOOT = 22;
const LEFT = 40;

/** Draws a chart. `spans`: `{from, SORT: number…}`; `sorts`: `[name, label]`, from the bottom. A small screen joins three spans in a bar. */
export function barChart(all, sorts, secondsEach) {
  const small = innerWidth < 760;
  const width = small ? 420 : 960;
  const spans = small ? gathered(all, sorts, 3) : all;
  const seconds = small ? secondsEach * 3 : secondsEach;
  const sum = (span) => sorts.reduce((total, [name]) => total + span[name], 0);
  const most = niceAbove(Math.max(...spans.map(sum), 1));
  const step = (width - LEFT) / Math.max(1, spans.length);
  const bars = spans.map((span, index) => {
    let top = HEIGHT - FOOT;
    const pieces = sorts.filter(([name]) => span[name] > 0).map(([name]) => {
      const height = Math.max(1.5, (span[name] / most) * (HEIGHT - FOOT - 10));
      top -= height;
      return svg("rect", { class: `sort-${name}`, x: LEFT + index * step + step * 0.12, y: top, width: step * 0.76, height, rx: Math.min(2, step * 0.2) });
    });
    const said = sorts.map(([name, label]) => `${label.toLowerCase()} ${number(span[name])}`).join(", ");
    return svg("g", {}, svg("title", {}, `${clock(span.from)}: ${said}`), pieces);
  });
  const lines = [0, 0.5, 1].map((part) => {
    const y = HEIGHT - FOOT - part * (HEIGHT - FOOT - 10);
    return svg("g", { class: "grid" }, svg("line", { x1: LEFT, x2: width, y1: y, y2: y }), svg("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, number(most * part)));
  });
  const picture = svg("svg", { class: small ? "chart small" : "chart", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `Commands in each ${seconds} seconds` }, lines, bars, moments(spans, step));
  return el("figure", {}, el("figcaption", {}, `Commands in each ${seconds} s`, legend(sorts)), picture, el("div", { class: "unseen" }, table(spans, sorts)));
}

/** Joins a number of spans into one. */
function gathered(spans, sorts, many) {
  const groups = Array.from({ length: Math.ceil(spans.length / many) }, (_, index) => spans.slice(index * many, (index + 1) * many));
  return groups.map((group) => {
    const sums = sorts.map(([name]) => [name, group.reduce((sum, span) => sum + span[name], 0)]);
    return { from: group[0].from, ...Object.fromEntries(sums) };
  });
}

function moments(spans, step) {
  const every = Math.ceil(spans.length / 5);
  const wanted = spans.map((span, index) => [span, index]).filter(([, index]) => index % every === 0 && index < spans.length - every / 3);
  return wanted.map(([span, index]) => svg("text", { class: "moment", x: LEFT + index * step, y: HEIGHT - 4 }, clock(span.from).slice(-8, -3)));
}

function legend(sorts) {
  return el("span", { class: "legend" }, sorts.map(([name, label]) => el("span", { class: `sort-${name}` }, label)));
}

/** The table of the spans that are not empty. */
function table(spans, sorts) {
  const head = el("tr", {}, el("th", { scope: "col" }, "From"), sorts.map(([, label]) => el("th", { scope: "col" }, label)));
  const busy = spans.filter((span) => sorts.some(([name]) => span[name] > 0));
  const rows = busy.map((span) => el("tr", {}, el("th", { scope: "row" }, clock(span.from)), sorts.map(([name]) => el("td", {}, number(span[name])))));
  return el("table", {}, el("caption", {}, "Commands over time"), el("thead", {}, head), el("tbody", {}, rows));
}

/** Returns the next of 2, 4, 10, 20, 40, 100 … */
function niceAbove(value) {
  let step = 1;
  for (;;) {
    for (const nice of [2, 4, 10]) if (nice * step >= value) return nice * step;
    step *= 10;
  }
}
