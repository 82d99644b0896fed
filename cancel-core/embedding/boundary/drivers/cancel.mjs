// Cancels a publish: cancel-core, as WebAssembly, over Node's fetch.
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const now = () => Math.floor(performance.timeOrigin + performance.now());

export const load = async (path) => (await WebAssembly.instantiate(await readFile(path))).instance.exports;

export class Session {
  constructor(library) {
    this.library = library;
    this.handle = library.cancel_open();
  }

  call(name, members = {}, bytes = Buffer.alloc(0)) {
    const json = Buffer.from(JSON.stringify({ call: name, ...members }));
    const start = this.library.cancel_scratch(json.length + bytes.length) >>> 0;
    new Uint8Array(this.library.memory.buffer).set(Buffer.concat([json, bytes]), start);
    this.library.cancel_call(this.handle, start, json.length, start + json.length, bytes.length);
    const answer = JSON.parse(this.read("answer").toString() || '{"refused":"the session is closed"}');
    if ("refused" in answer) throw new Error(answer.refused);
    return answer;
  }

  read(what) {
    const length = this.library[`cancel_${what}`](this.handle, 0, 0);
    const start = this.library.cancel_scratch(length) >>> 0;
    this.library[`cancel_${what}`](this.handle, start, length);
    return Buffer.from(new Uint8Array(this.library.memory.buffer, start, length));
  }

  // Begins or resumes, and returns the outcome or the error. When `journal` throws, nothing is sent.
  async cancel(token, members, journal = async () => {}, begin = "begin") {
    this.call(begin, { now_ms: now(), ...members });
    for (;;) {
      const step = this.call("step", { now_ms: now() });
      if (step.step === "done") return step.result;
      if (step.step === "authenticate") this.call("token", {}, Buffer.from(await token(step.reason)));
      if (step.step === "wait") {
        await journal(this.call("checkpoint").checkpoint);
        await sleep(Math.max(0, step.until_ms - now()));
      }
      if (step.step !== "send") continue;
      let said = [{ failure: "not_attempted" }];
      try {
        await journal(this.call("checkpoint").checkpoint);
        said = await exchange(step, this.read("authorization"), this.read("body"));
      } finally {
        this.call(said[0].failure ? "failure" : "response", { now_ms: now(), id: step.id, ...said[0] }, said[1]);
      }
    }
  }
}

// Sends a request once, and returns what came of it, and its bytes.
async function exchange(step, authorization, body) {
  const signal = AbortSignal.timeout(Math.max(1, step.until_ms - now()));
  const headers = { ...step.headers, "accept-encoding": "identity", authorization: authorization.toString("latin1") };
  if (!step.keep_alive) headers.connection = "close";
  const request = { method: step.method, headers, body: body.length ? body : undefined, redirect: "manual", signal };
  const answer = await fetch(step.url, request).catch((error) => error);
  if (answer instanceof Error) {
    const isUnsent = ["ECONNREFUSED", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT"].includes(answer.cause?.code);
    const failure = isUnsent ? "not_sent" : signal.aborted ? "timed_out" : "maybe_sent";
    return [{ failure, why: String(answer.cause ?? answer) }];
  }
  // fetch joins the values of a repeated header: of two locations the first counts.
  const first = (value) => value.replace(/, (?=\/|https:).*/, "");
  const head = [...answer.headers].map(([name, value]) => `${name}: ${first(value)}\r\n`).join("") + "\r\n";
  const chunks = [Buffer.from(head, "latin1")];
  let [arrived, length] = ["ended", 0];
  try {
    for await (const chunk of answer.body ?? []) {
      chunks.push(chunk.subarray(0, step.body_limit + 1 - length));
      length += chunk.length;
      if (length > step.body_limit) { arrived = "too_large"; break; }
    }
  } catch { arrived = "cut_off"; }
  return [{ status: answer.status, body: arrived }, Buffer.concat(chunks)];
}
