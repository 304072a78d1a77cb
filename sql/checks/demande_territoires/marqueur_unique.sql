-- A withheld measure is empty, a published one is not.
SELECT territoire_id
FROM demande_territoires
WHERE (statut = 'secret') <> (recherches IS NULL) OR (statut_brutes = 'publie') <> (recherches_brutes IS NOT NULL)
