// The part of the browser's API (docs/http-api.md) that a page written by hand needs: the vanilla and the React contestant.

const { apiBase, publicKey, session } = globalThis.contest;
const headers = { Authorization: `Bearer ${session}`, "X-Public-Key": publicKey };

let asked;

/** The session's document, asked for once. */
export function load() {
  asked ??= fetch(`${apiBase}/v1/flow`, { headers }).then((answer) => {
    if (!answer.ok) throw new Error(`no flow: status ${answer.status}`);
    return answer.json();
  });
  return asked;
}

let told = 0;
let earlier = Promise.resolve();

/** Tells the server what the customer did, in order, and lets nobody wait for it. */
export function tell(action) {
  const init = {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ actions: [{ run: 1, seq: ++told, ...action }] }),
  };
  earlier = earlier
    .then(() => fetch(`${apiBase}/v1/flow/actions`, init))
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`not taken: status ${answer.status}`))));
}
