#!/usr/bin/env python3
"""usage: harvest.py MONTH/catalog.jsonld NEXT_MONTH/catalog.jsonld      (in the environment `udata`; also .ttl)

Lets the harvester of data.gouv.fr, the real udata over a database in memory, read the catalogues of two following months at one address, as it would night after
night, the second one twice. Prints what the portal then knows. Exit code 1 when something that the catalogue says was not understood, when a dataset or a file
changes its identity, or when their number changes.
"""
import http.server
import json
import logging
import pathlib
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

MEDIA_TYPES = {".jsonld": "application/ld+json", ".ttl": "text/turtle"}
LICENCES = {
    "lov2": ("Licence Ouverte / Open Licence version 2.0", "https://www.etalab.gouv.fr/licence-ouverte-open-licence"),
    "fr-lo": ("Licence Ouverte / Open Licence", "https://www.etalab.gouv.fr/wp-content/uploads/2014/05/Licence_Ouverte.pdf"),
    "odc-odbl": ("Open Data Commons Open Database License (ODbL)", "http://opendatacommons.org/licenses/odbl/summary/"),
    "notspecified": ("License Not Specified", None),
}


class Site(http.server.BaseHTTPRequestHandler):
    """Has one file, which changes from month to month while its address stays."""

    content = b""
    media_type = ""

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", self.media_type)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(self.content)

    def do_HEAD(self):
        self.answer(b"")

    def log_message(self, *_):
        pass


def make_app():
    class Settings(settings.Testing):
        DEFAULT_LANGUAGE = "fr"
        FS_ROOT = tempfile.mkdtemp(prefix="solidata-udata-files.")
        HARVESTER_BACKENDS = ["dcat"]
        URLS_ALLOW_LOCAL = True
        URLS_ALLOW_PRIVATE = True
        URLS_RESOLVE_HOSTNAME = False

    from udata import api, core, frontend
    from udata.app import create_app
    from udata.core import storages

    app = create_app(settings.Defaults, override=Settings)
    app.logger.setLevel(logging.ERROR)
    storages.init_app(app)
    core.init_app(app)
    frontend.init_app(app)
    api.init_app(app)
    return app


def seed():
    """The licences that the portal knows, and an organisation whose source it is."""
    from udata.core.dataset.models import License
    from udata.core.organization.factories import OrganizationFactory

    for code, (title, url) in LICENCES.items():
        License(id=code, title=title, url=url, active=True).save()
    return OrganizationFactory(name="Laboratoire")


def state(found):
    """What the portal knows: identity of each dataset and of each file by its address."""
    from udata.core.dataset.models import Dataset

    datasets = list(Dataset.objects)
    identity = {}
    for dataset in datasets:
        check_dataset(dataset, found)
        identity[dataset.harvest.dct_identifier] = str(dataset.id)
        for resource in dataset.resources:
            check_resource(dataset, resource, found)
            identity[resource.url] = str(resource.id)
    return datasets, identity


def check_dataset(dataset, found):
    def holds(condition, text):
        if not condition:
            found.append(f"{dataset.title}: {text}")

    licence = dataset.license and dataset.license.id
    quality = dataset.quality
    holds(licence == "lov2", f"the licence is understood as {licence}")
    holds(str(dataset.frequency) == "monthly", f"the frequency is understood as {dataset.frequency}")
    holds(dataset.temporal_coverage and dataset.temporal_coverage.start and dataset.temporal_coverage.end, "no coverage in time")
    holds(dataset.spatial and dataset.spatial.geom, "no coverage in space")
    holds(dataset.description and len(dataset.description) > 100, "the description is too short")
    holds(dataset.tags, "no tags")
    holds(dataset.contact_points, "no contact")
    holds(dataset.harvest.modified_at and dataset.harvest.issued_at, "no days of publication and change")
    holds((dataset.extras.get("dcat") or {}).get("provenance"), "no provenance")
    # These depend on the day on which the test runs, and on data.gouv.fr's robot, which has seen no file here.
    for criterion in ("license", "temporal_coverage", "spatial", "update_frequency", "dataset_description_quality", "has_resources", "has_open_format",
                      "resources_documentation"):
        holds(quality.get(criterion), f"the criterion {criterion} of quality is not met")


def check_resource(dataset, resource, found):
    def holds(condition, text):
        if not condition:
            found.append(f"{dataset.title}, {resource.title}: {text}")

    checksum = resource.checksum
    holds(checksum and checksum.type == "sha256" and len(checksum.value) == 64, "no sha256")
    holds(isinstance(resource.filesize, int) and resource.filesize > 0, f"the size is understood as {resource.filesize}")
    holds(resource.format, "no format")
    holds(resource.mime and "/" in resource.mime, f"the media type is understood as {resource.mime}")
    holds(resource.schema and resource.schema.url, "no schema")
    holds(resource.description, "no description")
    holds("/latest/" in resource.url, f"the address {resource.url} is none that stays")
    holds(resource.type == "main", f"it is understood as {resource.type}")
    holds(resource.harvest.modified_at, "no day of its last change")


def main():
    files = [pathlib.Path(argument) for argument in sys.argv[1:]]
    if len(files) != 2:
        sys.exit(__doc__)
    logging.disable(logging.INFO)
    Site.media_type = MEDIA_TYPES[files[0].suffix]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/catalog{files[0].suffix}"
    found, before = [], None
    with make_app().app_context():
        from udata.harvest.backends.dcat import DcatBackend
        from udata.harvest.models import HarvestSource

        source = HarvestSource(name="Solidata", url=address, backend="dcat", organization=seed()).save()
        for night, file in enumerate([files[0], files[1], files[1]], 1):
            Site.content = file.read_bytes()
            job = DcatBackend(source).harvest()
            errors = [error.message for error in job.errors] + [e.message for item in job.items for e in item.errors]
            found += [f"night {night}: {error}" for error in errors]
            if job.status != "done" or not job.items or any(item.status != "done" for item in job.items):
                found.append(f"night {night}: the job is {job.status}, its items {sorted({item.status for item in job.items})}")
            datasets, identity = state(found)
            if before is not None and before != identity:
                found.append(f"night {night}: other datasets or files than before: {sorted(set(before.items()) ^ set(identity.items()))[:6]}")
            before = identity
    for dataset in datasets:
        coverage = dataset.temporal_coverage
        print(f"     {dataset.harvest.dct_identifier}: {dataset.license.id}, {dataset.frequency}, {coverage.start} to {coverage.end}, "
              f"quality {dataset.quality['score']:.2f}, {json.dumps([r.format for r in dataset.resources])}")
    for text in found[:40]:
        print(f"  - {text}")
    resources = sum(len(dataset.resources) for dataset in datasets)
    print(f"{'FAIL' if found else 'ok  '} udata harvests {files[0].name} of two months: {len(datasets)} datasets, {resources} files, in three nights the same")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
