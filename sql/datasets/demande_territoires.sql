-- Searches by period, territory, category and outcome, from the protected cube. A row that is not there is zero.
SELECT
    d.periode_type,
    d.periode,
    t.territoire_niveau,
    t.territoire_id,
    t.territoire_libelle,
    t.code_departement,
    t.code_region,
    c.categorie_niveau,
    c.categorie_code,
    c.categorie_libelle,
    d.resultat,
    d.nette AS recherches,
    d.brute AS recherches_brutes,
    d.statut,
    d.statut_brutes,
    CASE WHEN d.periode = p.mois THEN p.mois_complet ELSE TRUE END AS periode_complete
FROM demande_protegee AS d
JOIN noeuds_territoires AS t ON t.territoire_id = d.territoire_id
JOIN noeuds_categories AS c ON c.categorie_code = d.categorie_code
CROSS JOIN parametres AS p
