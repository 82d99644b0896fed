// The driver's side of the conformance conversations: `conversations.mjs LIBRARY`.
import { createInterface } from "node:readline";
import { load, Session } from "./cancel.mjs";

const library = await load(process.argv[2]);
for await (const line of createInterface({ input: process.stdin })) {
  const { token, fresh_token, endpoint, request, policy } = JSON.parse(line);
  const session = new Session(library);
  const result = await session.cancel((why) => (why === "rejected" ? fresh_token : token), { endpoint, request, policy });
  console.log(JSON.stringify(result));
  library.cancel_close(session.handle);
}
