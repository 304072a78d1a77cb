-- Exact counts of searches by month, département and root category. Private: never leaves the vault.
-- A search counts once in each root that its categories lead to; what has no known département is not here (see the run report).
WITH racines AS (
    SELECT DISTINCT e.ensemble, a.ancetre_code AS categorie_code
    FROM safe_ensembles AS e
    JOIN categories_ancetres AS a ON a.categorie_code = e.categorie_code
    WHERE a.racine
)
SELECT
    r.mois,
    r.code_departement,
    c.categorie_code,
    CAST(SUM(r.brute) AS BIGINT) AS brute,
    CAST(SUM(r.nette) AS BIGINT) AS nette
FROM safe_recherches AS r
JOIN racines AS c ON c.ensemble = r.ensemble
WHERE r.code_departement IS NOT NULL
GROUP BY r.mois, r.code_departement, c.categorie_code
HAVING SUM(r.brute) > 0
