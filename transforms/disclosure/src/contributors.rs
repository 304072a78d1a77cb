//! Who contributes to each cell.
//!
//! Contributors are not additive: one organisation searches in many communes and counts once in their département. The caller streams *one
//! contributor at a time*, with the inner cells it contributed to; its counts are folded up its own few hierarchies and added to the statistics
//! of each cell it reaches. So memory is that of the cells, whatever the number of contributors, and no set of contributors is kept.

use crate::cube::Cube;
use crate::error::Error;
use crate::problem::Largest;

/// What kind of contributor is counted. An organisation counts once however many accounts it has; an account without one counts for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contributor {
    /// An organisation.
    Organisation,
    /// A professional's account without an organisation.
    Professional,
    /// Any other identified account.
    Person,
}

/// What is known of the contributors of one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Contributors {
    /// Organisations.
    pub organisations: u32,
    /// Professionals' accounts without an organisation.
    pub professionals: u32,
    /// Other identified accounts.
    pub persons: u32,
    /// The searches of the identified contributor with most.
    pub largest: u64,
    /// Which one that is, in the order in which they came: the first of those with as many.
    #[serde(skip)]
    pub leader: u32,
    /// Searches of identified contributors.
    pub identified: u64,
    /// Searches without any identity that could join them.
    pub anonymous: u64,
}

impl Contributors {
    /// All searches.
    pub fn searches(&self) -> u64 {
        self.identified + self.anonymous
    }

    /// Identified contributors of every kind.
    pub fn named(&self) -> u64 {
        u64::from(self.organisations) + u64::from(self.professionals) + u64::from(self.persons)
    }

    /// The identified contributor with most.
    pub fn leading(&self) -> Largest {
        Largest { contributor: self.leader, held: self.largest }
    }

    /// Contributors, with `per_person` anonymous searches taken to be one person (DISCLOSURE §2g: a stated number of them).
    pub fn count(&self, per_person: u64) -> u64 {
        self.named() + self.anonymous.div_ceil(per_person.max(1))
    }

    /// Counts one contributor.
    fn take(&mut self, number: u32, kind: Contributor, searches: u64) {
        match kind {
            Contributor::Organisation => self.organisations += 1,
            Contributor::Professional => self.professionals += 1,
            Contributor::Person => self.persons += 1,
        }
        if searches > self.largest {
            (self.largest, self.leader) = (searches, number);
        }
        self.identified += searches;
    }
}

/// Statistics of all cells of a cube while contributors stream by.
#[derive(Debug)]
pub struct ContributorFold<'a> {
    cube: &'a Cube,
    of: Vec<Contributors>,
    contributors: u32,
    above: Vec<u64>,
    reached: Vec<(u64, u64)>,
}

impl<'a> ContributorFold<'a> {
    /// No contributor yet.
    pub fn new(cube: &'a Cube) -> Self {
        Self { cube, of: vec![Contributors::default(); cube.len()], contributors: 0, above: Vec::new(), reached: Vec::new() }
    }

    /// Adds one contributor: everything it contributed, in one call. Leaves are numbers in each dimension, as in [`Cube::fold`].
    ///
    /// # Errors
    /// As [`Cube::fold`]; [`Error::UnknownName`] for an inner cell that the cube counted no search in.
    pub fn contributor<L: AsRef<[u32]>>(&mut self, kind: Contributor, inner: impl IntoIterator<Item = (L, u64)>) -> Result<(), Error> {
        self.reached.clear();
        self.contributors += 1;
        for (leaves, n) in inner {
            self.cube.above(self.cube.inner_key(leaves.as_ref())?, &mut self.above);
            self.reached.extend(self.above.iter().map(|key| (*key, n)));
        }
        self.reached.sort_unstable();
        for same in self.reached.chunk_by(|a, b| a.0 == b.0) {
            let n: u64 = same.iter().map(|c| c.1).sum();
            if n > 0 {
                self.of[known(self.cube, same[0].0)?].take(self.contributors, kind, n);
            }
        }
        Ok(())
    }

    /// Adds anonymous searches of one inner cell; they add up.
    ///
    /// # Errors
    /// As [`ContributorFold::contributor`].
    pub fn anonymous(&mut self, leaves: &[u32], n: u64) -> Result<(), Error> {
        self.cube.above(self.cube.inner_key(leaves)?, &mut self.above);
        for key in if n > 0 { self.above.as_slice() } else { &[] } {
            self.of[known(self.cube, *key)?].anonymous += n;
        }
        Ok(())
    }

    /// The statistics, in the order of the cells of the cube.
    pub fn finish(self) -> Vec<Contributors> {
        self.of
    }
}

fn known(cube: &Cube, key: u64) -> Result<usize, Error> {
    cube.index_of(key).ok_or_else(|| Error::UnknownName { name: format!("inner cell {key}"), list: "the counts of the cube".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dimension::Dimension;

    #[test]
    fn an_organisation_counts_once_above() {
        let geo = Dimension::total("geo", "dep", ["com-1", "com-2"]).unwrap();
        let (one, two, dep) = (geo.find("com-1").unwrap(), geo.find("com-2").unwrap(), geo.find("dep").unwrap());
        let cube = Cube::fold(vec![geo], [([one], 9), ([two], 5)]).unwrap();
        let mut fold = ContributorFold::new(&cube);
        fold.contributor(Contributor::Organisation, [([one], 4), ([two], 3)]).unwrap();
        fold.contributor(Contributor::Person, [([one], 1)]).unwrap();
        fold.anonymous(&[one], 4).unwrap();
        fold.anonymous(&[two], 2).unwrap();
        let of = fold.finish();
        let dep = of[cube.cell(&[dep]).unwrap()];
        assert_eq!((dep.organisations, dep.persons, dep.largest, dep.anonymous, dep.searches()), (1, 1, 7, 6, 14));
        assert_eq!(dep.count(2), 5);
        assert_eq!(of[cube.cell(&[two]).unwrap()].count(3), 2);
    }
}
