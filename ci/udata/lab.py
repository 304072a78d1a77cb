#!/usr/bin/env python3
"""usage: lab.py [PORT]      a data.gouv.fr on loopback: the real udata over a database in memory. Prints one line of JSON when it is ready.

{"url", "organization", "api_key"}: what a client needs. Beside the API there is a door for tests, at http://127.0.0.1:PORT/lab/ :
  POST /lab/arm {"at": N, "what": W, "times": T}   from now on, the request number N (and the T-1 after it) to the API is treated so:
       cut    the connection is cut before the request is done        lost   it is cut after the request is done
       before the request waits, undone, until /lab/release           after  the request is done and the answer waits
       an HTTP status such as 503 or 429                              the request is not done and this is the answer
  POST /lab/release    whoever waits is cut off         GET /lab/count    how many requests came since `arm`, and whether one waits
  POST /lab/reset      no dataset is left               GET /lab/log      method, path and status of each request since `arm`
"""
import json
import logging
import socket
import struct
import sys
import tempfile
import threading

import mongoengine
import mongomock

# udata connects when its models are imported: a database in memory takes the place of MongoDB before that.
connect = mongoengine.connect


def connect_in_memory(name, **options):
    options.pop("read_preference", None)
    return connect(name, mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard", **options)


mongoengine.connect = connect_in_memory

from udata import settings  # noqa: E402

LICENCES = {
    "lov2": ("Licence Ouverte / Open Licence version 2.0", "https://www.etalab.gouv.fr/licence-ouverte-open-licence"),
    "odc-odbl": ("Open Data Commons Open Database License (ODbL)", "http://opendatacommons.org/licenses/odbl/summary/"),
    "notspecified": ("License Not Specified", None),
}


def make_app(port):
    """The udata application on an empty database, with an organisation and a key of its administrator."""

    class Settings(settings.Testing):
        SERVER_NAME = f"127.0.0.1:{port}"
        DEFAULT_LANGUAGE = "fr"
        FS_ROOT = tempfile.mkdtemp(prefix="solidata-udata-files.")
        PROPAGATE_EXCEPTIONS = False
        URLS_ALLOW_LOCAL = True
        URLS_ALLOW_PRIVATE = True
        URLS_RESOLVE_HOSTNAME = False
        ALLOWED_RESOURCES_EXTENSIONS = settings.Defaults.ALLOWED_RESOURCES_EXTENSIONS + ["parquet", "geojson", "xlsx"]

    from udata import api, core, frontend
    from udata.app import create_app
    from udata.core import storages

    app = create_app(settings.Defaults, override=Settings)
    app.logger.setLevel(logging.ERROR)
    storages.init_app(app)
    core.init_app(app)
    frontend.init_app(app)
    api.init_app(app)
    # Only while it is set up: with a context left open, the user of one request would be the user of the next.
    with app.app_context():
        from udata.core.api_token.models import ApiToken
        from udata.core.dataset.models import License
        from udata.core.organization.factories import OrganizationFactory
        from udata.core.organization.models import Member
        from udata.core.spatial.models import GeoLevel, GeoZone
        from udata.core.user.factories import UserFactory

        for code, (title, url) in LICENCES.items():
            License(id=code, title=title, url=url, active=True).save()
        GeoLevel(id="country", name="Pays", admin_level=20).save()
        GeoZone(id="country:fr", slug="france", name="France", code="fr", level="country", uri="").save()
        user = UserFactory()
        organization = OrganizationFactory(name="Laboratoire", members=[Member(user=user, role="admin")])
        _, key = ApiToken.generate(user)
        return app, str(organization.id), key


class Door:
    """Stands before the application: counts requests, and lets them fail when it is told to."""

    def __init__(self, app):
        self.app = app
        self.one_at_a_time = threading.Lock()
        self.changed = threading.Condition()
        self.arm({})

    def arm(self, order):
        with self.changed:
            self.at, self.what, self.times = order.get("at", 0), order.get("what"), order.get("times", 1)
            self.count, self.waiting, self.released, self.log = 0, False, False, []
            self.changed.notify_all()

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path.startswith("/lab/"):
            return self.control(path, environ, start_response)
        with self.changed:
            self.count += 1
            struck = self.what if self.at <= self.count < self.at + self.times else None
            entry = [environ["REQUEST_METHOD"], path, None]
            self.log.append(entry)
        if isinstance(struck, int):
            entry[2] = struck
            start_response(f"{struck} By order", [("Content-Type", "application/json"), ("Retry-After", "0")])
            return [b'{"message": "by order of the test"}']
        if struck in ("cut", "before"):
            self.wait(struck)
            cut(environ)
        status = []

        def remember(line, headers, exc_info=None):
            status[:] = [line, headers]

        with self.one_at_a_time:
            body = b"".join(self.app(environ, remember))
        entry[2] = int(status[0].split()[0])
        if struck in ("lost", "after"):
            self.wait(struck)
            cut(environ)
        start_response(*status)
        return [body]

    def wait(self, struck):
        if struck in ("before", "after"):
            with self.changed:
                self.waiting = True
                self.changed.wait_for(lambda: self.released, timeout=60)
                self.waiting = False

    def control(self, path, environ, start_response):
        answer = {}
        if path == "/lab/arm":
            self.arm(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
        elif path == "/lab/release":
            with self.changed:
                self.released = True
                self.changed.notify_all()
        elif path == "/lab/count":
            with self.changed:
                answer = {"count": self.count, "waiting": self.waiting}
        elif path == "/lab/log":
            with self.changed:
                answer = self.log
        elif path == "/lab/reset":
            from udata.core.dataset.models import Dataset

            with self.one_at_a_time, self.app.app_context():
                Dataset.objects.delete()
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]


def cut(environ):
    """Ends the connection as a broken network does: without an answer. The server still holds files of it, so that it would not be closed by `close` alone."""
    connection = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()
    raise ConnectionAbortedError


def main():
    from werkzeug.serving import make_server

    logging.disable(logging.INFO)
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    if port == 0:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    app, organization, key = make_app(port)
    door = Door(app)
    server = make_server("127.0.0.1", port, door, threaded=True)
    print(json.dumps({"url": f"http://127.0.0.1:{port}/api/1", "organization": organization, "api_key": key}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
