-- A closure does not end before it begins.
SELECT service_id FROM services WHERE fermeture_fin < fermeture_debut
