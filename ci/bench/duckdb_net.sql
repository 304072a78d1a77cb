-- Gross and net searches by month, département and root category, as far towards the net rule as window functions go. It differs from the
-- rule where that carries a state from row to row: a collapse window is measured from the row before, not from the first of the window, and
-- every page without its first page counts. `publics`, `modalities` and `languages` are compared as text. No territory is resolved (the
-- département is the code that the document carries) and there is one time zone.
CREATE TEMP TABLE sets AS
WITH documents AS (
    SELECT
        _id."$oid" AS id,
        createdAt."$date" AS ts,
        coalesce(location.areas.departmentCode, location.areas.departementCode, 'inconnu') AS departement,
        list_sort(list_distinct(list_append(coalesce(categories, []), nullif(category, '')))) AS codes,
        coalesce(userData.status, '') AS status,
        coalesce(userData.origin, '') AS origin,
        coalesce(placeType, '') = 'PARCOURS_MOBILE' AS mobile,
        coalesce(options.page, 1) > 1 AS further,
        CASE WHEN status NOT IN ('', 'NOT_LOGGED', 'WIDGET_USER') THEN coalesce(
            nullif(userData.user_id, ''), nullif(userData.userObjectId, ''), nullif("user", ''), nullif(lower(trim(userData.email)), '')
        ) END AS account,
        account IS NOT NULL AS identified,
        CASE WHEN status = 'WIDGET_USER' THEN coalesce(nullif(userData.orgaId, ''), userData.orgaName, '') END AS widget,
        coalesce(location.geoValue, '') AS geo,
        -- Keys are hashed at once: the rows that are sorted and grouped below hold numbers only.
        hash(account) AS person,
        hash(account, widget, codes, coalesce(word, ''), geo, publics, modalities, openToday) AS pair,
        hash(pair, coalesce(languages, ''), origin) AS same,
        hash(widget, origin, userData.language, userData.referrer IS NOT NULL, departement) AS signature,
        hash(codes, geo) AS asked
    FROM read_json(
        getvariable('file'), format = 'newline_delimited', ignore_errors = true, maximum_object_size = 33554432,
        columns = {
            '_id': 'STRUCT("$oid" VARCHAR)',
            'createdAt': 'STRUCT("$date" TIMESTAMP)',
            'adminSearch': 'BOOLEAN',
            'category': 'VARCHAR',
            'categories': 'VARCHAR[]',
            'word': 'VARCHAR',
            'languages': 'VARCHAR',
            'location': 'STRUCT(areas STRUCT(departmentCode VARCHAR, departementCode VARCHAR), geoValue VARCHAR)',
            'modalities': 'VARCHAR',
            'publics': 'VARCHAR',
            'openToday': 'BOOLEAN',
            'placeType': 'VARCHAR',
            'options': 'STRUCT(page BIGINT)',
            'user': 'VARCHAR',
            'userData': 'STRUCT(status VARCHAR, origin VARCHAR, user_id VARCHAR, userObjectId VARCHAR, email VARCHAR, orgaId VARCHAR, orgaName VARCHAR, language VARCHAR, referrer VARCHAR)'
        }
    )
    WHERE ts BETWEEN TIMESTAMP '2017-01-01' AND TIMESTAMP '2030-01-01'
      AND adminSearch IS NOT TRUE
      AND coalesce(userData.status, '') NOT IN ('ADMIN_TERRITORY', 'ADMIN_SOLIGUIDE')
),
brute AS (
    SELECT * EXCLUDE (account, widget, geo) FROM documents
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY ts) = 1
),
-- 1. People only.
people AS (SELECT * FROM brute WHERE status NOT IN ('API_USER', 'SOLI_BOT') AND origin <> 'LOCALHOST_DEV'),
-- 2. The twin of a search for places.
unpaired AS (
    SELECT * FROM people
    QUALIFY NOT mobile OR count(*) FILTER (NOT mobile) OVER (
        PARTITION BY pair ORDER BY ts RANGE BETWEEN INTERVAL 5 SECONDS PRECEDING AND INTERVAL 5 SECONDS FOLLOWING
    ) = 0
),
-- 3. Further pages.
paged AS (
    SELECT * FROM unpaired
    QUALIFY NOT further OR coalesce(max(ts) FILTER (NOT further) OVER (
        PARTITION BY same ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) < ts - INTERVAL 30 MINUTES, true)
),
-- 4. The same search again.
collapsed AS (
    SELECT *, ts AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Paris' AS local FROM paged
    QUALIFY coalesce(ts - lag(ts) OVER (PARTITION BY same ORDER BY ts)
        > CASE WHEN identified THEN INTERVAL 30 MINUTES ELSE INTERVAL 60 SECONDS END, true)
),
-- 5a. Bursts: a minute far above the median of the same hour over 28 days; a signature that sweeps over many questions.
anonymous AS (SELECT departement, ts, local, signature, asked FROM collapsed WHERE NOT identified),
days AS (SELECT unnest(generate_series(min(local)::DATE, max(local)::DATE, INTERVAL 1 DAY))::DATE AS jour FROM anonymous),
hours AS (SELECT departement, local::DATE AS jour, hour(local) AS h, count(*) AS n FROM anonymous GROUP BY ALL),
usual AS (
    SELECT departement, jour, h, quantile_disc(coalesce(n, 0), 0.5) OVER (
        PARTITION BY departement, h ORDER BY jour ROWS BETWEEN 28 PRECEDING AND 1 PRECEDING
    ) AS m
    FROM days CROSS JOIN (SELECT DISTINCT departement FROM anonymous) CROSS JOIN (SELECT unnest(range(24)) AS h)
    LEFT JOIN hours USING (departement, jour, h)
),
minutes AS (
    SELECT departement, date_trunc('minute', ts) AS minute, any_value(local)::DATE AS jour, any_value(hour(local)) AS h, count(*) AS n
    FROM anonymous GROUP BY departement, minute
),
bursts AS (
    SELECT departement, minute FROM minutes JOIN usual USING (departement, jour, h) WHERE n * 60 > greatest(1800, 8 * coalesce(m, 0))
),
sweeps AS (
    SELECT signature, time_bucket(INTERVAL 5 MINUTES, ts) AS slice FROM anonymous
    GROUP BY signature, slice HAVING count(*) >= 40 AND count(DISTINCT asked) >= 40
),
calm AS (
    SELECT * FROM collapsed AS c
    WHERE identified OR NOT (
        EXISTS (FROM bursts AS b WHERE b.departement = c.departement AND b.minute = date_trunc('minute', c.ts))
        OR EXISTS (FROM sweeps AS s WHERE s.signature = c.signature AND s.slice = time_bucket(INTERVAL 5 MINUTES, c.ts))
    )
),
-- 5b. Twenty searches a day of one account.
nette AS (SELECT * FROM calm QUALIFY NOT identified OR row_number() OVER (PARTITION BY identified, person, local::DATE ORDER BY ts, id) <= 20),
counted AS (
    SELECT ts, departement, codes, 1 AS brute, 0 AS nette FROM brute
    UNION ALL SELECT ts, departement, codes, 0, 1 FROM nette
)
-- Counted by set of codes first, of which there are few, then once in each distinct root.
SELECT
    strftime(ts AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Paris', '%Y-%m') AS mois, departement, codes,
    sum(brute)::BIGINT AS brute, sum(nette)::BIGINT AS nette
FROM counted GROUP BY ALL;

CREATE TEMP TABLE cube AS
WITH roots AS (
    SELECT DISTINCT codes, coalesce(categorie_racine, 'inconnu') AS categorie
    FROM (SELECT DISTINCT codes, unnest(codes) AS code FROM sets)
    LEFT JOIN read_csv(getvariable('roots'), all_varchar = true) ON categorie_code = code
)
SELECT mois, departement, coalesce(categorie, 'sans_categorie') AS categorie, sum(brute)::BIGINT AS brute, sum(nette)::BIGINT AS nette
FROM sets LEFT JOIN roots USING (codes)
GROUP BY ALL;

CREATE TEMP TABLE totals AS SELECT sum(brute)::BIGINT AS brute, sum(nette)::BIGINT AS nette FROM sets;
