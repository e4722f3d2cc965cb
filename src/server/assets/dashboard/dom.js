// Elements. Whatever comes from a store becomes text here, never markup, and nothing in it hides.

import { visible } from "./format.js";

/** An element with attributes (`on` holds listeners; null and false leave one out) and children. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...nodes(children));
  return element;
}

/** Sets an attribute only where it differs, so that nothing is announced or drawn for nothing. */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) return element.removeAttribute(name);
  // What is read out or shown is text like any other.
  const text = value === true ? "" : name === "title" || name.startsWith("aria-") ? visible(value) : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Sets a text only where it differs. */
export function setText(element, text) {
  const shown = visible(text);
  if (element.textContent !== shown) element.textContent = shown;
}

/** Gives an element new children. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

function nodes(children) {
  const there = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  return there.map((child) => (child instanceof Node ? child : visible(child)));
}

/**
 * Brings a list to these items and keeps the elements that are there, and with them focus and scrolling.
 * `make` gives the element of a new item, `update` brings one up to date.
 */
export function sync(list, items, key, make, update = () => {}) {
  const there = new Map(Array.from(list.children, (child) => [child.dataset.key, child]));
  let next = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = there.get(name);
    if (child) {
      there.delete(name);
    } else {
      child = make(item);
      child.dataset.key = name;
    }
    update(child, item);
    if (child === next) next = next.nextElementSibling;
    else list.insertBefore(child, next);
  }
  for (const gone of there.values()) gone.remove();
}

/** Marks what has just changed, for a moment. */
export function flash(...elements) {
  for (const element of elements) element.classList.remove("flash");
  // Reading a size makes the browser forget the animations that were under way; once, since it is dear.
  void elements[0]?.offsetWidth;
  for (const element of elements) element.classList.add("flash");
}
