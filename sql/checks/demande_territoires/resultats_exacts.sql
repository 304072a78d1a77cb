-- Where every outcome is published, all searches are their sum.
SELECT territoire_id
FROM demande_territoires
GROUP BY periode, territoire_id, categorie_code
HAVING SUM(CASE WHEN statut = 'secret' THEN 1 ELSE 0 END) = 0
    AND SUM(CASE WHEN resultat = 'tous' THEN recherches ELSE 0 END) <> SUM(CASE WHEN resultat = 'tous' THEN 0 ELSE recherches END)
