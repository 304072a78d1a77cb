-- Every service belongs to a published place.
SELECT s.service_id
FROM services AS s
LEFT JOIN structures AS l ON l.lieu_id = s.lieu_id
WHERE l.lieu_id IS NULL
