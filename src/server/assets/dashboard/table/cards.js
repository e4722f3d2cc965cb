// The cards, crystals and coins of Caravan. Each crystal has a shape and a color.

import { el, svg } from "../dom.js";

const COLOURS = ["yellow", "green", "blue", "pink"];
const SHAPES = {
  yellow: () => svg("circle", { cx: 8, cy: 8, r: 6 }),
  green: () => svg("path", { d: "M8 1.6l6.4 11.6H1.6z" }),
  blue: () => svg("rect", { x: 2.4, y: 2.4, width: 11.2, height: 11.2, rx: 1.6 }),
  pink: () => svg("path", { d: "M8 .8l6 7.2-6 7.2L2 8z" }),
};

/** Draws crystals, labelled as in `2 yellow, 1 pink`. More than `most` are drawn as one of each color with a number. */
export function crystals(held, most = 30) {
  const there = COLOURS.filter((colour) => held?.[colour] > 0);
  const said = there.map((colour) => `${held[colour]} ${colour}`).join(", ") || "no crystals";
  const all = there.reduce((sum, colour) => sum + held[colour], 0);
  const each = (colour) => Array.from({ length: held[colour] }, () => crystal(colour));
  const drawn = there.map((colour) => (all <= most ? each(colour) : el("span", { class: "many" }, `${held[colour]}`, crystal(colour))));
  return el("span", { class: "crystals", role: "img", "aria-label": said, title: said }, drawn);
}

function crystal(colour) {
  return svg("svg", { class: `crystal ${colour}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, SHAPES[colour]());
}

/** Draws a merchant with its effect and the crystals on it. */
export function merchantCard(card, on) {
  const lies = on && Object.values(on).some((many) => many > 0);
  return el("article", { class: `merchant ${card.kind ?? ""}`, "aria-label": title(card) },
    el("p", { class: "kind" }, card.kind ?? "unknown"), el("div", { class: "does" }, ...does(card)),
    lies ? el("div", { class: "lies", title: "Comes with the card" }, crystals(on, 3)) : null);
}

function does(card) {
  if (card.kind === "produce") return [el("span", { class: "arrow", "aria-hidden": "true" }, "+"), crystals(card.gives)];
  if (card.kind === "trade") return [crystals(card.takes, 4), el("span", { class: "arrow", role: "img", "aria-label": "for" }, "→"), crystals(card.gives, 4)];
  if (card.kind === "upgrade") return [el("span", { class: "steps" }, `${card.steps}`), el("span", { class: "arrow", role: "img", "aria-label": "steps up" }, "↑")];
  return [card.id];
}

function title(card) {
  return `Merchant ${card.id}, ${card.kind ?? "unknown"}`;
}

/** Draws a point card with its costs and points, and the coin above it. */
export function pointCard(card, over) {
  if (!card || typeof card !== "object") return el("article", { class: "point-card" }, String(card ?? ""));
  return el("article", { class: "point-card", "aria-label": `Point card ${card.id}` },
    over ? el("div", { class: "over" }, coin(over)) : null,
    el("p", { class: "points" }, el("strong", {}, String(card.points)), el("span", { class: "unseen" }, " points")), crystals(card.costs));
}

export function coin(sort) {
  return el("span", { class: `coin ${sort}`, role: "img", "aria-label": `${sort} coin`, title: `${sort} coin: ${sort === "gold" ? "3 points" : "1 point"}` });
}
