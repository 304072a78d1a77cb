-- A withheld row has no measure, a published one has both.
SELECT territoire_id
FROM demande_territoires
WHERE (statut = 'secret' AND (recherches IS NOT NULL OR recherches_brutes IS NOT NULL))
    OR (statut = 'publie' AND (recherches IS NULL OR recherches_brutes IS NULL))
