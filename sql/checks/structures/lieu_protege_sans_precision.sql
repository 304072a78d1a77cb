-- A protected place shows neither address, coordinates, contact nor slug; one that shows its département only shows nothing finer.
SELECT lieu_id
FROM structures
WHERE (precision_localisation <> 'adresse'
        AND (adresse IS NOT NULL OR latitude IS NOT NULL OR longitude IS NOT NULL OR telephone IS NOT NULL OR site_web IS NOT NULL
            OR url_fiche IS NOT NULL))
    OR (precision_localisation = 'departement'
        AND (code_postal IS NOT NULL OR commune IS NOT NULL OR code_commune IS NOT NULL OR code_epci IS NOT NULL
            OR code_arrondissement_municipal IS NOT NULL))
