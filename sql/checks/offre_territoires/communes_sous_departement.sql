-- The places of a département's communes are at most the département's: protected places are added only there.
SELECT d.territoire_id
FROM offre_territoires AS d
JOIN (
    SELECT code_departement, categorie_code, SUM(lieux) AS lieux, SUM(services) AS services
    FROM offre_territoires
    WHERE territoire_niveau = 'commune'
    GROUP BY code_departement, categorie_code
) AS c ON c.code_departement = d.code_departement AND c.categorie_code = d.categorie_code
WHERE d.territoire_niveau = 'departement' AND (c.lieux > d.lieux OR c.services > d.services)
