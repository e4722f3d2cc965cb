// A WebSocket as browsers have it, for a Node that has none: as much of RFC 6455 as a client of the server needs.

import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

export class WebSocket {
  onopen = () => {};
  onmessage = () => {};
  onerror = () => {};
  onclose = () => {};
  #socket;
  #bytes = Buffer.alloc(0);
  #parts = [];
  #open = false;
  #closed = false;
  #code = 1006;
  #reason = "";

  constructor(url, protocols = []) {
    const { hostname, port, pathname, search, host } = new URL(url);
    const key = randomBytes(16).toString("base64");
    this.#socket = connect(Number(port) || 80, hostname);
    this.#socket.on("connect", () => {
      const lines = [
        `GET ${pathname}${search} HTTP/1.1`, `Host: ${host}`, "Upgrade: websocket", "Connection: Upgrade",
        `Sec-WebSocket-Key: ${key}`, "Sec-WebSocket-Version: 13",
        ...(protocols.length > 0 ? [`Sec-WebSocket-Protocol: ${protocols.join(", ")}`] : []),
      ];
      this.#socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    });
    this.#socket.on("data", (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      if (!this.#open && !this.#shakeHands(key)) return;
      while (this.#frame());
    });
    this.#socket.on("error", () => this.onerror({}));
    this.#socket.on("close", () => this.#ended());
  }

  send(text) {
    this.#write(TEXT, Buffer.from(text));
  }

  close(code = 1000) {
    if (!this.#open) return this.#socket.destroy();
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(code);
    this.#write(CLOSE, bytes);
    this.#socket.end();
  }

  #shakeHands(key) {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const head = this.#bytes.subarray(0, end).toString();
    this.#bytes = this.#bytes.subarray(end + 4);
    const wanted = createHash("sha1").update(key + GUID).digest("base64");
    const accept = /^sec-websocket-accept: *(.*)$/im.exec(head)?.[1];
    if (!head.startsWith("HTTP/1.1 101") || accept !== wanted) {
      this.#socket.destroy();
      return false;
    }
    this.protocol = /^sec-websocket-protocol: *(.*)$/im.exec(head)?.[1] ?? "";
    this.#open = true;
    this.onopen({});
    return true;
  }

  /** Takes one frame out of what has come; whether there was a whole one. */
  #frame() {
    const bytes = this.#bytes;
    if (bytes.length < 2) return false;
    let length = bytes[1] & 0x7f;
    let start = 2;
    if (length === 126) [length, start] = [bytes.length < 4 ? Infinity : bytes.readUInt16BE(2), 4];
    else if (length === 127) [length, start] = [bytes.length < 10 ? Infinity : Number(bytes.readBigUInt64BE(2)), 10];
    if (bytes.length < start + length) return false;
    const payload = bytes.subarray(start, start + length);
    this.#bytes = bytes.subarray(start + length);
    const [last, kind] = [bytes[0] & 0x80, bytes[0] & 0x0f];
    if (kind === PING) this.#write(PONG, payload);
    else if (kind === CLOSE) this.#told(payload);
    else if (kind <= 2) {
      this.#parts.push(payload);
      if (last) {
        const data = Buffer.concat(this.#parts).toString();
        this.#parts = [];
        this.onmessage({ data });
      }
    }
    return true;
  }

  #told(payload) {
    if (payload.length >= 2) [this.#code, this.#reason] = [payload.readUInt16BE(0), payload.subarray(2).toString()];
    this.#write(CLOSE, payload.subarray(0, 2));
    this.#socket.end();
  }

  #write(kind, payload) {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    const mask = randomBytes(4);
    const { length } = payload;
    const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    head[0] = 0x80 | kind;
    head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
    if (head.length === 4) head.writeUInt16BE(length, 2);
    if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
    this.#socket.write(Buffer.concat([head, mask, payload.map((byte, index) => byte ^ mask[index % 4])]));
  }

  #ended() {
    if (this.#closed) return;
    this.#closed = true;
    this.onclose({ code: this.#code, reason: this.#reason });
  }
}
