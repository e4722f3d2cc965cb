// Starts the dashboard: sign-in, pages and navigation, and the state of the connection.

import { connect } from "/client.js";
import { currentToken, get, keepToken, whenRefused } from "./api.js";
import { connectionSign } from "./connection.js";
import { el, fill, setAttribute, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { visible } from "./format.js";
import { icon } from "./icons.js";
import { problem } from "./parts.js";
import { themeToggle } from "./theme.js";
import * as activity from "./pages/activity.js";
import * as games from "./pages/games.js";
import * as projections from "./pages/projections.js";
import * as resources from "./pages/resources.js";
import * as streams from "./pages/streams.js";

const PAGES = { streams, resources, games, projections, activity };
const LABELS = { streams: "Streams", resources: "Resources", games: "Games", projections: "Projections", activity: "Activity" };

const main = document.getElementById("main");
const account = document.getElementById("account");
const dialog = document.getElementById("sign-in");
const field = document.getElementById("token");
const wrong = document.getElementById("sign-in-error");

const app = {
  feed: new Feed(),
  client: null,
  me: null,
  may: (scope) => app.me?.scopes.includes(scope) ?? false,
};
let page = null;
let shown = "";
let asking = false;
let starts = 0;

themeToggle(document.getElementById("theme"));
connectionSign(document.getElementById("connection"), app.feed);
fill(document.getElementById("pages"), el("ul", {}, Object.entries(LABELS).map(([name, label]) => el("li", {}, el("a", { href: `#/${name}` }, icon(name), el("span", {}, label))))));
addEventListener("hashchange", show);
// The hash selects the page, so it cannot select a place on the page.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
whenRefused(signIn);
account.addEventListener("click", () => {
  keepToken("");
  location.reload();
});
app.feed.addEventListener("status", ({ detail: { before } }) => {
  if (app.feed.status === "live" && before !== "connecting") page?.refresh?.();
});
// There is no page to return to.
dialog.addEventListener("cancel", (event) => asking && event.preventDefault());
// A browser may close it nevertheless.
dialog.addEventListener("close", () => asking && openDialog());
dialog.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = field.value.trim();
  field.value = "";
  // A character that a header cannot contain would look like an unreachable server.
  if (!/^[\x21-\x7e]+$/.test(token)) return setText(wrong, "Invalid token: it contains characters that a token cannot have.");
  keepToken(token);
  start();
});
start();

/** Reads the caller and starts. */
async function start() {
  const begun = ++starts;
  let delay = 500;
  for (;;) {
    try {
      const me = await get("/api/me");
      if (begun !== starts) return;
      app.me = me;
      break;
    } catch (error) {
      if (error.status === 401 || begun !== starts) return;
      page?.close();
      [page, shown] = [null, ""];
      fill(main, problem(error));
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (begun !== starts) return;
      delay = Math.min(8000, delay * 2);
    }
  }
  asking = false;
  if (dialog.open) dialog.close();
  account.hidden = !app.me.signed_in;
  setText(account, "Sign out");
  setAttribute(account, "aria-label", `Sign out ${app.me.client_id}`);
  setAttribute(account, "title", `Signed in as ${app.me.client_id}`);
  app.client?.close();
  app.client = connect({ token: currentToken });
  show();
  app.feed.start();
}

/** Asks for a token. `used` is set if the server refused the last one. */
function signIn(used) {
  app.feed.stop();
  if (dialog.open && !used) return;
  asking = true;
  keepToken("");
  setText(wrong, used ? "The server refused this token. It may have expired." : "");
  openDialog();
}

function openDialog() {
  if (!dialog.open) dialog.showModal();
  field.focus();
}

/** Shows the page of the hash. */
function show() {
  if (!app.me) return;
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  const known = Object.hasOwn(PAGES, name) ? name : "streams";
  for (const link of document.querySelectorAll("#pages a")) {
    setAttribute(link, "aria-current", link.getAttribute("href") === `#/${known}` ? "page" : null);
  }
  if (shown === known && page.go?.(rest)) {
    document.title = visible(`${page.title} · esctl`);
    return;
  }
  const first = !shown;
  page?.close();
  shown = known;
  const root = el("div", { class: `page ${known}` });
  page = PAGES[known].open(root, app, rest);
  fill(main, root);
  document.title = visible(`${page.title} · esctl`);
  scrollTo(0, 0);
  // The first page starts at the top, with a link past the navigation.
  if (!first) root.querySelector("h1")?.focus({ preventScroll: true });
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
