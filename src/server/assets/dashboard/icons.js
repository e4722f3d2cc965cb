// Icons. They are decorative: a text or the label of a button has the meaning.

import { svg } from "./dom.js";

const PATHS = {
  streams: "M4 6h10M4 12h16M4 18h7",
  resources: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
  games: "M5 4h9a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM18 6l2.2.6a1 1 0 0 1 .7 1.2L18 18",
  projections: "M4 5h16M4 5l6 7v6l4 2v-8l6-7",
  activity: "M3 12h4l3-7 4 14 3-7h4",
  first: "M6 5v14M19 5l-9 7 9 7z",
  previous: "M16 5l-9 7 9 7",
  next: "M8 5l9 7-9 7",
  last: "M18 5v14M5 5l9 7-9 7z",
  play: "M7 4l13 8-13 8z",
  pause: "M8 5v14M16 5v14",
  back: "M15 5l-7 7 7 7",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  crown: "M4 8l4 4 4-7 4 7 4-4-2 10H6z",
};

export function icon(name) {
  const path = svg("path", { d: PATHS[name] });
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, path);
}
