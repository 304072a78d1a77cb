-- What is given for the commune itself is given for its own code, and every commune has every root category once.
SELECT code_commune
FROM demande_locale
WHERE (territoire_niveau = 'commune') <> (territoire_id = 'com-' || code_commune)
    OR categorie_code NOT IN (famille_code, 'toutes')
    OR recherches BETWEEN 1 AND 10
