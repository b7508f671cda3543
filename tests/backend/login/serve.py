"""The example on a port, with a login that the test decides: the header `X-Login: user customer`."""

import os
import pathlib
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "examples/backend/python"))

from routes import application  # noqa: E402


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def logged_in(environ, start_response):
    if "HTTP_X_LOGIN" in environ:
        environ["login"] = dict(zip(("user_id", "customer_id"), environ["HTTP_X_LOGIN"].split(" ")))
    return application(environ, start_response)


make_server("127.0.0.1", int(os.environ["PORT"]), logged_in, server_class=Threads).serve_forever()
