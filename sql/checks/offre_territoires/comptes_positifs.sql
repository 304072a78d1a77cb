-- An absent row is zero: a row that is there counts at least one place, and at least one service but for the total.
SELECT territoire_id FROM offre_territoires WHERE lieux < 1 OR services < 0 OR (services < 1 AND categorie_code <> 'toutes')
