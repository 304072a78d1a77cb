-- Gross searches are given from the département upward only, and for all outcomes together.
SELECT territoire_id
FROM demande_territoires
WHERE (statut_brutes = 'non_diffuse') = (resultat = 'tous' AND territoire_niveau IN ('departement', 'region', 'france'))
