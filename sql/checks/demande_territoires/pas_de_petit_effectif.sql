-- No published count, nor the difference of two, is from 1 to 10.
SELECT territoire_id
FROM demande_territoires
WHERE recherches BETWEEN 1 AND 10
    OR recherches_brutes BETWEEN 1 AND 10
    OR recherches_brutes - recherches BETWEEN 1 AND 10
    OR recherches > recherches_brutes
