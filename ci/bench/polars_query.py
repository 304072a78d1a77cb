"""usage: POLARS_MAX_THREADS=2 python polars_query.py brut|net FILE.ndjson categories_racines.csv

The benchmark's question, asked of Polars' streaming engine: the same two variants as duckdb_brut.sql and duckdb_net.sql, where their limits
are described. Prints one JSON line.
"""

import json
import sys
import time

import polars as pl
from polars import col

TEXT, FLAG, TEXTS = pl.String, pl.Boolean, pl.List(pl.String)
BRUT = {
    "createdAt": pl.Struct({"$date": TEXT}),
    "adminSearch": FLAG,
    "category": TEXT,
    "location": pl.Struct({"areas": pl.Struct({"departmentCode": TEXT, "departementCode": TEXT})}),
    "userData": pl.Struct({"status": TEXT}),
}
NET = BRUT | {
    "_id": pl.Struct({"$oid": TEXT}),
    "categories": TEXTS,
    "word": TEXT,
    "languages": TEXT,
    "location": pl.Struct({"areas": pl.Struct({"departmentCode": TEXT, "departementCode": TEXT}), "geoValue": TEXT}),
    "modalities": pl.Struct({"animal": FLAG, "inconditionnel": FLAG, "pmr": FLAG, "price": FLAG}),
    "publics": pl.Struct({"administrative": TEXTS, "familialle": TEXTS, "gender": TEXTS, "other": TEXTS, "age": pl.Int64}),
    "openToday": FLAG,
    "placeType": TEXT,
    "options": pl.Struct({"page": pl.Int64}),
    "userData": pl.Struct(dict.fromkeys(
        ("status", "origin", "user_id", "userObjectId", "email", "orgaId", "orgaName", "language", "referrer"), TEXT)),
}


def field(*path):
    value = col(path[0])
    for name in path[1:]:
        value = value.struct.field(name)
    return value


def filled(value):
    """The text, or null where it is empty."""
    return pl.when(value != "").then(value)


def gross(file, schema):
    areas = field("location", "areas")
    status = field("userData", "status").fill_null("")
    ts = field("createdAt", "$date").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ms", strict=False)
    return (
        pl.scan_ndjson(file, schema=schema, ignore_errors=True)
        .with_columns(
            ts=ts,
            departement=pl.coalesce(areas.struct.field("departmentCode"), areas.struct.field("departementCode"), pl.lit("inconnu")),
            status=status,
        )
        .filter(
            col("ts").is_between(pl.datetime(2017, 1, 1), pl.datetime(2030, 1, 1)),
            col("adminSearch").fill_null(False).not_(),
            ~col("status").is_in(["ADMIN_TERRITORY", "ADMIN_SOLIGUIDE"]),
        )
    )


def local(ts):
    return ts.dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Paris").dt.replace_time_zone(None, ambiguous="earliest")


def month(ts):
    return local(ts).dt.strftime("%Y-%m")


def brut(file, _roots):
    # By hour first: a month in local time is worked out once for each hour, not for each document.
    hours = gross(file, BRUT).group_by(col("ts").dt.truncate("1h"), "departement", "category").agg(brute=pl.len())
    cube = hours.group_by(month(col("ts")).alias("mois"), "departement", categorie="category").agg(col("brute").sum())
    cube = cube.collect(engine="streaming")
    return cube["brute"].sum(), None, cube.height


def net(file, roots):
    status, account = col("status"), col("account")
    documents = (
        gross(file, NET)
        .with_columns(
            id=field("_id", "$oid"),
            origin=field("userData", "origin").fill_null(""),
            mobile=(col("placeType") == "PARCOURS_MOBILE").fill_null(False),
            further=(field("options", "page") > 1).fill_null(False),
            account=pl.when(~status.is_in(["", "NOT_LOGGED", "WIDGET_USER"])).then(pl.coalesce(
                filled(field("userData", "user_id")), filled(field("userData", "userObjectId")),
                filled(field("userData", "email").str.strip_chars().str.to_lowercase()))),
            widget=pl.when(status == "WIDGET_USER").then(pl.coalesce(filled(field("userData", "orgaId")), field("userData", "orgaName"))),
            codes=pl.concat_list(col("categories").fill_null([]), filled(col("category"))).list.drop_nulls().list.unique().list.sort().list.join("|"),
            word=col("word").fill_null(""),
            geo=field("location", "geoValue").fill_null(""),
        )
        # Keys are hashed at once: what is sorted and grouped below holds numbers only.
        .with_columns(
            pair=pl.struct("account", "widget", "codes", "word", "geo", "publics", "modalities", "openToday").hash(),
            same=pl.struct("account", "widget", "codes", "word", "geo", "publics", "modalities", "openToday", "languages", "origin").hash(),
            signature=pl.struct("widget", "origin", field("userData", "language"), field("userData", "referrer").is_not_null().alias("r"), "departement").hash(),
            asked=pl.struct("codes", "geo").hash(),
            identified=account.is_not_null(),
            person=account.hash(),
        )
        .select("id", "ts", "departement", "codes", "status", "origin", "mobile", "further", "pair", "same", "signature", "asked", "identified", "person")
    )
    brute = documents.unique("id").collect(engine="streaming")
    # The rest works on what is left of a document, in memory, sorted by time.
    people = brute.lazy().filter(~status.is_in(["API_USER", "SOLI_BOT"]), col("origin") != "LOCALHOST_DEV").sort("ts", "id")
    place = pl.when(~col("mobile")).then(col("ts"))
    near = lambda value: ((value - col("ts")).abs() <= pl.duration(seconds=5)).fill_null(False)
    unpaired = people.filter(~(col("mobile") & (near(place.forward_fill().over("pair")) | near(place.backward_fill().over("pair")))))
    first = pl.when(~col("further")).then(col("ts")).forward_fill().over("same")
    paged = unpaired.filter(~(col("further") & (col("ts") - first <= pl.duration(minutes=30)).fill_null(False)))
    window = pl.when("identified").then(pl.duration(minutes=30)).otherwise(pl.duration(seconds=60))
    collapsed = paged.filter((col("ts") - col("ts").shift(1).over("same") > window).fill_null(True)).with_columns(
        minute=col("ts").dt.truncate("1m"), slice=col("ts").dt.truncate("5m"), jour=local(col("ts")).dt.date(), h=local(col("ts")).dt.hour()
    ).collect().lazy()
    anonymous = collapsed.filter(~col("identified"))
    # The median of the same hour over the 28 days before, days without a search included.
    days = anonymous.select(pl.date_ranges(col("jour").min(), col("jour").max())).explode(pl.all()).rename(lambda _: "jour")
    grid = days.join(anonymous.select(col("departement").unique()), how="cross").join(pl.LazyFrame({"h": pl.Series(range(24), dtype=pl.Int8)}), how="cross")
    usual = grid.join(anonymous.group_by("departement", "jour", "h").len(), on=["departement", "jour", "h"], how="left").sort("jour").with_columns(
        m=col("len").fill_null(0).rolling_quantile(0.5, "lower", window_size=28, min_samples=1).shift(1).over("departement", "h").fill_null(0)
    )
    bursts = anonymous.group_by("departement", "minute").agg(col("jour", "h").first(), n=pl.len()).join(usual, on=["departement", "jour", "h"]).filter(
        col("n") * 60 > pl.max_horizontal(pl.lit(1800.0), 8 * col("m"))
    )
    sweeps = anonymous.group_by("signature", "slice").agg(n=col("asked").n_unique()).filter(col("n") >= 40)
    calm = pl.concat([
        collapsed.filter("identified"),
        anonymous.join(bursts, on=["departement", "minute"], how="anti").join(sweeps, on=["signature", "slice"], how="anti"),
    ])
    nette = calm.filter(~col("identified") | (col("ts").cum_count().over("identified", "person", "jour") <= 20)).collect()

    # Counted by codes first, of which there are few, then once in each distinct root.
    parts = [(brute, "brute"), (nette, "nette")]
    sets = pl.concat([
        f.lazy().group_by(month(col("ts")).alias("mois"), "departement", "codes").agg(pl.len().alias(name)) for f, name in parts
    ], how="diagonal").group_by("mois", "departement", "codes").agg(col("brute", "nette").sum())
    root = pl.scan_csv(roots, infer_schema=False).rename({"categorie_code": "code"})
    of_set = sets.select(col("codes").unique()).with_columns(code=col("codes").str.split("|")).explode("code").join(root, on="code", how="left").select(
        "codes", categorie=pl.when(col("codes") == "").then(pl.lit("sans_categorie")).otherwise(col("categorie_racine").fill_null("inconnu"))
    ).unique()
    cube = sets.join(of_set, on="codes").group_by("mois", "departement", "categorie").agg(col("brute", "nette").sum()).collect()
    return brute.height, nette.height, cube.height


if __name__ == "__main__":
    variant, file, roots = sys.argv[1:]
    began = time.perf_counter()
    brute, nette, cells = {"brut": brut, "net": net}[variant](file, roots)
    seconds = time.perf_counter() - began
    print(json.dumps({"engine": f"Polars {pl.__version__}", "seconds": seconds, "brute": brute, "nette": nette, "cells": cells}))
