//! Inner unknowns that are interchangeable: raising one of them, with every unknown that contains it, disturbs the same published sums by the same numbers.

use rayon::prelude::*;

use crate::bounds::Holders;
use crate::field::Random;
use crate::hash::CellMap;
use crate::system::{Part, Row};

/// Stands for "none" in lists of numbers.
pub(crate) const NONE: u32 = u32::MAX;
/// How many unknowns one task takes.
const CHUNK: usize = 2048;

/// Many short lists behind each other.
#[derive(Clone)]
pub(crate) struct Lists<T> {
    start: Vec<usize>,
    items: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    pub(crate) fn of(&self, at: u32) -> &[T] {
        &self.items[self.start[at as usize]..self.start[at as usize + 1]]
    }

    pub(crate) fn of_mut(&mut self, at: usize) -> &mut [T] {
        &mut self.items[self.start[at]..self.start[at + 1]]
    }

    pub(crate) fn len(&self) -> usize {
        self.start.len() - 1
    }

    /// The lists without the items that are not wanted.
    pub(crate) fn filtered(&self, wanted: impl Fn(&T) -> bool) -> Self {
        let (mut start, mut items) = (vec![0], Vec::new());
        for list in self.start.windows(2) {
            items.extend(self.items[list[0]..list[1]].iter().filter(|item| wanted(item)));
            start.push(items.len());
        }
        Self { start, items }
    }

    /// Puts items into the list that each names, in their order.
    pub(crate) fn sorted_into(lists: usize, items: impl Iterator<Item = (u32, T)> + Clone) -> Self {
        let mut start = vec![0usize; lists + 1];
        for (list, _) in items.clone() {
            start[list as usize + 1] += 1;
        }
        for at in 1..start.len() {
            start[at] += start[at - 1];
        }
        let mut next = start.clone();
        let mut all = vec![T::default(); start[lists]];
        for (list, item) in items {
            all[next[list as usize]] = item;
            next[list as usize] += 1;
        }
        Self { start, items: all }
    }
}

/// For each equation the unknown that it makes a sum: that which alone has the coefficient 1, where no equation before makes it one; else [`NONE`]. With
/// one equation for each, the inner unknowns fix the whole table, whatever the other equations say.
pub(crate) fn sums_of(part: &Part) -> Vec<u32> {
    let mut made = vec![false; part.cells.len()];
    let mut sum_of = |row: &Row| {
        let mut sums = row.terms.iter().filter(|term| term.1 == 1);
        match (sums.next(), sums.next()) {
            (Some(&(unknown, _)), None) if row.terms.len() > 1 && !std::mem::replace(&mut made[unknown as usize], true) => unknown,
            _ => NONE,
        }
    };
    part.rows.iter().map(&mut sum_of).collect()
}

/// The inner unknowns of a part in classes.
pub(crate) struct Classes {
    /// For each inner unknown those that change with it, itself among them, sorted; nothing for the others.
    pub(crate) above: Lists<u32>,
    /// For each unknown the inner ones that it changes with, sorted.
    pub(crate) inside: Lists<u32>,
    /// The inner unknowns of each class.
    pub(crate) members: Lists<u32>,
    /// The classes that disturb each equation.
    pub(crate) disturbing: Lists<u32>,
    /// The equations that each class disturbs, sorted, with by how much.
    vectors: Lists<(u32, i64)>,
    class: Vec<u32>,
    hashes: Vec<u128>,
    by_hash: CellMap<u32>,
}

/// What classes add up to, as a sum of random numbers for equations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sum {
    /// To nothing: no equation is disturbed.
    Nothing,
    /// To what this class disturbs.
    Class(u32),
}

impl Classes {
    pub(crate) fn of(part: &Part, holders: &Holders) -> Self {
        let count = part.cells.len();
        let sum_of = sums_of(part);
        let inner: Vec<u32> =
            (0u32..).take(count).filter(|&unknown| holders.of(unknown).iter().all(|&(row, _)| sum_of[row as usize] != unknown)).collect();
        let found: Vec<Vec<Inner>> = inner
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut seen = vec![NONE; count];
                chunk.iter().map(|&unknown| Inner::of(unknown, holders, &sum_of, &mut seen)).collect()
            })
            .collect();
        let found: Vec<Inner> = found.into_iter().flatten().collect();
        let by_inner = inner.iter().zip(&found);
        let above = Lists::sorted_into(count, by_inner.clone().flat_map(|(&u, inner)| inner.above.iter().map(move |&a| (u, a))));
        let inside = Lists::sorted_into(count, by_inner.flat_map(|(&u, inner)| inner.above.iter().map(move |&a| (a, u))));

        let mut class = vec![NONE; count];
        let (mut hashes, mut by_hash): (Vec<u128>, CellMap<u32>) = (Vec::new(), CellMap::default());
        let mut first: Vec<usize> = Vec::new();
        for (at, (&unknown, inner)) in inner.iter().zip(&found).enumerate() {
            let number = *by_hash.entry(short(inner.hash)).or_insert_with(|| {
                hashes.push(inner.hash);
                first.push(at);
                hashes.len() as u32 - 1
            });
            // two vectors of one short hash: the second stays alone, without a class
            if hashes[number as usize] == inner.hash {
                class[unknown as usize] = number;
            }
        }
        let classed = inner.iter().map(|&u| (class[u as usize], u)).filter(|pair| pair.0 != NONE);
        let members = Lists::sorted_into(hashes.len(), classed);
        let vector = |at: usize| found[first[at]].vector.iter().copied();
        let vectors = Lists::sorted_into(hashes.len(), (0..first.len()).flat_map(|at| vector(at).map(move |entry| (at as u32, entry))));
        let disturbing =
            Lists::sorted_into(part.rows.len(), (0..first.len()).flat_map(|at| vector(at).map(move |(row, _)| (row, at as u32))));
        Self { above, inside, members, disturbing, vectors, class, hashes, by_hash }
    }

    /// The class of an inner unknown.
    pub(crate) fn class(&self, inner: u32) -> Option<u32> {
        Some(self.class[inner as usize]).filter(|&class| class != NONE)
    }

    /// The equations that a class disturbs, sorted, with by how much.
    pub(crate) fn vector(&self, class: u32) -> &[(u32, i64)] {
        self.vectors.of(class)
    }

    /// Whether an unknown changes with an inner one.
    pub(crate) fn contains(&self, unknown: u32, inner: u32) -> bool {
        self.above.of(inner).binary_search(&unknown).is_ok()
    }

    /// Whether the members of a class can change alone.
    pub(crate) fn is_free(&self, class: u32) -> bool {
        self.vector(class).is_empty()
    }

    /// What `plus` together, less `minus`, add up to, if that is a class or nothing. It is a guess, right but for chances of 2^-128.
    pub(crate) fn combination(&self, plus: [u32; 2], minus: u32) -> Option<Sum> {
        let [a, b] = plus.map(|class| self.hashes[class as usize]);
        self.with_hash(a.wrapping_add(b).wrapping_sub(self.hashes[minus as usize]))
    }

    /// What `plus` less `minus` adds up to.
    pub(crate) fn difference(&self, plus: u32, minus: u32) -> Option<Sum> {
        self.with_hash(self.hashes[plus as usize].wrapping_sub(self.hashes[minus as usize]))
    }

    fn with_hash(&self, hash: u128) -> Option<Sum> {
        if hash == 0 {
            return Some(Sum::Nothing);
        }
        self.by_hash.get(&short(hash)).filter(|&&class| self.hashes[class as usize] == hash).map(|&class| Sum::Class(class))
    }
}

/// What is found of one inner unknown.
struct Inner {
    above: Vec<u32>,
    vector: Vec<(u32, i64)>,
    hash: u128,
}

impl Inner {
    /// `seen` tells for each unknown the last inner one that it was come to from.
    fn of(unknown: u32, holders: &Holders, sum_of: &[u32], seen: &mut [u32]) -> Self {
        let (mut above, mut entries) = (vec![unknown], Vec::new());
        seen[unknown as usize] = unknown;
        let mut at = 0;
        while let Some(&cell) = above.get(at) {
            at += 1;
            for &(row, coefficient) in holders.of(cell) {
                entries.push((row, i64::from(coefficient)));
                let sum = sum_of[row as usize];
                if coefficient == -1 && sum != NONE && seen[sum as usize] != unknown {
                    seen[sum as usize] = unknown;
                    above.push(sum);
                }
            }
        }
        above.sort_unstable();
        entries.sort_unstable();
        let mut vector: Vec<(u32, i64)> = Vec::new();
        for (row, number) in entries {
            match vector.last_mut().filter(|last| last.0 == row) {
                Some(last) => last.1 += number,
                None => vector.push((row, number)),
            }
        }
        vector.retain(|entry| entry.1 != 0);
        let hash = vector.iter().fold(0u128, |sum, &(row, number)| sum.wrapping_add(drawn(row).wrapping_mul(i128::from(number) as u128)));
        Self { above, vector, hash }
    }
}

/// A random number of 128 bits for each equation.
fn drawn(row: u32) -> u128 {
    let mut random = Random::new((u64::from(row) + 1).wrapping_mul(0xD1B5_4A32_D192_ED03));
    u128::from(random.next()) << 64 | u128::from(random.next())
}

fn short(hash: u128) -> u64 {
    (hash >> 64) as u64
}
