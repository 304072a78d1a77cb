//! Primary rules: which cells are sensitive by themselves (DISCLOSURE §2g, §3).

use crate::contributors::Contributors;

/// The rules of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct PrimaryRules {
    /// The fewest contributors of a published cell. 11: the strictest common French practice (DGFiP, CASD).
    pub k: u64,
    /// The largest contributor may have at most this share of the searches, in percent. 85: INSEE's rule.
    pub dominance_percent: u64,
    /// The fewest organisations of a cell to which only identified professionals contribute. 3: INSEE's rule for enterprises.
    pub organisations: u32,
    /// How many anonymous searches are taken to be one person.
    pub per_person: u64,
    /// The same in sensitive categories.
    pub per_person_sensitive: u64,
    /// Communes with fewer inhabitants are not given in sensitive categories.
    pub population: u64,
}

impl Default for PrimaryRules {
    fn default() -> Self {
        Self { k: 11, dominance_percent: 85, organisations: 3, per_person: 2, per_person_sensitive: 3, population: 5_000 }
    }
}

/// What a cell is about, as far as the rules ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Subject {
    /// Whether its category is sensitive.
    pub sensitive: bool,
    /// The inhabitants of its territory, when that is a commune; `None` above.
    pub population: Option<u64>,
}

/// The first rule that withholds a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrimaryReason {
    /// Fewer contributors than `k`.
    FewContributors,
    /// One contributor has more than its share.
    Dominance,
    /// Only identified professionals contribute, of too few organisations.
    FewOrganisations,
    /// A sensitive category in a small commune.
    SmallPopulation,
}

impl std::fmt::Display for PrimaryReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FewContributors => "fewer contributors than the threshold",
            Self::Dominance => "one contributor has more than its share",
            Self::FewOrganisations => "only identified professionals contribute, of too few organisations",
            Self::SmallPopulation => "a sensitive category in a small commune",
        })
    }
}

impl PrimaryRules {
    /// How many anonymous searches are taken to be one person for a subject.
    pub fn per_person(&self, subject: Subject) -> u64 {
        if subject.sensitive { self.per_person_sensitive } else { self.per_person }.max(1)
    }

    /// Why a cell is withheld by itself. A cell without searches never is: zeros are public.
    pub fn judge(&self, subject: Subject, of: &Contributors) -> Option<PrimaryReason> {
        if of.searches() == 0 {
            return None;
        }
        let per_person = self.per_person(subject);
        // An anonymous person may have made as many searches as are taken to be one person's.
        let largest = of.largest.max(of.anonymous.min(per_person));
        if of.count(per_person) < self.k {
            Some(PrimaryReason::FewContributors)
        } else if u128::from(largest) * 100 > u128::from(of.searches()) * u128::from(self.dominance_percent) {
            Some(PrimaryReason::Dominance)
        } else if of.anonymous == 0 && of.persons == 0 && of.organisations < self.organisations {
            Some(PrimaryReason::FewOrganisations)
        } else if subject.sensitive && subject.population.is_some_and(|p| p < self.population) {
            Some(PrimaryReason::SmallPopulation)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(organisations: u32, professionals: u32, persons: u32, largest: u64, identified: u64, anonymous: u64) -> Contributors {
        Contributors { organisations, professionals, persons, largest, identified, anonymous, ..Contributors::default() }
    }

    #[test]
    fn each_rule_withholds_what_it_should() {
        let rules = PrimaryRules::default();
        let plain = Subject::default();
        let judge = |c: &Contributors| rules.judge(plain, c);
        assert_eq!(judge(&of(0, 0, 0, 0, 0, 0)), None);
        assert_eq!(judge(&of(0, 0, 0, 0, 0, 20)), Some(PrimaryReason::FewContributors));
        assert_eq!(judge(&of(0, 0, 0, 0, 0, 21)), None);
        assert_eq!(judge(&of(1, 0, 10, 860, 870, 130)), Some(PrimaryReason::Dominance));
        assert_eq!(judge(&of(1, 0, 10, 850, 860, 140)), None, "85 % is allowed");
        assert_eq!(judge(&of(2, 9, 0, 2, 20, 0)), Some(PrimaryReason::FewOrganisations));
        assert_eq!(judge(&of(3, 8, 0, 2, 20, 0)), None);
        let sensitive = Subject { sensitive: true, population: Some(4_999) };
        assert_eq!(rules.judge(sensitive, &of(0, 0, 0, 0, 0, 60)), Some(PrimaryReason::SmallPopulation));
        assert_eq!(rules.judge(sensitive, &of(0, 0, 0, 0, 0, 30)), Some(PrimaryReason::FewContributors), "three searches a person");
        assert_eq!(rules.judge(Subject { sensitive: true, population: None }, &of(0, 0, 0, 0, 0, 60)), None);
    }
}
