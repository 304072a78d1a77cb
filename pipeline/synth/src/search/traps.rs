//! The labels under which `truth.json` counts what was planted.

use super::model::Traps;

macro_rules! labels {
    ($($name:ident = $bit:literal, $text:literal, $listed:literal;)*) => {
        $(pub(crate) const $name: Traps = Traps(1 << $bit);)*
        /// Label, set, and whether all ids are listed (else the first [`super::day::LISTED`] ones).
        pub(crate) const ALL: &[(&str, Traps, bool)] = &[$(($text, $name, $listed)),*];
    };
}

labels! {
    TWIN = 0, "jumeau_maraude", false;
    LOST_TWIN = 1, "jumeau_perdu", false;
    LOST_PLACE = 2, "lieu_perdu_maraude_seule", false;
    EXTRA_PAGE = 3, "page_suivante", false;
    SLIDER = 4, "distance_changee", false;
    FILTER = 5, "filtre_change", false;
    DOUBLE = 6, "double_envoi", false;
    ADMIN_FLAG = 7, "admin_avec_drapeau", false;
    ADMIN_PLAIN = 8, "admin_sans_drapeau", false;
    API = 9, "api", false;
    BOT = 10, "robot_interne", true;
    LOCALHOST = 11, "localhost_dev", true;
    FAST_CRAWLER = 12, "robot_rapide", true;
    SLOW_CRAWLER = 13, "robot_lent", true;
    DEMO_DAY = 14, "journee_demonstration", true;
    KIOSK = 15, "borne", true;
    DUPLICATE_ID = 16, "id_en_double", true;
    LATE = 17, "tardif", true;
    MONTH_END = 18, "fin_de_mois_utc", true;
    STRADDLE = 19, "a_cheval_sur_deux_mois", true;
    CLOCK_CHANGE = 20, "changement_heure", true;
    EDGE = 21, "cas_limite", true;
    BAD_DATE = 22, "createdAt_invalide", true;
    DRIFT = 23, "derive_schema", true;
    FOREIGN = 24, "etranger", false;
    POISON = 25, "mot_libre", false;
    DIRTY_CODE = 26, "code_postal_dans_cityCode", false;
    NO_AREAS = 27, "sans_areas", false;
    CONTRADICTION = 28, "departement_contradictoire", true;
    SINGLE = 29, "divulgation_commune_unique", true;
    PAIR = 30, "divulgation_paire", true;
    DIFFERENCE = 31, "divulgation_difference", true;
    BROKEN_TEXT = 32, "utf8_invalide", true;
    HARVEST = 33, "moissonnage_api", true;
    LEGACY_CODE = 34, "code_ancien_ou_inconnu", false;
    DOMINANT = 35, "compte_dominant", false;
    STRAY_POSTAL = 36, "code_postal_d_un_autre_departement", false;
}

impl Traps {
    pub(crate) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_distinct() {
        let mut bits: Vec<u64> = ALL.iter().map(|(_, set, _)| set.0).collect();
        let mut names: Vec<&str> = ALL.iter().map(|(name, _, _)| *name).collect();
        bits.sort_unstable();
        names.sort_unstable();
        bits.dedup();
        names.dedup();
        assert_eq!((bits.len(), names.len()), (ALL.len(), ALL.len()));
    }
}
