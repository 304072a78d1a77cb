-- Gross searches by month, département and category: documents counted and nothing more. This is less than what Solidata does: no
-- deduplication, no net rule, no territory resolved, one time zone. Column types are explicit, so that every other field is skipped; a
-- document that does not fit them gives nulls.
CREATE TEMP TABLE cube AS
SELECT
    strftime(createdAt."$date" AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Paris', '%Y-%m') AS mois,
    coalesce(location.areas.departmentCode, location.areas.departementCode, 'inconnu') AS departement,
    category AS categorie,
    count(*) AS brute,
    NULL AS nette
FROM read_json(
    getvariable('file'), format = 'newline_delimited', ignore_errors = true, maximum_object_size = 33554432,
    columns = {
        'createdAt': 'STRUCT("$date" TIMESTAMP)',
        'adminSearch': 'BOOLEAN',
        'category': 'VARCHAR',
        'location': 'STRUCT(areas STRUCT(departmentCode VARCHAR, departementCode VARCHAR))',
        'userData': 'STRUCT(status VARCHAR)'
    }
)
WHERE createdAt."$date" BETWEEN TIMESTAMP '2017-01-01' AND TIMESTAMP '2030-01-01'
  AND adminSearch IS NOT TRUE
  AND coalesce(userData.status, '') NOT IN ('ADMIN_TERRITORY', 'ADMIN_SOLIGUIDE')
GROUP BY ALL;

CREATE TEMP TABLE totals AS SELECT sum(brute)::BIGINT AS brute, NULL::BIGINT AS nette FROM cube;
