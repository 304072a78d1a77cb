-- Exact counts of searches by month, territory as precisely as it is known, categories as they were searched (their one place in the graph), outcome
-- and contributor. Private: never leaves the vault.
SELECT
    r.mois,
    r.territoire_id,
    f.categorie_code,
    r.resultat,
    r.contributeur_nature,
    r.contributeur,
    CAST(SUM(r.brute) AS BIGINT) AS brute,
    CAST(SUM(r.nette) AS BIGINT) AS nette
FROM safe_recherches AS r
JOIN safe_feuilles AS f ON f.ensemble = r.ensemble
GROUP BY r.mois, r.territoire_id, f.categorie_code, r.resultat, r.contributeur_nature, r.contributeur
HAVING SUM(r.brute) > 0
