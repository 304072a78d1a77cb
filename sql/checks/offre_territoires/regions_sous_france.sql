-- The places of the régions are at most those of France, and a région's départements at most the région's.
SELECT f.territoire_id
FROM offre_territoires AS f
JOIN (
    SELECT categorie_code, SUM(lieux) AS lieux FROM offre_territoires WHERE territoire_niveau = 'region' GROUP BY categorie_code
) AS r ON r.categorie_code = f.categorie_code
WHERE f.territoire_niveau = 'france' AND r.lieux > f.lieux
UNION ALL
SELECT r.territoire_id
FROM offre_territoires AS r
JOIN (
    SELECT code_region, categorie_code, SUM(lieux) AS lieux
    FROM offre_territoires
    WHERE territoire_niveau = 'departement'
    GROUP BY code_region, categorie_code
) AS d ON d.code_region = r.code_region AND d.categorie_code = r.categorie_code
WHERE r.territoire_niveau = 'region' AND d.lieux > r.lieux
