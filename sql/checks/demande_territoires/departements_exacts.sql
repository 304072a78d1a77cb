-- Where a département and all its parts are published, it is their sum: communes, its part without a finer place, and that of the EPCI within it.
SELECT code_departement
FROM demande_territoires
WHERE code_departement IS NOT NULL
    AND territoire_niveau IN ('departement', 'commune', 'departement_sans_precision', 'epci_sans_precision')
GROUP BY periode, code_departement, categorie_code, resultat
HAVING SUM(CASE WHEN statut = 'secret' THEN 1 ELSE 0 END) = 0
    AND SUM(CASE WHEN territoire_niveau = 'departement' THEN recherches ELSE 0 END)
        <> SUM(CASE WHEN territoire_niveau = 'departement' THEN 0 ELSE recherches END)
