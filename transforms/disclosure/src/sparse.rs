//! Sparse matrices of signs, compactly: nothing but `+1` and `-1` is ever a coefficient of a constraint.

/// Rows of signed indices, one after the other. The top bit of an entry is its sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Csr {
    starts: Vec<usize>,
    entries: Vec<u32>,
}

const SIGN: u32 = 1 << 31;

impl Default for Csr {
    fn default() -> Self {
        Self { starts: vec![0], entries: Vec::new() }
    }
}

/// The entries of one row: index, and whether its sign is plus.
#[derive(Debug, Clone)]
pub(crate) struct Members<'a>(std::slice::Iter<'a, u32>);

impl Iterator for Members<'_> {
    type Item = (u32, bool);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|e| (e & !SIGN, e & SIGN == 0))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Members<'_> {}

impl Csr {
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    #[inline]
    pub(crate) fn row(&self, row: u32) -> Members<'_> {
        Members(self.entries[self.starts[row as usize]..self.starts[row as usize + 1]].iter())
    }

    pub(crate) fn push(&mut self, row: impl Iterator<Item = (u32, bool)>) {
        self.entries.extend(row.map(|(index, plus)| if plus { index } else { index | SIGN }));
        self.starts.push(self.entries.len());
    }

    /// Adds the rows of another matrix after these.
    pub(crate) fn append(&mut self, other: &Csr) {
        let shift = self.entries.len();
        self.entries.extend_from_slice(&other.entries);
        self.starts.extend(other.starts[1..].iter().map(|s| s + shift));
    }

    /// The same rows with other indices. An index that maps to nothing is dropped; equal indices of opposite sign cancel; each row is sorted and
    /// starts with a plus; rows left with nothing are dropped.
    pub(crate) fn mapped(&self, map: impl Fn(u32) -> Option<u32>) -> Csr {
        let mut out = Csr { starts: Vec::with_capacity(self.starts.len()), entries: Vec::with_capacity(self.entries.len()) };
        out.starts.push(0);
        let mut scratch: Vec<(u32, i32)> = Vec::new();
        for row in 0..self.len() as u32 {
            scratch.clear();
            scratch.extend(self.row(row).filter_map(|(i, plus)| map(i).map(|v| (v, if plus { 1 } else { -1 }))));
            scratch.sort_unstable_by_key(|e| e.0);
            let mut flip = 0;
            for same in scratch.chunk_by(|a, b| a.0 == b.0) {
                let sum: i32 = same.iter().map(|e| e.1).sum();
                if flip == 0 {
                    flip = sum.signum();
                }
                for _ in 0..sum.abs() {
                    out.entries.push(if sum.signum() == flip { same[0].0 } else { same[0].0 | SIGN });
                }
            }
            if out.starts.last().is_some_and(|s| *s < out.entries.len()) {
                out.starts.push(out.entries.len());
            }
        }
        out
    }

    /// Each different row once, in the order of its first occurrence.
    pub(crate) fn without_repeats(self) -> Csr {
        let mut keys: Vec<(u64, u32)> = (0..self.len() as u32).map(|row| (self.hash(row), row)).collect();
        keys.sort_unstable();
        let mut keep = vec![true; self.len()];
        for same in keys.chunk_by(|a, b| a.0 == b.0).filter(|c| c.len() > 1) {
            for (i, (_, row)) in same.iter().enumerate() {
                keep[*row as usize] = !same[..i].iter().any(|(_, other)| self.slice(*other) == self.slice(*row));
            }
        }
        drop(keys);
        if keep.iter().all(|k| *k) {
            return self;
        }
        let mut out = Csr { starts: Vec::with_capacity(self.starts.len()), entries: Vec::with_capacity(self.entries.len()) };
        out.starts.push(0);
        for row in (0..self.len()).filter(|r| keep[*r]) {
            out.entries.extend_from_slice(self.slice(row as u32));
            out.starts.push(out.entries.len());
        }
        out
    }

    fn slice(&self, row: u32) -> &[u32] {
        &self.entries[self.starts[row as usize]..self.starts[row as usize + 1]]
    }

    fn hash(&self, row: u32) -> u64 {
        self.slice(row).iter().fold(0xCBF2_9CE4_8422_2325, |h, e| {
            let mixed = (h ^ u64::from(*e)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            mixed ^ (mixed >> 29)
        })
    }

    /// Columns as rows, `width` of them.
    pub(crate) fn transposed(&self, width: usize) -> Csr {
        let mut starts = vec![0usize; width + 1];
        for e in &self.entries {
            starts[(e & !SIGN) as usize + 1] += 1;
        }
        for i in 0..width {
            starts[i + 1] += starts[i];
        }
        let mut at = starts.clone();
        let mut entries = vec![0u32; self.entries.len()];
        for row in 0..self.len() as u32 {
            for e in self.slice(row) {
                let place = &mut at[(e & !SIGN) as usize];
                entries[*place] = row | (e & SIGN);
                *place += 1;
            }
        }
        Csr { starts, entries }
    }
}

/// The representative of a set in a forest of sets: its smallest member.
pub(crate) fn root(parent: &mut [u32], mut of: u32) -> u32 {
    while parent[of as usize] != of {
        parent[of as usize] = parent[parent[of as usize] as usize];
        of = parent[of as usize];
    }
    of
}

/// Joins the sets of two members, under the smaller representative, so that the result depends on the sets only.
pub(crate) fn join(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (root(parent, a), root(parent, b));
    parent[a.max(b) as usize] = a.min(b);
}
