// Elements. Whatever comes from a store becomes text here, never markup.

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
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value === true ? "" : value);
}

/** Sets a text only where it differs. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Gives an element new children. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
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

/** Marks something that has just changed, for a moment. */
export function flash(element) {
  element.classList.remove("flash");
  // Reading a size makes the browser forget the animation that was under way.
  void element.offsetWidth;
  element.classList.add("flash");
}
