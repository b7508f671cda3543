"""What a generator of requests cannot know of this very server: keys, sessions, customers, and where customers may go."""

import itertools
import os

import requests
import schemathesis

SERVER = os.environ["FAREWELL_API"]
KEY = {"X-Brand-Key": os.environ["FAREWELL_KEY"]}
# On the list of the brand in server/tests/http/farewell.toml.
RETURN_URL = "https://app.acme.example/billing/callback"
# Of the ledger that the task imports. Somebody who has canceled has no more sessions.
CUSTOMERS = (f"crowd_{number}" for number in itertools.count(1))


def session(kind):
    """A new session id: of the flow, or of the hub."""
    answer = requests.post(
        f"{SERVER}/v1/{kind}/session", headers=KEY, json={kind: {"customer_id": next(CUSTOMERS)}}, timeout=20
    )
    answer.raise_for_status()
    return answer.json()["id"]


@schemathesis.auth(refresh_interval=None).apply_to(operation_id=["getFlow", "act"])
class Session:
    """A browser's session id: a new one for every request."""

    def get(self, case, context):
        return session("retention")

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth(refresh_interval=None).skip_for(operation_id=["getFlow", "act"])
class Key:
    """A backend's API key."""

    def get(self, case, context):
        return KEY if case.operation.definition.raw.get("security") else None

    def set(self, case, data, context):
        case.headers.update(data)


def link():
    """The session of a new link."""
    asked = {"userId": "user_1", "returnUrl": RETURN_URL}
    answer = requests.post(f"{SERVER}/api/v1/cancel-link", headers=KEY, json=asked, timeout=20)
    return answer.json()["sessionId"]


def page(actions=()):
    """The page of a new session, in which this was done."""
    name = session("retention")
    answer = requests.post(f"{SERVER}/v1/flow", data={"session": name}, timeout=20)
    if actions:
        headers = {"Authorization": f"Bearer {name}"}
        requests.post(f"{SERVER}/v1/flow/actions", headers=headers, json={"actions": actions}, timeout=20)
    return answer.json()["flow"]["page"]["handle"]


def page_with_a_receipt():
    """The page of somebody who has left."""
    return page([{"run": 1, "seq": 1, "do": "cancel"}])


def declaration():
    """Where the receipt of a new declaration is. There is an end to how many are taken."""
    form = {"name": "Ada", "contract": "Pro", "email": f"{next(NUMBERS)}@example.com"}
    answer = requests.post(f"{SERVER}/b/acme/cancel", data=form, allow_redirects=False, timeout=20)
    return answer.headers.get("Location", "/none").rsplit("/", 1)[1]


NUMBERS = itertools.count(1)
# Parameters that name something of the server's, and how to get one that is there.
NAMES = {
    "getCancelSession": ("session_id", link),
    "getLedgerCustomer": ("customer", lambda: next(CUSTOMERS)),
    "showPage": ("handle", page),
    "showReceipt": ("handle", page_with_a_receipt),
    "saveReceipt": ("handle", page_with_a_receipt),
    "showDeclarationReceipt": ("token", declaration),
    "saveDeclarationReceipt": ("token", declaration),
}


@schemathesis.hook("before_call").apply_to(operation_id=list(NAMES))
def with_what_is_there(context, case, kwargs):
    """Every other right request is about something that there is."""
    if case.meta is not None and case.meta.generation.mode.is_positive and next(NUMBERS) % 2:
        name, new = NAMES[case.operation.definition.raw["operationId"]]
        case.path_parameters[name] = new()


def is_right(case):
    """Whether this case is one that the document allows, and has a body."""
    return case.meta is not None and case.meta.generation.mode.is_positive and isinstance(case.body, dict)


@schemathesis.hook("before_call").apply_to(operation_id=["postFlow", "showHub"])
def with_a_session(context, case, kwargs):
    """A session id is sealed by the server: nobody can make one up."""
    if is_right(case):
        case.body["session"] = session("retention" if case.path == "/v1/flow" else "subscription")


@schemathesis.hook("before_call").apply_to(operation_id=["postPage", "postHere"])
def with_a_page(context, case, kwargs):
    """Nor the name of a page."""
    if is_right(case) and "session" in case.body:
        case.body["session"] = session("retention")
    elif is_right(case):
        case.body["handle"] = page()


@schemathesis.hook("before_call").apply_to(operation_id=["createCancelLink", "createRetentionSession"])
def with_what_the_brand_allows(context, case, kwargs):
    """Which addresses a brand allows, and which regions a country has, no schema says."""
    if is_right(case):
        asked = case.body.get("retention", case.body)
        for name in ("returnUrl", "return_url"):
            if isinstance(asked.get(name), str):
                asked[name] = RETURN_URL
        if isinstance(asked.get("region"), str):
            asked.update(country="US", region="MN")
