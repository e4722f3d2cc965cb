// The slider of versions, with buttons. Arrow keys, page keys, Home and End work as on any slider.

import { el, fill, setAttribute, setText } from "./dom.js";
import { clock, number, words } from "./format.js";
import { icon } from "./icons.js";

export function timeline(history) {
  const slider = el("input", { type: "range", min: 1, step: 1, "aria-label": "Version", on: { input: () => history.show(Number(slider.value)) } });
  const button = (name, label, act) => el("button", { class: "round", type: "button", "aria-label": label, title: label, on: { click: act } }, icon(name));
  const first = button("first", "First version", () => history.show(1));
  const previous = button("previous", "Previous version", () => history.show(history.version - 1));
  const play = button("play", "Play", () => togglePlay(history));
  const next = button("next", "Next version", () => history.show(history.version + 1));
  const live = el("button", { class: "live", type: "button", on: { click: () => history.goLive() } }, el("span", { class: "dot" }), "Live");
  const where = el("p", { class: "where" });
  const bar = el("div", { class: "timeline", role: "group", "aria-label": "Time" },
    el("div", { class: "timeline-buttons" }, first, previous, play, next), slider, live, where);

  const update = () => {
    const { version, last, report, live: living } = history;
    setAttribute(slider, "max", Math.max(1, last));
    slider.value = version;
    slider.style.setProperty("--part", last > 1 ? `${((version - 1) / (last - 1)) * 100}%` : "0%");
    slider.disabled = last <= 1;
    const event = report?.event.version === version ? report.event : null;
    const said = event ? `${words(event.type)}, ${clock(event.recorded_at)}` : "";
    setAttribute(slider, "aria-valuetext", `version ${version} of ${last}${said && `, ${said}`}`);
    setText(where, `Version ${number(version)} of ${number(last)}${event ? ` · ${event.type} · ${clock(event.recorded_at)}` : ""}`);
    first.disabled = previous.disabled = version <= 1;
    next.disabled = version >= last;
    play.disabled = last <= 1;
    const label = history.playing ? "Pause" : "Play";
    if (play.title !== label) {
      setAttribute(play, "title", label);
      setAttribute(play, "aria-label", label);
      fill(play, icon(history.playing ? "pause" : "play"));
    }
    setAttribute(live, "aria-pressed", String(living && !history.playing));
  };
  history.addEventListener("change", update);
  update();
  return bar;
}

function togglePlay(history) {
  if (history.playing) history.show(history.version);
  else history.play();
}
