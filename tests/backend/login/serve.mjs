// The example on a port, with a login that the test decides: the header `X-Login: user customer`.

import { createServer } from "node:http";

import { handle } from "../../../examples/backend/node/routes.mjs";

createServer((request, response) => {
  const [userId, customerId] = request.headers["x-login"]?.split(" ") ?? [];
  return handle(request, response, userId && { userId, customerId });
}).listen(process.env.PORT, "127.0.0.1");
