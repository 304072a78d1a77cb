-- How much of the demand is given at each level, for France, in whole percents (rounded down): of the published total of a period, the share that the
-- published cells of a level add up to. Made of published cells only.
WITH niveaux AS (
    SELECT d.periode_type, d.periode, t.territoire_niveau, 'toutes' AS categorie_niveau, d.nette
    FROM demande_protegee AS d
    JOIN noeuds_territoires AS t ON t.territoire_id = d.territoire_id
    WHERE d.resultat = 'tous' AND d.statut = 'publie' AND d.categorie_code = 'toutes'
    UNION ALL
    SELECT d.periode_type, d.periode, t.territoire_niveau, 'feuille' AS categorie_niveau, d.nette
    FROM demande_protegee AS d
    JOIN noeuds_territoires AS t ON t.territoire_id = d.territoire_id
    JOIN noeuds_categories AS c ON c.categorie_code = d.categorie_code
    WHERE d.resultat = 'tous' AND d.statut = 'publie' AND c.feuille
),
total AS (
    SELECT d.periode, d.nette AS france
    FROM demande_protegee AS d
    WHERE d.resultat = 'tous' AND d.categorie_code = 'toutes' AND d.territoire_id = 'fr' AND d.statut = 'publie'
)
SELECT
    n.periode_type,
    n.periode,
    n.territoire_niveau,
    n.categorie_niveau,
    CAST(SUM(n.nette) * 100 / MAX(f.france) AS BIGINT) AS part_publiee
FROM niveaux AS n
JOIN total AS f ON f.periode = n.periode
WHERE f.france > 0 AND n.territoire_niveau IN ('arrondissement', 'commune', 'epci', 'departement', 'region', 'france')
GROUP BY n.periode_type, n.periode, n.territoire_niveau, n.categorie_niveau
