-- Coordinates come in pairs, within the bounds of France with its overseas parts, and are neither (0,0) nor the centre of France that
-- failed geocodes carry.
SELECT lieu_id
FROM structures
WHERE (latitude IS NULL) <> (longitude IS NULL)
    OR latitude NOT BETWEEN -28 AND 52
    OR longitude NOT BETWEEN -180 AND 180
    OR (latitude = 0 AND longitude = 0)
    OR (latitude = 46.227638 AND longitude = 2.213749)
