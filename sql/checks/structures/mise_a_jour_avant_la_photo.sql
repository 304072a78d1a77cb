-- No place is updated after the day of the snapshot.
SELECT lieu_id FROM structures WHERE date_maj > date_photo
