-- Until secondary suppression is there: départements and root categories only, no total of either.
SELECT d.territoire_id
FROM demande_territoires AS d
LEFT JOIN categories_ancetres AS a ON a.categorie_code = d.categorie_code AND a.ancetre_code = d.categorie_code
WHERE d.territoire_niveau <> 'departement' OR a.racine IS NULL OR NOT a.racine
