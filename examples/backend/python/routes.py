"""What your backend does for the cancel button, as a WSGI application."""

import json
import logging
import os
import urllib.request

from result import Refused, ResultTokens

FAREWELL = os.environ["FAREWELL_API"].rstrip("/")  # https://farewell.example.com
KEY = os.environ["FAREWELL_KEY"]  # sk_…, never in a page
results = ResultTokens(FAREWELL, os.environ["FAREWELL_BRAND"])


def create_session(customer_id: str) -> dict:
    """A session for one of your customers: its id, and what the button should say."""
    request = urllib.request.Request(
        f"{FAREWELL}/v1/retention/session",
        data=json.dumps({"retention": {"customer_id": customer_id}}).encode(),
        headers={"Content-Type": "application/json", "X-Brand-Key": KEY},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        session = json.load(answer)
    return {"id": session["id"], "label": session["label"]}


def session(environ, login):
    # For whoever is logged in. Nothing in the request is read: it could name somebody else.
    return "200 OK", create_session(login["customer_id"])


def result(environ, login):
    claims = results.verify(token(environ))
    if claims["sub"] not in (login["user_id"], login["customer_id"]):
        return "403 Forbidden", {"error": "this is somebody else's"}
    # Act on it here, once for each claims["jti"]: a reload sends the same token again.
    return "200 OK", {"outcome": claims["outcome"], "effect": claims["effect"]}


def result_asked(environ, login):
    # The same by asking, where you want to know how it stands now. One of the two is enough.
    answer = results.ask(token(environ))
    if answer["userId"] not in (login["user_id"], login["customer_id"]):
        return "403 Forbidden", {"error": "this is somebody else's"}
    # Act on it here, once for each answer["eventId"].
    return "200 OK", {"outcome": answer["outcome"], "effect": answer["effect"]}


ROUTES = {
    "POST /cancel/session": session,
    "POST /cancel/result": result,
    "POST /cancel/result/asked": result_asked,
}


def application(environ, start_response):
    route = ROUTES.get(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
    login = environ.get("login")  # {"user_id", "customer_id"} from your own login session, or None
    try:
        if not route:
            status, content = "404 Not Found", {"error": "there is nothing here"}
        elif not login:
            status, content = "401 Unauthorized", {"error": "nobody is logged in"}
        else:
            status, content = route(environ, login)
    except Refused as refused:
        logging.warning("a result was refused: %s", refused)
        status, content = "400 Bad Request", {"error": "refused"}
    except Exception:
        logging.exception("Farewell could not be asked")
        status, content = "502 Bad Gateway", {"error": "try again"}
    start_response(status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
    return [json.dumps(content).encode()]


def token(environ):
    """The `token` of a JSON body. What is none is refused by whoever verifies it."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdigit() or int(length) > 16_384:
        raise Refused("the request has no length, or is too large")
    try:
        return json.loads(environ["wsgi.input"].read(int(length)))["token"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise Refused("the request has no token") from None
