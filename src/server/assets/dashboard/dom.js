// Elements. Data of a store becomes text, never markup, and invisible characters are escaped.

import { visible } from "./format.js";

/** Creates an element with attributes (`on` has listeners; null and false omit an attribute) and children. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Creates an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...nodes(children));
  return element;
}

/** Sets an attribute if it differs, so that nothing is announced or drawn without a change. */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) return element.removeAttribute(name);
  // Attributes that are read aloud or shown are escaped like text.
  const text = value === true ? "" : name === "title" || name.startsWith("aria-") ? visible(value) : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Sets a text if it differs. */
export function setText(element, text) {
  const shown = visible(text);
  if (element.textContent !== shown) element.textContent = shown;
}

/** Replaces the children of an element. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

function nodes(children) {
  const there = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  return there.map((child) => (child instanceof Node ? child : visible(child)));
}

/**
 * Updates a list to these items and keeps existing elements, with focus and scroll position.
 * `make` creates the element of a new item, and `update` updates one.
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

/** Highlights a change for a moment. */
export function flash(...elements) {
  for (const element of elements) element.classList.remove("flash");
  // Reading a size restarts the animations. It is done once, because it is slow.
  void elements[0]?.offsetWidth;
  for (const element of elements) element.classList.add("flash");
}
