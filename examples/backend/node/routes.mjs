// What your backend does for the cancel button, on node:http.

import { Refused, ResultTokens } from "./result.mjs";

const farewell = new URL(process.env.FAREWELL_API).origin; // https://farewell.example.com
const key = process.env.FAREWELL_KEY; // sk_…, never in a page
const results = new ResultTokens(farewell, process.env.FAREWELL_BRAND);

/** A session for one of your customers: its id, and what the button should say. */
export async function createSession(customerId) {
  const answer = await fetch(`${farewell}/v1/retention/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Brand-Key": key },
    body: JSON.stringify({ retention: { customer_id: customerId } }),
    signal: AbortSignal.timeout(5000),
  });
  const { id, label, error } = await answer.json();
  if (!answer.ok) throw new Error(`no session: ${answer.status} ${error}`);
  return { id, label };
}

const routes = {
  // For whoever is logged in. Nothing in the request is read: it could name somebody else.
  "POST /cancel/session": async (request, login) => [200, await createSession(login.customerId)],

  "POST /cancel/result": async (request, login) => {
    const claims = await results.verify(await token(request));
    if (![login.userId, login.customerId].includes(claims.sub)) return [403, { error: "this is somebody else's" }];
    // Act on it here, once for each claims.jti: a reload sends the same token again.
    return [200, { outcome: claims.outcome, effect: claims.effect }];
  },

  // The same by asking, where you want to know how it stands now. One of the two is enough.
  "POST /cancel/result/asked": async (request, login) => {
    const result = await results.ask(await token(request));
    if (![login.userId, login.customerId].includes(result.userId)) return [403, { error: "this is somebody else's" }];
    // Act on it here, once for each result.eventId.
    return [200, { outcome: result.outcome, effect: result.effect }];
  },
};

/** Answers a request. `login` is `{ userId, customerId }` from your own login session, or undefined. */
export async function handle(request, response, login) {
  const route = routes[`${request.method} ${request.url.split("?")[0]}`];
  const [status, content] = !route
    ? [404, { error: "there is nothing here" }]
    : !login
      ? [401, { error: "nobody is logged in" }]
      : await route(request, login).catch((error) => {
          console.warn(error instanceof Refused ? `a result was refused: ${error.message}` : error);
          return error instanceof Refused ? [400, { error: "refused" }] : [502, { error: "try again" }];
        });
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(content));
}

/** The `token` of a JSON body. What is none is refused by whoever verifies it. */
async function token(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    if ((text += chunk).length > 16_384) throw new Refused("the request is too large");
  }
  try {
    return JSON.parse(text).token;
  } catch {
    throw new Refused("the request is no JSON");
  }
}
