// Gives a Node before version 22 the WebSocket that the documents expect.

import { WebSocket } from "../serve/client_js/websocket.mjs";

globalThis.WebSocket ??= WebSocket;
