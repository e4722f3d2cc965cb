// A headless Chromium, driven over its debugging protocol.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { WebSocket } from "../client_js/websocket.mjs";

const OPTIONS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars", "--remote-debugging-port=0",
];
/** A wait this long means that what is waited for does not come; in milliseconds. */
const PATIENCE = 60_000;

/** Starts a browser; `use` is given it, and it is gone afterwards. */
export async function withBrowser(use) {
  const folder = mkdtempSync(join(tmpdir(), "esctl-browser-"));
  const child = spawn(program(), [...OPTIONS, `--user-data-dir=${folder}`, "about:blank"], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const gone = new Promise((resolve) => child.on("exit", resolve));
  try {
    const browser = await Connection.to(await address(child));
    await use(browser);
    await Promise.race([browser.send("Browser.close").catch(() => {}), gone]);
  } finally {
    // With all its processes: those that are left would go on writing into the folder.
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // They are gone already.
    }
    await gone;
    await removed(folder);
  }
}

/** Removes a folder into which somebody may still write for a moment. */
async function removed(folder) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** The first browser of the kind that there is. */
function program() {
  const { PATH = "" } = process.env;
  const found = PATH.split(delimiter).flatMap((folder) => ["chromium", "google-chrome"].map((name) => join(folder, name))).find(existsSync);
  return found ?? "chromium";
}

/** Where the browser is reached: it says so when it has started. */
function address(child) {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (bytes) => {
      said += bytes;
      const found = /DevTools listening on (ws:\S+)/.exec(said);
      if (found) resolve(found[1]);
    });
    child.on("error", reject);
    child.on("exit", () => reject(new Error(`the browser ended: ${said}`)));
  });
}

class Connection {
  #socket;
  #calls = new Map();
  #number = 0;
  #pages = new Map();

  static to(url) {
    return new Promise((resolve, reject) => {
      const connection = new Connection();
      const socket = new WebSocket(url);
      connection.#socket = socket;
      socket.onopen = () => resolve(connection);
      socket.onmessage = ({ data }) => connection.#heard(JSON.parse(data));
      socket.onclose = () => {
        reject(new Error("no connection to the browser"));
        connection.#calls.forEach(({ reject: fail }) => fail(new Error("the browser is gone")));
      };
    });
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#number;
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject, method }));
  }

  #heard({ id, result, error, method, params, sessionId }) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call?.reject(new Error(`${call.method}: ${error.message}`));
    else call?.resolve(result);
    if (method) this.#pages.get(sessionId)?.heard(method, params);
  }

  /** A new page of its own: what it keeps is gone with it. */
  async page({ width = 1280, height = 800, dark = false, still = false } = {}) {
    const { browserContextId } = await this.send("Target.createBrowserContext");
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId));
    this.#pages.set(sessionId, page);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
    await page.size(width, height);
    await page.media({ dark, still });
    return page;
  }
}

class Page {
  /** What the console and the page itself called an error. */
  errors = [];
  /** Where requests went. */
  requests = [];

  constructor(send) {
    this.send = send;
  }

  heard(method, params) {
    if (method === "Runtime.exceptionThrown") this.errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Runtime.consoleAPICalled" && params.type === "error") this.errors.push(params.args.map(({ value, description }) => value ?? description).join(" "));
    if (method === "Log.entryAdded" && params.entry.level === "error") this.errors.push(`${params.entry.source}: ${params.entry.text} ${params.entry.url ?? ""}`);
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
  }

  size(width, height) {
    return this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  }

  media({ dark = false, still = false }) {
    return this.send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }, { name: "prefers-reduced-motion", value: still ? "reduce" : "no-preference" }],
    });
  }

  async open(url) {
    await this.send("Page.navigate", { url });
    await this.until(() => document.readyState === "complete", "the page is loaded");
  }

  /** What a function gives in the page. */
  async run(code, ...values) {
    const expression = `(${code})(...${JSON.stringify(values)})`;
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Waits until a function gives something that holds, and gives it back. */
  async until(code, what, ...values) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const value = await this.run(code, ...values).catch(() => null);
      if (value) return value;
      if (Date.now() > end) throw new Error(`it never came: ${what}. The page says: ${await this.text()}. Errors: ${this.errors.join("; ")}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** Waits until a text is seen. */
  sees(text, selector = "body") {
    return this.until((wanted, where) => Array.from(document.querySelectorAll(where)).some((element) => element.innerText.includes(wanted)), `"${text}" in ${selector}`, text, selector);
  }

  text(selector = "body") {
    return this.run((where) => document.querySelector(where)?.innerText ?? "", selector);
  }

  /** Clicks where an element is, as a hand would. */
  async click(selector, text = "") {
    const found = (where, words) => {
      const element = Array.from(document.querySelectorAll(where)).find((each) => each.innerText.includes(words) && each.checkVisibility());
      if (!element) return null;
      element.scrollIntoView({ block: "center" });
      const { left, top, width, height } = element.getBoundingClientRect();
      return { x: left + width / 2, y: top + height / 2 };
    };
    const { x, y } = await this.until(found, `${selector} ${text}`, selector, text);
    for (const type of ["mousePressed", "mouseReleased"]) await this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
  }

  async press(key, { shift = false } = {}) {
    const text = { Enter: "\r", Space: " " }[key];
    const code = { Tab: 9, Enter: 13, Escape: 27, End: 35, Home: 36, ArrowLeft: 37, ArrowRight: 39, Space: 32 }[key];
    const event = { key: key === "Space" ? " " : key, code: key, windowsVirtualKeyCode: code, modifiers: shift ? 8 : 0 };
    await this.send("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", text, ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  type(text) {
    return this.send("Input.insertText", { text });
  }

  /** Keeps a picture, where somebody wants to look at it. */
  async picture(name) {
    const folder = process.env.ESCTL_PICTURES;
    if (!folder) return;
    // What moves comes to rest first.
    await new Promise((resolve) => setTimeout(resolve, 600));
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(join(folder, `${name}.png`), Buffer.from(data, "base64"));
  }
}
