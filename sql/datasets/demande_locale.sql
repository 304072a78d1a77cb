-- For each commune and root category of the month: the smallest published count that contains its searches, and where it was published. The territory
-- is the commune, its EPCI, département, région or France; the category is the root or all categories. Nothing is given here that
-- demande_territoires does not give. A commune without a row there has zero searches, which is public.
WITH donnees AS (
    SELECT d.territoire_id, d.categorie_code, d.nette, d.statut
    FROM demande_protegee AS d
    JOIN parametres AS p ON p.mois = d.periode
    WHERE d.resultat = 'tous'
),
echelles AS (
    SELECT c.code_commune, 1 AS rang_territoire, 'com-' || c.code_commune AS territoire_id FROM territoires AS c WHERE c.territoire_niveau = 'commune'
    UNION ALL
    SELECT c.code_commune, 2 AS rang_territoire, 'epci-' || c.code_epci AS territoire_id
    FROM territoires AS c WHERE c.territoire_niveau = 'commune' AND c.code_epci IS NOT NULL
    UNION ALL
    SELECT c.code_commune, 3 AS rang_territoire, 'dep-' || c.code_departement AS territoire_id
    FROM territoires AS c WHERE c.territoire_niveau = 'commune' AND c.code_departement IS NOT NULL
    UNION ALL
    SELECT c.code_commune, 4 AS rang_territoire, 'reg-' || c.code_region AS territoire_id
    FROM territoires AS c WHERE c.territoire_niveau = 'commune' AND c.code_region IS NOT NULL
    UNION ALL
    SELECT c.code_commune, 5 AS rang_territoire, 'fr' AS territoire_id FROM territoires AS c WHERE c.territoire_niveau = 'commune'
),
familles AS (
    SELECT c.categorie_code AS famille, 1 AS rang_categorie, c.categorie_code FROM noeuds_categories AS c WHERE c.categorie_niveau = 'racine'
    UNION ALL
    SELECT c.categorie_code AS famille, 2 AS rang_categorie, 'toutes' AS categorie_code FROM noeuds_categories AS c WHERE c.categorie_niveau = 'racine'
),
candidats AS (
    SELECT
        e.code_commune,
        f.famille,
        e.territoire_id,
        f.categorie_code,
        COALESCE(d.nette, 0) AS recherches,
        ROW_NUMBER() OVER (
            PARTITION BY e.code_commune, f.famille
            -- The first three decide; the others only name every column, so that the engine's order never does.
            ORDER BY COALESCE(d.nette, 0), e.rang_territoire, f.rang_categorie, e.territoire_id, f.categorie_code,
                d.territoire_id, d.categorie_code, d.nette, d.statut
        ) AS rang
    FROM echelles AS e
    CROSS JOIN familles AS f
    LEFT JOIN donnees AS d ON d.territoire_id = e.territoire_id AND d.categorie_code = f.categorie_code
    WHERE d.statut IS NULL OR d.statut = 'publie'
)
SELECT
    p.mois,
    t.code_commune,
    t.territoire_libelle AS commune_libelle,
    t.code_departement,
    f.categorie_code AS famille_code,
    f.categorie_libelle AS famille_libelle,
    n.territoire_niveau,
    n.territoire_id,
    n.territoire_libelle,
    k.categorie_code,
    k.recherches,
    p.mois_complet
FROM candidats AS k
JOIN territoires AS t ON t.territoire_id = 'com-' || k.code_commune
JOIN noeuds_territoires AS n ON n.territoire_id = k.territoire_id
JOIN noeuds_categories AS f ON f.categorie_code = k.famille
CROSS JOIN parametres AS p
WHERE k.rang = 1
