-- The services of listed places. A service without territory of its own takes its place's.
SELECT
    s.service_id,
    s.lieu_id,
    s.categorie_code,
    c.categorie_libelle,
    l.precision_localisation,
    l.code_commune,
    l.code_epci,
    l.code_departement,
    l.code_region,
    s.accueil,
    s.public_genre,
    s.public_administratif,
    s.public_familial,
    s.public_autre,
    s.age_min,
    s.age_max,
    s.sans_condition,
    s.sur_rendez_vous,
    s.sur_inscription,
    s.sur_orientation,
    s.payant,
    s.animaux_acceptes,
    s.accessible_pmr,
    s.horaires,
    s.ferme,
    s.fermeture_debut,
    s.fermeture_fin,
    s.saturation,
    l.date_maj,
    l.source,
    l.licence,
    p.date_photo
FROM services_publics AS s
JOIN lieux_publics AS l ON l.lieu_id = s.lieu_id
JOIN categories AS c ON c.categorie_code = s.categorie_code
CROSS JOIN parametres AS p
WHERE l.listable
