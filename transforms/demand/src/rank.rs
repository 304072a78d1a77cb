//! What is published first, where not everything can be.

use crate::{LEVEL_PART, is_gross_level};

/// When a cell is thought of while the pattern is made: those of the lowest rank first, and of those the largest.
///
/// Readers compare départements and regions by family of needs; the country by single categories; EPCI by families. Outcomes come after what they add up
/// to, gross searches last: net ones are what is asked for. On a synthetic month of France this order gives 706 of 1 028 families of départements, and all
/// totals of départements, where the largest cells first gave 128 and 9 (`ci/bench/utility.sh`).
pub(crate) fn rank(territory: &str, category: &str, measure: &str) -> u8 {
    let territory = match territory {
        "france" => 0,
        level if is_gross_level(level) => 1,
        "epci" => 3,
        level if level.ends_with(LEVEL_PART) => 5,
        _ => 4,
    };
    let category = match category {
        "total" => 0,
        "racine" | "sans_categorie" => 1,
        "categorie" => 3,
        _ => 5,
    };
    let measure = match measure {
        "nette" => 0,
        "resultat" => 3,
        _ => 5,
    };
    territory + category + measure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_of_departements_come_before_details_and_gross_searches() {
        let families = rank("departement", "racine", "nette");
        assert!(rank("departement", "total", "nette") < families && rank("region", "racine", "nette") == families);
        assert!(families < rank("france", "categorie", "nette") && families < rank("departement", "total", "resultat"));
        assert!(families < rank("france", "total", "brute") && rank("epci", "racine", "nette") < rank("commune", "racine", "nette"));
        assert!(rank("commune", "total", "nette") < rank("departement_sans_precision", "total", "nette"));
    }
}
