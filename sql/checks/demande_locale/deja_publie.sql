-- No value that demande_territoires does not give; a row that is not there is zero.
SELECT l.code_commune
FROM demande_locale AS l
LEFT JOIN demande_territoires AS d
    ON d.periode = l.mois AND d.territoire_id = l.territoire_id AND d.categorie_code = l.categorie_code AND d.resultat = 'tous'
WHERE COALESCE(d.statut, 'publie') <> 'publie' OR COALESCE(d.recherches, 0) <> l.recherches
