// A JSON value as a collapsible tree. Changes are marked by color, sign and text.

import { el } from "./dom.js";
import { number } from "./format.js";

/** Number of children that are shown at first. */
const AT_ONCE = 100;
/** Minimum size of values that are collapsed at first, unless they contain a change. */
const OPEN_TO_DEPTH = 3;
/** Number of characters of a text that are shown at first. */
const MOST_TEXT = 2000;

/** Creates the tree. `changes`: `{path, before?, after?}` with JSON pointers, as returned by the server. */
export function jsonView(value, changes = []) {
  const marks = new Map(changes.map((change) => [change.path, change]));
  const root = el("div", { class: "json" }, ...inner(value, "", marks, 0));
  const whole = marks.get("");
  if (whole && !isBranch(value)) return el("div", { class: "json" }, row([leaf(value)], whole));
  return root;
}

function inner(value, path, marks, depth) {
  if (!isBranch(value)) return [row([leaf(value)], marks.get(path))];
  // A value that became null still exists.
  const gone = missing(path, marks).filter(([key]) => !Object.hasOwn(value, key));
  const entries = Object.entries(value).map(([key, child]) => () => node(key, child, `${path}/${escaped(key)}`, marks, depth));
  const removed = gone.map(([key, change]) => () => row([name(key), punctuation(": "), leaf(change.before)], change, true));
  return portion([...entries, ...removed], isEmpty(value) && gone.length === 0 ? value : null);
}

/** Creates the first children and a button for more. */
function portion(makers, empty) {
  if (empty) return [el("div", { class: "json-row" }, punctuation(Array.isArray(empty) ? "[ ]" : "{ }"))];
  const shown = makers.slice(0, AT_ONCE).map((make) => make());
  const rest = makers.slice(AT_ONCE);
  if (rest.length === 0) return shown;
  const more = el("button", { class: "link", type: "button" }, `${number(rest.length)} more`);
  more.addEventListener("click", () => more.replaceWith(...portion(rest)));
  return [...shown, more];
}

function node(key, value, path, marks, depth) {
  if (!isBranch(value) || isEmpty(value)) {
    const text = isBranch(value) ? punctuation(Array.isArray(value) ? "[ ]" : "{ }") : leaf(value);
    if (marks.has(path) || missing(path, marks).length === 0) return row([name(key), punctuation(": "), text], marks.get(path));
  }
  const size = Object.keys(value).length;
  const summary = el("summary", {}, name(key), punctuation(Array.isArray(value) ? ` [${size}]` : ` {${size}}`));
  const change = marks.get(path);
  const touched = change !== undefined || Array.from(marks.keys()).some((changed) => changed.startsWith(`${path}/`));
  if (touched) summary.append(" ", el("span", { class: change && isNothing(change.before) ? "touched new" : "touched" }, change && isNothing(change.before) ? "new" : "changed"));
  const branch = el("details", { class: "json-branch" }, summary);
  // A collapsed value is built when it is opened.
  const build = () => branch.append(el("div", { class: "json-inner" }, ...inner(value, path, marks, depth + 1)));
  branch.open = touched || (depth < OPEN_TO_DEPTH && size <= 20);
  if (branch.open) build();
  else branch.addEventListener("toggle", build, { once: true });
  return branch;
}

/** Creates a line. A changed one has a sign and the previous value. */
function row(content, change, isGone = false) {
  if (!change) return el("div", { class: "json-row" }, ...content);
  const kind = isNothing(change.before) ? "added" : isGone ? "removed" : "changed";
  const sign = { added: "+", removed: "−", changed: "±" }[kind];
  const before = kind === "changed" ? [el("span", { class: "before" }, " was ", el("del", {}, shortly(change.before)))] : [];
  const text = kind === "removed" ? el("del", {}, ...content) : el("ins", {}, ...content);
  return el("div", { class: `json-row ${kind}`, "data-path": change.path }, el("span", { class: "sign", title: kind }, sign), text, ...before);
}

/** Creates the lines of removed values. */
function missing(path, marks) {
  const below = Array.from(marks.entries()).filter(([changed, change]) => {
    const rest = changed.startsWith(`${path}/`) ? changed.slice(path.length + 1) : "/";
    return !rest.includes("/") && isNothing(change.after);
  });
  return below.map(([changed, change]) => [unescaped(changed.slice(path.length + 1)), change]);
}

/** Returns a value as one short line. */
export function shortly(value, most = 60) {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "nothing";
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function leaf(value) {
  const kind = value === null || value === undefined ? "null" : Array.isArray(value) ? "null" : typeof value;
  // With the escapes of JSON, so that a text is never mistaken for several.
  const text = JSON.stringify(value) ?? "";
  if (text.length <= MOST_TEXT) return el("span", { class: `json-${kind}` }, text);
  const more = el("button", { class: "link", type: "button" }, `${number(text.length - MOST_TEXT)} more characters`);
  more.addEventListener("click", () => more.replaceWith(el("span", {}, text.slice(MOST_TEXT))));
  return el("span", { class: `json-${kind}` }, text.slice(0, MOST_TEXT), " ", more);
}

function name(key) {
  return el("span", { class: "json-key" }, key);
}

function punctuation(text) {
  return el("span", { class: "json-punctuation" }, text);
}

function isBranch(value) {
  return typeof value === "object" && value !== null;
}

/** Returns true for the value that the server sends for a missing one. */
function isNothing(value) {
  return value === undefined || value === null;
}

function isEmpty(value) {
  return isBranch(value) && Object.keys(value).length === 0;
}

function escaped(key) {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unescaped(token) {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}
