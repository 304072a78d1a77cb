-- Shares of a total.
SELECT territoire_niveau
FROM demande_diffusion
WHERE part_publiee NOT BETWEEN 0 AND 100
