-- Searches by month, département and root category, from the protected cube. No totals: they would open withheld rows.
SELECT
    d.mois,
    t.territoire_niveau,
    t.territoire_id,
    t.territoire_libelle,
    d.code_departement,
    t.code_region,
    d.categorie_code,
    c.categorie_libelle,
    d.nette AS recherches,
    d.brute AS recherches_brutes,
    d.statut,
    p.mois_complet
FROM demande_protegee AS d
JOIN territoires AS t ON t.territoire_niveau = 'departement' AND t.code_departement = d.code_departement
JOIN categories AS c ON c.categorie_code = d.categorie_code
CROSS JOIN parametres AS p
WHERE d.categorie_code <> 'inconnu'
