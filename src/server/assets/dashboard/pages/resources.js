// The list of resources, with their amounts.

import { list as listed } from "../api.js";
import { el, fill, flash, setAttribute, setText, sync } from "../dom.js";
import { ago, category, count, number } from "../format.js";
import { icon } from "../icons.js";
import { badge, calmly, empty, heading, meter, showCaveats, showProblem } from "../parts.js";

const PAGE = 100;

export function open(root, app) {
  const total = el("p", { class: "muted", role: "status" });
  const trouble = el("div");
  const qualified = el("div");
  const list = el("ul", { class: "cards" });
  const nothing = el("div");
  const more = el("button", { type: "button", class: "more", hidden: true }, "Show more");
  fill(root, heading("Resources", total), trouble, qualified, list, nothing, more);

  let limit = PAGE;
  let closed = false;
  const load = async () => {
    try {
      const { items, next, caveats } = await listed("/api/resources", limit);
      if (closed) return;
      showProblem(trouble, null);
      showCaveats(qualified, caveats);
      sync(list, items, (item) => item.id, card, update);
      setText(total, items.length > 0 ? `${count(items.length, "resource")}${next ? ", and more" : ""}` : "");
      more.hidden = !next;
      fill(nothing, items.length > 0 ? null : empty("No resources yet", "Create the first:", "esctl resource create gold --owner ann --type currency --amount 100 --max 1000"));
    } catch (error) {
      if (!closed) showProblem(trouble, error, load);
    }
  };
  more.addEventListener("click", () => {
    limit += PAGE;
    load();
  });
  const soon = calmly(400, load);
  const unlisten = app.feed.listen(({ stream }) => category(stream) === "resource" && soon());
  // Regeneration has no events.
  const grows = setInterval(soon, 10_000);
  soon();
  return {
    title: "Resources",
    refresh: soon,
    close() {
      closed = true;
      clearInterval(grows);
      soon.stop();
      unlisten();
    },
  };
}

function card(resource) {
  const amount = el("span", { class: "amount" });
  const most = el("span", { class: "muted" });
  const bar = meter("", 0, 1);
  const lock = el("span", { class: "lock" });
  const when = el("span", { class: "muted small" });
  const item = el("li", { class: "card" },
    el("h2", {}, el("a", { href: `#/streams/${encodeURIComponent(`resource-${resource.id}`)}` }, resource.id), lock),
    el("p", { class: "muted small" }, `${resource.resource_type} of ${resource.owner_id}`),
    el("p", { class: "figure" }, amount, " ", most), bar, when);
  item.parts = { amount, most, bar, lock, when };
  return item;
}

function update(item, { amount, max_amount, is_locked, last_updated }) {
  const { parts } = item;
  const before = parts.amount.textContent;
  setText(parts.amount, number(amount));
  setText(parts.most, `of ${number(max_amount)}`);
  setText(parts.when, `changed ${ago(last_updated)}`);
  setAttribute(parts.bar, "aria-label", `${amount} of ${max_amount}`);
  parts.bar.firstChild.style.setProperty("--part", `${max_amount > 0 ? Math.min(100, (amount / max_amount) * 100) : 0}%`);
  setAttribute(parts.bar, "class", `meter ${amount * 5 < max_amount ? "low" : ""}`);
  if (Boolean(parts.lock.firstChild) !== is_locked) fill(parts.lock, is_locked ? badge([icon("lock"), "locked"], "warn") : null);
  if (before && before !== number(amount)) flash(item);
}
