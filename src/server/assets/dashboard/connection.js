// The indicator of the connection.

import { el, fill, setAttribute } from "./dom.js";

/** Time for which a reconnect is shown, in milliseconds. */
const SAID_FOR = 4000;

export function connectionSign(place, feed) {
  const text = el("span");
  const seconds = el("span", { "aria-hidden": "true" });
  const retry = el("button", { class: "link", type: "button", on: { click: () => feed.retry() } }, "Retry now");
  fill(place, el("span", { class: "dot", "aria-hidden": "true" }), text, seconds, retry);
  let forget = null;
  const show = (kind, said) => {
    setAttribute(place, "data-state", kind);
    if (text.textContent !== said) text.textContent = said;
    retry.hidden = kind !== "waiting";
  };
  feed.addEventListener("status", ({ detail: { before } }) => {
    clearTimeout(forget);
    if (feed.status === "waiting") show("waiting", "Connection lost");
    else if (feed.status !== "live") show("connecting", "Connecting");
    else if (before === "waiting") {
      show("live", "Reconnected");
      forget = setTimeout(() => show("live", "Live"), SAID_FOR);
    } else show("live", "Live");
  });
  setInterval(() => {
    const left = feed.status === "waiting" ? Math.ceil((feed.next - Date.now()) / 1000) : 0;
    seconds.textContent = left > 0 ? ` · next try in ${left} s` : "";
  }, 250);
  show("connecting", "Connecting");
}
