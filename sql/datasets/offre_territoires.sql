-- Places and services by territory and category, on the day of the snapshot. Codes of a place are empty where its location is coarsened,
-- so that a protected place counts from the level it shows.
WITH par_categorie AS (
    SELECT s.lieu_id, a.ancetre_code AS categorie_code, COUNT(*) AS services
    FROM services_publics AS s
    JOIN categories_ancetres AS a ON a.categorie_code = s.categorie_code
    GROUP BY s.lieu_id, a.ancetre_code
    UNION ALL
    SELECT l.lieu_id, 'toutes' AS categorie_code, l.services
    FROM lieux_publics AS l
),
par_territoire AS (
    SELECT lieu_id, 'arr-' || code_arrondissement_municipal AS territoire_id
    FROM lieux_publics WHERE code_arrondissement_municipal IS NOT NULL
    UNION ALL
    SELECT lieu_id, 'com-' || code_commune AS territoire_id FROM lieux_publics WHERE code_commune IS NOT NULL
    UNION ALL
    SELECT lieu_id, 'epci-' || code_epci AS territoire_id FROM lieux_publics WHERE code_epci IS NOT NULL
    UNION ALL
    SELECT lieu_id, 'dep-' || code_departement AS territoire_id FROM lieux_publics WHERE code_departement IS NOT NULL
    UNION ALL
    SELECT lieu_id, 'reg-' || code_region AS territoire_id FROM lieux_publics WHERE code_region IS NOT NULL
    UNION ALL
    SELECT lieu_id, 'fr' AS territoire_id FROM lieux_publics
),
compte AS (
    SELECT
        t.territoire_id,
        c.categorie_code,
        COUNT(*) AS lieux,
        COALESCE(CAST(SUM(c.services) AS BIGINT), 0) AS services
    FROM par_categorie AS c
    JOIN par_territoire AS t ON t.lieu_id = c.lieu_id
    GROUP BY t.territoire_id, c.categorie_code
)
SELECT
    p.mois,
    t.territoire_niveau,
    t.territoire_id,
    t.territoire_libelle,
    t.code_commune,
    CASE WHEN t.territoire_niveau = 'epci' THEN t.code_epci END AS code_epci,
    t.code_departement,
    t.code_region,
    n.categorie_code,
    c.categorie_libelle,
    n.lieux,
    n.services,
    t.population,
    -- Rates in hundredths, rounded half up with integers only; a population of zero has no rate.
    CASE WHEN t.population > 0
        THEN CAST(CAST((2 * n.lieux * 1000000 + t.population) / (2 * t.population) AS DECIMAL(12, 0)) * 0.01 AS DECIMAL(12, 2))
    END AS lieux_pour_10000,
    CASE WHEN t.population > 0
        THEN CAST(CAST((2 * n.services * 1000000 + t.population) / (2 * t.population) AS DECIMAL(12, 0)) * 0.01 AS DECIMAL(12, 2))
    END AS services_pour_10000,
    p.date_photo
FROM compte AS n
JOIN territoires AS t ON t.territoire_id = n.territoire_id
JOIN categories AS c ON c.categorie_code = n.categorie_code
CROSS JOIN parametres AS p
