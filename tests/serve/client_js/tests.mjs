// The JavaScript client against a server. Names a test on the command line: `node tests.mjs NAME`.

import { check, client, failure, pause, proxy, same, server, take } from "./kit.mjs";

const counter = { owner_id: "ann", resource_type: "points", initial_amount: 0, max_amount: 1_000_000 };

const tests = {
  async commands_give_outcomes_and_errors_with_codes() {
    const it = client();
    const made = await it.command("resource.create", "gold", counter);
    same([made.outcome, made.version, made.stream], ["applied", 1, "resource-gold"], "created");
    check(!("requestId" in made) && !("type" in made), "an outcome is no message");
    const twice = { commandId: "only-once" };
    await it.command("resource.add", "gold", { amount: 5 }, twice);
    same((await it.command("resource.add", "gold", { amount: 5 }, twice)).outcome, "already_applied", "the same id");
    const rejected = await failure(it.command("resource.allocate", "gold", { amount: 6 }));
    same([rejected.name, rejected.code], ["EsctlError", "insufficient_amount"], "rejected");
    check(rejected.message.includes("6"), rejected.message);
    const conflict = await failure(it.command("resource.add", "gold", { amount: 1 }, { expectVersion: 1 }));
    check(conflict.code.includes("conflict") || conflict.code.includes("version"), conflict.code);
    const unknown = await failure(it.command("resource.dance", "gold"));
    check(unknown.code, "an unknown command has a code");
    // Many at once: each answer finds its question.
    const many = await Promise.all(Array.from({ length: 50 }, (_, index) => it.command("resource.add", "gold", { amount: index + 1 })));
    same(many.map(({ events }) => events[0].data.amount), Array.from({ length: 50 }, (_, index) => index + 1), "answers");
    it.close();
    same((await failure(it.command("resource.add", "gold", { amount: 1 }))).code, "closed", "closed");
  },

  async events_come_once_and_in_order() {
    const it = client();
    await it.command("resource.create", "silver", counter);
    const all = it.subscribe("resource-silver", { after: 0 });
    const adding = Promise.all(Array.from({ length: 200 }, () => it.command("resource.add", "silver", { amount: 1 })));
    const events = await take(all, 201);
    await adding;
    same(events.map(({ eventId }) => eventId), Array.from({ length: 201 }, (_, index) => index + 1), "versions");
    same([events[0].data.type, events[200].data.data.new_amount], ["resource.created", 200], "events");
    same((await failure(Promise.resolve().then(() => it.subscribe("resource-silver")))).code, "already_subscribed", "twice");
    all.close();
    same(await all.next(), { done: true }, "after the end");
    const [state] = await take(it.subscribe("resource-silver"), 1);
    same([state.type, state.eventId, state.state.amount], ["state", 201, 200], "without a version the state comes first");
    const ahead = await failure(it.subscribe("resource-silver-ahead", { after: 1000 }).next());
    check(ahead.code, "what never was has a code");
    it.close();
  },

  async a_stream_that_is_not_there_yet_is_awaited() {
    const it = client();
    const subscription = it.subscribe("resource-later", { after: 0 });
    const first = subscription.next();
    await it.command("resource.create", "later", counter);
    same((await first).value.eventId, 1, "its first event");
    it.close();
  },

  async nothing_is_lost_or_doubled_when_connections_are_cut() {
    const way = await proxy();
    const [near, cut] = [client(), client({ url: way.url })];
    const statuses = [];
    cut.addEventListener("status", () => statuses.push(cut.status));
    await near.command("resource.create", "cut", counter);
    const subscription = cut.subscribe("resource-cut", { after: 0 });
    const writes = 300;
    let writing = true;
    const cutting = (async () => {
      let cuts = 0;
      while (writing) {
        await pause(40 + Math.random() * 60);
        if (cut.status === "open") cuts += way.cut();
      }
      return cuts;
    })();
    // Half of them go over the connection that is cut: each is sent until it is answered, and counts once.
    const adding = (async () => {
      const outcomes = [];
      for (let index = 0; index < writes; index += 1) outcomes.push((index % 2 ? near : cut).command("resource.add", "cut", { amount: 1 }).catch((error) => error));
      return Promise.all(outcomes);
    })();
    const outcomes = await adding;
    writing = false;
    check((await cutting) > 0, "something was cut");
    outcomes.forEach((outcome) => check(!(outcome instanceof Error), outcome.message));
    const events = await take(subscription, writes + 1);
    same(events.map(({ eventId }) => eventId), Array.from({ length: writes + 1 }, (_, index) => index + 1), "versions");
    same(events.at(-1).data.data.new_amount, writes, "each command counts once");
    check(statuses.includes("waiting") && statuses.includes("open"), statuses.join(" "));
    [near, cut, way].forEach((each) => each.close());
  },

  /** However a connection is refused: the next attempt is made, and what was waiting is done then. */
  async a_refused_reconnection_is_tried_again() {
    const way = await proxy();
    const it = client({ url: way.url, connectTimeout: 300 });
    await it.command("resource.create", "again", counter);
    const subscription = it.subscribe("resource-again", { after: 0 });
    await take(subscription, 1);
    let sent = 0;
    for (const how of ["cut", "answer", "silence"]) {
      let attempts = 0;
      const tries = () => it.status === "connecting" && (attempts += 1);
      it.addEventListener("status", tries);
      way.refuse(how);
      check(way.cut() > 0, "the connection was cut");
      const waiting = it.command("resource.add", "again", { amount: 1 });
      while (attempts < 2) await pause(20);
      way.refuse(null);
      same((await waiting).outcome, "applied", how);
      const [event] = await take(subscription, 1);
      same(event.eventId, (sent += 1) + 1, "the events after it");
      it.removeEventListener("status", tries);
    }
    [it, way].forEach((each) => each.close());
  },

  /** A server that is not there at all, at first and later. */
  async a_server_that_is_not_there_is_tried_again() {
    const way = await proxy();
    const { port } = new URL(way.url);
    way.close();
    const it = client({ url: way.url });
    const waiting = it.command("resource.create", "late", counter);
    let attempts = 0;
    it.addEventListener("status", () => it.status === "connecting" && (attempts += 1));
    while (attempts < 2) await pause(20);
    const back = await proxy(Number(port));
    same((await waiting).outcome, "applied", "once it is there");
    [it, back].forEach((each) => each.close());
  },

  /** A closed client keeps no process from ending, whatever it was waiting for. */
  async a_closed_client_waits_for_nothing() {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const way = await proxy();
    for (const how of ["silence", "answer", "cut"]) {
      way.refuse(how);
      const before = timers();
      // Longer than any test: a timer that is left behind is seen.
      const it = client({ url: way.url, connectTimeout: 2 ** 30 });
      const waiting = failure(it.command("resource.add", "held", { amount: 1 }));
      while (it.status === "idle") await pause(5);
      await pause(how === "silence" ? 50 : 500);
      it.close();
      same((await waiting).code, "closed", how);
      while (timers() > before) await pause(20);
    }
    way.cut();
    way.close();
  },

  async a_slow_reader_is_waited_for() {
    const it = client();
    await it.command("resource.create", "slow", counter);
    const subscription = it.subscribe("resource-slow", { after: 0 });
    const writes = 1500;
    for (let done = 0; done < writes; done += 100) {
      await Promise.all(Array.from({ length: 100 }, () => it.command("resource.add", "slow", { amount: 1 })));
    }
    const events = await take(subscription, writes + 1);
    same(events.map(({ eventId }) => eventId), Array.from({ length: writes + 1 }, (_, index) => index + 1), "versions");
    it.close();
  },

  /** The Rust side kills the server and starts it again whenever this prints `kill`. */
  async a_server_that_is_killed_and_started_again_is_found_again() {
    const it = client();
    await it.command("resource.create", "phoenix", counter);
    const subscription = it.subscribe("resource-phoenix", { after: 0 });
    let sent = 0;
    for (let round = 0; round < 3; round += 1) {
      const adding = Array.from({ length: 20 }, () => it.command("resource.add", "phoenix", { amount: 1 }));
      sent += 20;
      console.log("kill");
      await Promise.all(adding);
    }
    const events = await take(subscription, sent + 1);
    same(events.map(({ eventId }) => eventId), Array.from({ length: sent + 1 }, (_, index) => index + 1), "versions");
    same(events.at(-1).data.data.new_amount, sent, "each command counts once");
    it.close();
  },

  /** `ESCTL_TOKEN` is one that counts. */
  async a_token_is_needed_and_travels_as_a_subprotocol() {
    const token = process.env.ESCTL_TOKEN;
    const good = client({ token });
    same((await good.command("resource.create", "safe", counter)).outcome, "applied", "with a token");
    good.close();
    for (const wrong of [undefined, "a.b.c", `${token}x`]) {
      const bad = client({ token: wrong });
      const [command, event] = await Promise.all([failure(bad.command("resource.add", "safe", { amount: 1 })), failure(bad.subscribe("resource-safe", { after: 0 }).next())]);
      same([command.code, event.code, bad.status], ["unauthorized", "unauthorized", "refused"], "it is not tried for ever");
    }
    const tokens = [token, token];
    let asked = 0;
    const renewed = client({ token: async () => tokens[asked++] });
    await renewed.command("resource.add", "safe", { amount: 1 });
    same(asked, 1, "the token is asked for at each connection");
    renewed.close();
  },
};

const wanted = process.argv[2];
await tests[wanted]();
console.log("done");
