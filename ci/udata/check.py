#!/usr/bin/env python3
"""usage: check.py SOLIDATA WORK PART      what ci/gates/portal.sh does once the stores are made and udata answers; PART: months or interruptions

Reads a public store by itself and holds the portal against it; shares nothing with the program that it checks."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

SOLIDATA, WORK, PART = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
URL, ORGANIZATION, KEY = os.environ["SOLIDATA_TEST_UDATA"].split()
BASE = "https://data.example.org/solidata"
STEP = int(os.environ.get("STEP", "1"))
FIRST_FORMS = ["csv", "xlsx", "parquet", "csv.gz", "geojson", "geoparquet"]


def fail(text):
    print(f"FAIL {text}")
    sys.exit(1)


def must(holds, text):
    if not holds:
        fail(text)


def call(method, path, body=None, url=URL):
    request = urllib.request.Request(url + path, method=method, headers={"X-API-KEY": KEY, "Content-Type": "application/json"})
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, data) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, None


def lab(path, body=None):
    return call("GET" if body is None else "POST", f"/lab/{path}", body, URL.removesuffix("/api/1"))[1]


def arm(at=0, what=None, times=1):
    lab("arm", {"at": at, "what": what, "times": times})


def settings(**other):
    values = {"url": URL, "organization": ORGANIZATION, "base_url": BASE, **other}
    lines = ["[datagouv]"] + [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    path = WORK / f"{PART}.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def command(words, store, vault="v", key=KEY, config=None, extra=()):
    args = [SOLIDATA, *words.split(), "--json", "--public", WORK / store, "--vault", WORK / vault, "--config", config or settings(), *extra]
    environment = {**os.environ, "DATAGOUV_API_KEY": key or ""}
    if key is None:
        del environment["DATAGOUV_API_KEY"]
    return subprocess.Popen(args, env=environment, cwd=WORK, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def solidata(code, words, store, **options):
    """Runs the program, and expects an exit code; gives the document it prints, and all that it says."""
    process = command(words, store, **options)
    out, err = process.communicate()
    must(KEY not in out + err, f"{words}: the key of the API is printed")
    must(process.returncode == code, f"{words} on {store}: exit code {process.returncode}, not {code}\n{out}{err}")
    return (json.loads(out) if out else None), out + err


def datasets():
    listed = call("GET", f"/organizations/{ORGANIZATION}/datasets/?page_size=100")[1]["data"]
    return [call("GET", f"/datasets/{d['id']}/")[1] for d in listed]


def current(store):
    """The current release of a store: prefix, sha256 of the manifest, manifest."""
    index = json.loads((WORK / store / "index.json").read_text())
    entry = max((r for r in index["releases"] if r["state"] == "current"), key=lambda r: (r["month"], r["revision"]))
    text = (WORK / store / entry["prefix"] / "manifest.json").read_bytes()
    must(hashlib.sha256(text).hexdigest() == entry["manifest_sha256"], f"{store}: the manifest is not the one of the index")
    return entry["prefix"], entry["manifest_sha256"], len(text), json.loads(text)


def resources_of(dataset, store, latest=True):
    """What the resources of a dataset must be, in order: key, type, address, size, sha256, media type."""
    prefix, sha256, size, manifest = current(store)
    files = {f["path"]: f for f in manifest["files"]}

    def entry(key, kind, path, address):
        f = files[path]
        return key, kind, f"{BASE}/{address}/{path}", f["bytes"], f["sha256"], f["media_type"].split(";")[0]

    # Key, then path: whole tables, those with points, and what was cut since it is too large.
    forms = {p.removeprefix(f"data/{dataset}."): p for p in files if p.startswith(f"data/{dataset}.")}
    forms.update({p.removeprefix(f"geo/{dataset}.").replace("parquet", "geoparquet"): p for p in files if p.startswith(f"geo/{dataset}.")})
    parts = {}
    for p in files:
        if p.startswith((f"parts/{dataset}/", f"geo/{dataset}/")):
            name = p.rpartition("/")[2]
            parts["parts/" + (name.replace(".parquet", ".geoparquet") if p.startswith("geo/") else name)] = p
    rank = lambda key: FIRST_FORMS.index(key.partition(".")[2] if key in parts else key)
    ordered = sorted(forms, key=rank) + sorted(parts, key=lambda key: (rank(key), key))
    data = [entry(key, "main", {**forms, **parts}[key], "latest" if latest else prefix) for key in ordered]
    documents = {"page": f"pages/{dataset}.md", "schema": f"schemas/{dataset}.json", "changelog": f"datasets/{dataset}/CHANGELOG.md"}
    if dataset.startswith("demande"):
        documents["confidentialite"] = "pages/confidentialite.md"
    documents["page.contrat.html"] = "pages/contrat.html"
    documents["page.contrat.md"] = "pages/contrat.md"
    documents["page.html"] = f"pages/{dataset}.html"
    order = ["page", "confidentialite", "schema", "changelog", "page.contrat.html", "page.contrat.md", "page.html"]
    documented = [entry(key, "documentation", documents[key], prefix) for key in order if key in documents]
    return data + documented + [("manifest", "documentation", f"{BASE}/{prefix}/manifest.json", size, sha256, "application/json")]


def check(store, ids=None, foreign=0, latest=True):
    """The portal shows exactly the current release; gives the ids of datasets and resources, which must be `ids` if they are given."""
    prefix, sha256, _, manifest = current(store)
    wanted = sorted({f["path"].removeprefix("data/").split(".")[0] for f in manifest["files"] if f["path"].startswith("data/")})
    there = datasets()
    must(sorted(d["extras"].get("solidata:dataset", "?") for d in there) == wanted, f"{store}: {len(there)} datasets for {wanted}")
    found = {}
    for shown in there:
        dataset = shown["extras"]["solidata:dataset"]
        spec = tomllib.loads((WORK / store / prefix / f"datasets/{dataset}/dataset.toml").read_text())

        def same(name, seen, expected):
            must(seen == expected, f"{store}: {dataset}: {name} is {seen!r}, not {expected!r}")

        same("title", shown["title"], spec["title_fr"])
        same("licence", shown["license"], "lov2")
        same("frequency", shown["frequency"], "monthly")
        same("zones", shown["spatial"]["zones"], ["country:fr"])
        same("state", [shown["private"], shown["deleted"], shown["archived"]], [False, None, None])
        same("tags", sorted(shown["tags"]), ["action-sociale", "insertion", "precarite", "solidarite"])
        same("release", shown["extras"]["solidata:release"], prefix)
        same("manifest", shown["extras"]["solidata:manifest_sha256"], sha256)
        must(sha256 in shown["description"] and prefix in shown["description"], f"{store}: {dataset}: the description tells of another release")
        month, run = manifest["month"], manifest["run"]
        days = [run["date_photo"]] * 2 if spec["feeds"] == "supply" else [f"{month}-01", f"{month}-{30 if month == '2024-09' else 31}"]
        same("coverage", [shown["temporal_coverage"]["start"][:10], shown["temporal_coverage"]["end"][:10]], days)
        same("quality", shown["quality"]["score"], 1.0)
        ours = [r for r in shown["resources"] if "solidata:resource" in r["extras"]]
        same("resources of others", len(shown["resources"]) - len(ours), foreign if dataset == "structures" else 0)
        expected = resources_of(dataset, store, latest)
        same("order", [r["extras"]["solidata:resource"] for r in ours], [e[0] for e in expected])
        for resource, (key, kind, url, size, digest, mime) in zip(ours, expected):
            seen = (resource["type"], resource["url"], resource["filesize"], resource["checksum"], resource["mime"])
            same(key, seen, (kind, url, size, {"type": "sha256", "value": digest}, mime))
            same(f"{key}, release", [resource["extras"][f"solidata:{n}"] for n in ("release", "manifest_sha256")], [prefix, sha256])
            must(resource["title"] and resource["format"] and resource["filetype"] == "remote", f"{dataset}, {key}: {resource}")
            if kind == "main":
                same(f"{key}, schema", resource["schema"]["url"], f"{BASE}/{prefix}/schemas/{dataset}.json")
        found[dataset] = (shown["id"], {r["extras"]["solidata:resource"]: r["id"] for r in ours})
    if ids is not None:
        must(found == ids, f"{store}: the ids are not what they were: {found} {ids}")
    return found


def writes():
    return [entry for entry in lab("log") if entry[0] != "GET"]


def record(vault="v"):
    return {p.name: p.read_bytes() for p in sorted((WORK / vault / "portal").iterdir())}


def quiet(store, vault="v", **options):
    """The same again changes nothing, neither there nor here."""
    before = record(vault)
    arm()
    solidata(0, "publish --datagouv", store, vault=vault, **options)
    must(writes() == [], f"{store}: published again, it writes {writes()}")
    must(record(vault) == before, f"{store}: published again, the record changed")
    solidata(0, "status --datagouv", store, vault=vault, **options)


def amended(store, name, *words):
    """A copy of a store, of which the program changes what is current."""
    shutil.copytree(WORK / store, WORK / name)
    args = [SOLIDATA, *words, "--public", WORK / name, "--config", WORK / "defaults.toml"]
    done = subprocess.run(args, cwd=WORK, capture_output=True, text=True)
    must(done.returncode == 0, f"{words}: {done.stderr}")


def story():
    """Month by month, as it is meant."""
    lab("reset", {})
    arm()
    report, said = solidata(0, "publish --datagouv --dry-run", "all-month")
    must(writes() == [] and len(report["datasets"]) == 6 and not (WORK / "v").exists(), "a dry run writes")
    solidata(1, "status --datagouv", "all-month")
    report, _ = solidata(0, "publish --datagouv", "all-month")
    must(all(d["score"] == 1.0 and not d["left"] for d in report["datasets"]), "the report says something else than the portal")
    ids = check("all-month")
    quiet("all-month")
    for store in ("all-next", "all-revised", "all-back", "all-next"):
        moved = current(store)[0] != datasets()[0]["extras"]["solidata:release"]
        solidata(1 if moved else 0, "status --datagouv", store)
        report, _ = solidata(0, "publish --datagouv --dry-run", store)
        must(all(c["cause"] == "due" for d in report["datasets"] for c in d["left"]), f"{store}: what is due is taken for drift")
        solidata(0, "publish --datagouv", store)
        check(store, ids)
        quiet(store)
    print("ok   first publication, next month, revision, rollback: 6 datasets, the same ids, quality 1.0, and nothing more is written")
    return ids


def lost_record(ids):
    """Another vault: what is there is found by its marks."""
    solidata(0, "publish --datagouv", "all-next", vault="lost")
    check("all-next", ids)
    quiet("all-next", vault="lost")
    # The ids that the program prints, pasted into dataset.toml.
    project = WORK / "project"
    prefix = current("all-next")[0]
    for folder in ("datasets", "sql"):
        shutil.copytree(WORK / "all-next" / prefix / folder, project / folder)
    host = re.sub("^https?://|/.*", "", URL)
    for dataset, (id, resources) in ids.items():
        lines = [f'\n[datagouv."{host}"]', f'dataset = "{id}"', f'[datagouv."{host}".resources]']
        lines += [f'"{key}" = "{rid}"' for key, rid in resources.items()]
        with open(project / f"datasets/{dataset}/dataset.toml", "a") as file:
            file.write("\n".join(lines) + "\n")
    pasted = ("--project", project)
    report, _ = solidata(0, "publish --datagouv", "all-next", vault="pasted", extra=pasted)
    must(not any(d["ids_to_paste"] for d in report["datasets"]), "ids that are pasted are asked for")
    quiet("all-next", vault="pasted", extra=pasted)
    path = project / "datasets/services/dataset.toml"
    good = path.read_text()
    path.write_text(good.replace(ids["services"][0], ids["structures"][0]))
    arm()
    for vault in ("pasted", "fresh"):
        solidata(2, "publish --datagouv", "all-next", vault=vault, extra=pasted)
    must(writes() == [], "with ids that contradict each other something is written")
    print("ok   a lost record and pasted ids: nothing is made twice; ids that contradict each other are refused")


def by_hand(ids):
    """Someone edits the portal."""
    dataset, resources = ids["structures"]
    path = f"/datasets/{dataset}/"

    def edit(**fields):
        shown = call("GET", path)[1]
        body = {name: shown[name] for name in ("title", "description", "tags", "temporal_coverage")}
        must(call("PUT", path, {**body, **fields})[0] == 200, f"edit by hand: {fields}")

    def edit_resource(key, **fields):
        shown = next(r for r in call("GET", path)[1]["resources"] if r["id"] == resources[key])
        body = {name: shown[name] for name in ("title", "type", "filetype", "url")}
        must(call("PUT", f"{path}resources/{resources[key]}/", {**body, **fields})[0] == 200, f"edit by hand: {fields}")

    def causes(report):
        return {(c.get("resource"), c.get("name", c["what"])): c["cause"] for d in report["datasets"] for c in d["changes"] if c["cause"] != "due"}

    def shown_and_mended(where, what, left_alone):
        solidata(1, "status --datagouv", "all-next")
        report, _ = solidata(1, "publish --datagouv", "all-next")
        must(causes(report) == {where: "drift"}, f"{what}: {causes(report)}")
        must(left_alone(), f"{what}: it was mended unasked")
        solidata(0, "publish --datagouv --mend", "all-next")

    edit(title="Autre titre")
    shown_and_mended((None, "title"), "title", lambda: call("GET", path)[1]["title"] == "Autre titre")
    check("all-next", ids)
    edit(tags=["autre"], license="odc-odbl")
    report, _ = solidata(1, "publish --datagouv", "all-next")
    must(causes(report) == {(None, "tags"): "drift", (None, "license"): "drift"}, f"tags and licence: {causes(report)}")
    # The next release comes: everything else is brought up to date, and what was edited stays.
    solidata(1, "publish --datagouv", "all-revised")
    shown = call("GET", path)[1]
    must((shown["tags"], shown["license"]) == (["autre"], "odc-odbl"), "an edit by hand is lost with the next release")
    must(shown["extras"]["solidata:release"] == current("all-revised")[0], "an edit by hand holds up the next release")
    solidata(0, "publish --datagouv --mend", "all-next")
    check("all-next", ids)
    wrong = {"type": "sha256", "value": "00" * 32}
    edit_resource("csv", checksum=wrong)
    shown_and_mended(("csv", "checksum"), "checksum", lambda: call("GET", path)[1]["resources"][0]["checksum"] == wrong)
    check("all-next", ids)
    # A digest changed by hand is not left beside the next file.
    edit_resource("csv", checksum=wrong, title="Autre")
    report, _ = solidata(1, "publish --datagouv", "all-revised")
    must(causes(report) == {("csv", "checksum"): "replaced", ("csv", "title"): "drift"}, f"checksum and title: {causes(report)}")
    solidata(0, "publish --datagouv --mend", "all-next")
    check("all-next", ids)
    order = [r["id"] for r in call("GET", path)[1]["resources"]]
    call("PUT", f"{path}resources/", [{"id": id} for id in reversed(order)])
    shown_and_mended((None, "order"), "order", lambda: [r["id"] for r in call("GET", path)[1]["resources"]] == order[::-1])
    check("all-next", ids)
    must(call("POST", f"{path}resources/", {"title": "À la main", "type": "other", "filetype": "remote", "url": "https://autre.example.org/"})[0] == 201, "add")
    report, _ = solidata(0, "publish --datagouv", "all-next")
    must([d["foreign"] for d in report["datasets"] if d["dataset"] == "structures"] == [["À la main"]], "a resource of others is not shown")
    check("all-next", ids, foreign=1)
    must(call("DELETE", f"{path}resources/{resources['parquet']}/")[0] == 204, "delete")
    lost = resources["parquet"]
    shown_and_mended(("parquet", "missing"), "removed", lambda: all(r["extras"].get("solidata:resource") != "parquet" for r in call("GET", path)[1]["resources"]))
    resources["parquet"] = check("all-next", foreign=1)["structures"][1]["parquet"]
    must(resources["parquet"] != lost, "the portal gives an id again")
    check("all-next", ids, foreign=1)
    edit(extras={})
    solidata(1, "publish --datagouv", "all-next")
    solidata(0, "publish --datagouv --mend", "all-next")
    check("all-next", ids, foreign=1)
    must(call("DELETE", path)[0] == 204, "delete the dataset")
    shown_and_mended((None, "deleted"), "deleted", lambda: call("GET", path)[1]["deleted"])
    check("all-next", ids, foreign=1)
    quiet("all-next")
    print("ok   changes by hand are shown, left alone and mended when asked: fields, digest, order, a resource added, one removed, a dataset deleted")


def other_settings():
    """Addresses of releases, and the files of each month; then a month is withdrawn."""
    lab("reset", {})
    config = settings(address="release", updates=True)
    amended("all-revised", "all-withdrawn", "withdraw", "--release", "releases/2024-09/r1", "--class", "protected-place", "--yes")
    ids = {}
    for store, months in (("all-next", ["2024-10", "2024-09"]), ("all-revised", ["2024-10", "2024-09"]), ("all-withdrawn", ["2024-10"])):
        solidata(0, "publish --datagouv", store, vault="u", config=config)
        solidata(0, "status --datagouv", store, vault="u", config=config)
        for shown in datasets():
            dataset, keys = shown["extras"]["solidata:dataset"], {}
            fixed = resources_of(dataset, store, latest=False)
            seen = [(r["extras"]["solidata:resource"], r["type"], r["url"], r["filesize"], r["checksum"]["value"], r["mime"]) for r in shown["resources"]]
            must(seen[: len(fixed)] == fixed, f"{store}: {dataset}: {seen} instead of {fixed}")
            of_months = [(key, kind) for key, kind, *_ in seen[len(fixed) :]]
            forms = [key for key, kind, *_ in fixed if kind == "main"]
            must(of_months == [(f"{m}/{form}", "update") for m in months for form in forms], f"{store}: {dataset}: {of_months}")
            keys = {r["extras"]["solidata:resource"]: r["id"] for r in shown["resources"]}
            before = ids.setdefault(dataset, keys)
            must(all(before[key] == id for key, id in keys.items()), f"{store}: {dataset}: other ids")
            must(shown["quality"]["score"] == 1.0, f"{store}: {dataset}: {shown['quality']}")
    print("ok   addresses of releases and the files of each month; a month that is withdrawn leaves")


def refusals():
    """What is wrong is told, with where and what to do."""
    lab("reset", {})
    solidata(0, "publish --datagouv", "all-next", vault="r")
    arm()
    told = {
        "DATAGOUV_API_KEY": solidata(2, "publish --datagouv", "all-revised", vault="r", key="wrong")[1],
        "DATAGOUV_API_KEY:": solidata(2, "publish --datagouv", "all-revised", vault="r", key=None)[1],
        "organization": solidata(2, "publish --datagouv", "all-revised", vault="o", config=settings(organization="6b0bc0106ab2c41b09677add"))[1],
        "[datagouv] zone": solidata(2, "publish --datagouv", "all-revised", vault="r", config=settings(zone="fr:commune:99999"))[1],
        "--datagouv": solidata(2, "publish --dry-run", "all-revised")[1],
    }
    for word, said in told.items():
        must(word in said, f"'{word}' is not in: {said}")
    must("spatial.zones" in told["[datagouv] zone"], "the field is not named")
    lab("reset")
    for status in (503, 429):
        arm(1, status, 1000)
        solidata(3, "publish --datagouv", "all-month", vault=f"down{status}")
    arm()
    must(datasets() == [], "a portal that is down was written to")
    print("ok   refusals name field and remedy; a portal that is down is exit code 3; the key is never printed")


def reduced(store, name):
    """The same store with two datasets only, so that interruptions at every request do not take all day."""
    shutil.copytree(WORK / store, WORK / name)
    path = WORK / name / "index.json"
    index = json.loads(path.read_text())
    for entry in index["releases"]:
        at = WORK / name / entry["prefix"] / "manifest.json"
        manifest = json.loads(at.read_text())
        manifest["files"] = [f for f in manifest["files"] if not f["path"].startswith(("data/services.", "geo/services.", "parts/services/"))]
        at.write_text(json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
        entry["manifest_sha256"] = hashlib.sha256(at.read_bytes()).hexdigest()
    path.write_text(json.dumps(index, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def killed(store, vault, what, at):
    """Starts a publication and kills it at a request; false when it has fewer requests."""
    arm(at, what)
    process = command("publish --datagouv", store, vault=vault)
    while process.poll() is None and not lab("count")["waiting"]:
        time.sleep(0.004)
    if process.poll() is not None:
        must(process.returncode == 0, f"{store}: exit code {process.returncode}: {process.communicate()}")
        return False
    process.kill()
    process.communicate()
    lab("release", {})
    return True


def sequence(store, vault):
    """The methods of the requests of a publication, in order; what it publishes is taken back by what follows."""
    arm()
    solidata(0, "publish --datagouv", store, vault=vault)
    return [method for method, _, _ in lab("log")]


def interruptions():
    """kill -9 at each request in turn: when it is done and not answered, and, where it changes something, when it is not done yet. Then the same again."""
    lab("reset", {})
    methods = sequence("two-month", "s")
    must(len(methods) > 30, f"a first publication has {len(methods)} requests")
    points = 0
    for at in range(1, len(methods) + 1, STEP):
        for what in ["after"] if methods[at - 1] == "GET" else ["before", "after"]:
            lab("reset", {})
            shutil.rmtree(WORK / "k", ignore_errors=True)
            must(killed("two-month", "k", what, at), f"request {at} was not made")
            solidata(0, "publish --datagouv", "two-month", vault="k")
            ids = check("two-month")
            points += 1
    quiet("two-month", vault="k")
    # From release to release and back, with the vault and the portal that the last kill left.
    stores = ["two-next", "two-revised"]
    solidata(0, "publish --datagouv", stores[1], vault="k")
    forth = sequence(stores[0], "k")
    back = sequence(stores[1], "k")
    must(forth == back and len(forth) > 20, f"an update has {len(forth)} requests, and {len(back)} on the way back")
    for at in range(1, len(forth) + 1, STEP):
        for what in ["after"] if forth[at - 1] == "GET" else ["before", "after"]:
            must(killed(stores[0], "k", what, at), f"request {at} was not made")
            solidata(0, "publish --datagouv", stores[0], vault="k")
            check(stores[0], ids)
            stores.reverse()
            points += 1
    quiet(stores[1], vault="k")
    print(f"ok   killed at {points} points of {len(methods)} + {len(forth)} requests: no duplicate, the same ids, and the portal shows exactly the manifest")


def bad_networks():
    """The connection is cut, or the portal asks to come back later, at each request in turn: the program goes on by itself."""
    lab("reset", {})
    methods = sequence("two-month", "t")
    for at in range(1, len(methods) + 1, STEP):
        lab("reset", {})
        shutil.rmtree(WORK / "n", ignore_errors=True)
        # A request that changes something is the harder when it was done and not answered.
        arm(at, ("cut", 503)[at // 2 % 2] if methods[at - 1] == "GET" else ("lost", "cut", "lost", 503)[at // 2 % 4])
        solidata(0, "publish --datagouv", "two-month", vault="n")
        check("two-month")
    tried = len(range(1, len(methods) + 1, STEP))
    print(f"ok   cut, unanswered or refused at {tried} of {len(methods)} requests: the same run ends right")


def main():
    started = time.monotonic()

    def timed(part, *args):
        outcome = part(*args)
        print(f"     {PART}: {time.monotonic() - started:.0f} s", flush=True)
        return outcome

    if PART == "months":
        amended("all-revised", "all-back", "rollback", "--month", "2024-10", "--reason", "La correction était fausse")
        ids = timed(story)
        timed(lost_record, ids)
        timed(by_hand, ids)
        timed(other_settings)
        timed(refusals)
    else:
        for moment in ("month", "next", "revised"):
            reduced(f"supply-{moment}", f"two-{moment}")
        timed(interruptions)
        timed(bad_networks)


if __name__ == "__main__":
    main()
