-- A place says how many services it has; they are all there.
SELECT l.lieu_id
FROM structures AS l
LEFT JOIN (SELECT lieu_id, COUNT(*) AS n FROM services GROUP BY lieu_id) AS s ON s.lieu_id = l.lieu_id
WHERE l.services <> COALESCE(s.n, 0)
