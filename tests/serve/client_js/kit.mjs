// What the tests of the client share: the client itself, what cuts connections, and a few words.

import { createServer, connect as tcp } from "node:net";
import { pathToFileURL } from "node:url";
import { WebSocket as ours } from "./websocket.mjs";

/** Nodes before 22 have no WebSocket of their own. */
const WebSocket = process.env.ESCTL_WEBSOCKET === "built-in" ? globalThis.WebSocket : ours;

export const server = process.env.ESCTL_URL;
/** The client as the server gives it; `.mjs`, or an older Node takes it for something else. */
const { connect } = process.env.ESCTL_CLIENT_JS ? await import(pathToFileURL(process.env.ESCTL_CLIENT_JS).href) : {};

export function client(options = {}) {
  return connect({ url: server, WebSocket, ...options });
}

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

export function same(found, wanted, what) {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
  check(one === other, `${what}: found ${one}, wanted ${other}`);
}

/** The error that a promise ends with. */
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

/** The next so many messages of a subscription. */
export async function take(subscription, many) {
  const taken = [];
  while (taken.length < many) {
    const { done, value } = await subscription.next();
    check(!done, `it ended after ${taken.length} of ${many}`);
    taken.push(value);
  }
  return taken;
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Passes bytes on to the server, and cuts all connections when told: without a word, as a lost network does. */
export async function proxy(at = 0) {
  const { hostname, port } = new URL(server);
  const pairs = new Set();
  let refusing = null;
  const refused = { cut: (near) => near.destroy(), answer: (near) => near.end("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"), silence: () => {} };
  const listener = createServer((near) => {
    if (refusing) {
      near.on("error", () => {});
      return refused[refusing](near);
    }
    const far = tcp(Number(port), hostname);
    const pair = { cut: () => [near, far].forEach((socket) => socket.destroy()) };
    pairs.add(pair);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      socket.on("error", pair.cut);
      socket.on("close", () => {
        pairs.delete(pair);
        pair.cut();
      });
    }
  });
  await new Promise((resolve) => listener.listen(at, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    /** How many connections were cut. */
    cut: () => {
      const many = pairs.size;
      pairs.forEach((pair) => pair.cut());
      return many;
    },
    /** Lets no connection through, by `cut`, `answer` or `silence`; null: all of them again. */
    refuse: (how) => (refusing = how),
    close: () => {
      pairs.forEach((pair) => pair.cut());
      listener.close();
    },
  };
}
