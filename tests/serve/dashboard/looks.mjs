// What must hold of any page, whatever it shows. These functions run in the page.

/** Texts that are hard to read on what they lie on: below 4.5 : 1, or 3 : 1 where they are large (WCAG 2.2, AA). */
export function hardToRead() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return { rgb: [red, green, blue], alpha: alpha / 255 };
  };
  const over = (top, alpha, below) => top.map((part, index) => part * alpha + below[index] * (1 - alpha));
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const { rgb, alpha } = rgba(getComputedStyle(element).backgroundColor);
    return alpha === 1 ? rgb : over(rgb, alpha, ground(element.parentElement));
  };
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const says = Array.from(element.childNodes).some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!says || !element.checkVisibility() || element.closest(":disabled, .unseen, svg, .flash, .gone")) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const { rgb, alpha } = rgba(style.color);
    const [one, other] = [light(over(rgb, alpha, below)), light(below)];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5)) found.push(`${element.tagName}.${element.className} "${element.textContent.trim().slice(0, 30)}" ${contrast.toFixed(2)}`);
  }
  return found;
}

/** What somebody who does not see, or has no mouse, would miss. */
export function wrongInStructure() {
  const wrong = [];
  const visible = (element) => element.checkVisibility();
  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title) wrong.push("no title");
  for (const landmark of ["main", "header", "nav"]) if (!document.querySelector(landmark)) wrong.push(`no ${landmark}`);
  if (document.querySelectorAll("h1").length !== 1) wrong.push(`${document.querySelectorAll("h1").length} h1`);
  const ids = Array.from(document.querySelectorAll("[id]"), ({ id }) => id);
  if (new Set(ids).size !== ids.length) wrong.push("an id is there twice");
  for (const element of document.querySelectorAll("a, button, input, summary, progress, [role=img], [role=region]")) {
    const labelled = element.getAttribute("aria-label") ?? Array.from(element.labels ?? [], (label) => label.textContent).join(" ");
    const name = labelled.trim() || element.textContent.trim() || element.querySelector("img")?.alt;
    if (visible(element) && !name) wrong.push(`without a name: ${element.outerHTML.slice(0, 120)}`);
  }
  for (const element of document.querySelectorAll("img")) if (!element.hasAttribute("alt")) wrong.push("an image without alt");
  for (const element of document.querySelectorAll("[onclick], [style*=expression]")) wrong.push(`inline: ${element.outerHTML.slice(0, 80)}`);
  if (document.documentElement.scrollWidth > visualViewport.width + 1) wrong.push(`wider than the window: ${document.documentElement.scrollWidth} in ${visualViewport.width}`);
  return wrong;
}

/** Texts and fields that cover each other, and headings that are cut off. */
export function misplaced() {
  const wrong = [];
  const clipped = (rect, element) => {
    let { left, top, right, bottom } = rect;
    for (let box = element; box && box !== document.documentElement; box = box.parentElement) {
      if (getComputedStyle(box).overflow === "visible" || box === document.body) continue;
      const clip = box.getBoundingClientRect();
      [left, top, right, bottom] = [Math.max(left, clip.left), Math.max(top, clip.top), Math.min(right, clip.right), Math.min(bottom, clip.bottom)];
    }
    return { left, top, right, bottom };
  };
  const items = [];
  const add = (element, rect, what) => {
    const { left, top, right, bottom } = clipped(rect, element);
    if (right - left > 1 && bottom - top > 1) items.push({ element, left, top, right, bottom, what });
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (element.closest("svg, dialog, .visually-hidden, .skip")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const rect of range.getClientRects()) add(element, rect, text.data.trim().slice(0, 40));
  }
  for (const field of document.querySelectorAll("main input, main button, main progress")) {
    if (field.checkVisibility({ visibilityProperty: true })) add(field, field.getBoundingClientRect(), field.outerHTML.slice(0, 60));
  }
  const sticky = (element) => {
    for (let box = element; box; box = box.parentElement) if (["sticky", "fixed"].includes(getComputedStyle(box).position)) return true;
    return false;
  };
  const still = items.filter(({ element }) => !sticky(element));
  still.forEach((one, index) => {
    for (const other of still.slice(index + 1)) {
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (wide > 2 && high > 3) wrong.push(`"${one.what}" and "${other.what}" overlap by ${Math.round(wide)} × ${Math.round(high)}`);
    }
  });
  for (const heading of document.querySelectorAll("main h1")) {
    if (!heading.checkVisibility()) continue;
    const rect = heading.getBoundingClientRect();
    const seen = clipped(rect, heading.parentElement);
    if (seen.bottom - seen.top < rect.height - 1 || rect.height < parseFloat(getComputedStyle(heading).fontSize)) wrong.push(`the heading "${heading.textContent}" is cut off`);
    const head = heading.parentElement.getBoundingClientRect();
    if (head.height < rect.height - 1) wrong.push(`the heading "${heading.textContent}" is higher than its place`);
  }
  return wrong.slice(0, 10);
}

/** Everything that can be used, as a list to tick off with the Tab key. */
export function usable() {
  const all = Array.from(document.querySelectorAll("a[href], button, input, summary, [tabindex='0']"));
  const there = all.filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled);
  there.forEach((element, index) => (element.dataset.usable = index));
  return there.length;
}

/** What has the focus: its number in the list, and whether one sees that it has. */
export function focused() {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return { number: element.dataset.usable ?? null, shown: outlineStyle !== "none" && outlineWidth !== "0px", what: element.outerHTML.slice(0, 100) };
}
