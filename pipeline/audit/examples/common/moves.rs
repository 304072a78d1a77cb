//! Steps from one table to another that fits the same published cells.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use crate::tables::{Dice, Shape};

/// Changes of cells that change no published one; sorted by cell.
pub type Move = Vec<(u32, i64)>;

/// Goes one way along a move, if that leaves each cell what it is at least.
pub fn one(values: &mut [u64], lowest: &[u64], by: &Move, up: bool) -> bool {
    let sign = if up { 1 } else { -1 };
    let fits = by.iter().all(|(cell, d)| values[*cell as usize] as i64 + sign * d >= lowest[*cell as usize] as i64);
    if fits {
        by.iter().for_each(|(cell, d)| values[*cell as usize] = (values[*cell as usize] as i64 + sign * d) as u64);
    }
    fits
}

/// Goes as far along a move as an even choice among all possible tables on its line says.
pub fn step(values: &mut [u64], lowest: &[u64], moves: &[Move], dice: &mut Dice) -> bool {
    let by = &moves[dice.below(moves.len() as u64) as usize];
    let above = |cell: &u32| (values[*cell as usize] - lowest[*cell as usize]) as i64;
    let room = |sign: i64| by.iter().filter(|(_, d)| sign * d < 0).map(|(c, d)| above(c) / d.abs()).min().unwrap_or(0);
    let (down, up) = (room(-1), room(1));
    let t = dice.below((down + up + 1) as u64) as i64 - down;
    by.iter().for_each(|(cell, d)| values[*cell as usize] = (values[*cell as usize] as i64 + t * d) as u64);
    t != 0
}

const P: u64 = (1 << 31) - 1;

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut out = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            out = out * base % P;
        }
        base = base * base % P;
        exponent >>= 1;
    }
    out
}

/// Moves found by eliminating the published cells in several random orders of the inner ones that are not known: modulo a prime, then checked by exact additions.
pub fn moves(shape: &Shape, mut columns: Vec<u32>, truth: &[u64], withheld: &[bool], orders: usize, dice: &mut Dice) -> Vec<Move> {
    let mut found: BTreeSet<Move> = BTreeSet::new();
    for _ in 0..orders {
        for i in (1..columns.len()).rev() {
            columns.swap(i, dice.below(i as u64 + 1) as usize);
        }
        let mut place = vec![usize::MAX; shape.inner];
        columns.iter().enumerate().for_each(|(at, i)| place[*i as usize] = at);
        // Reduced rows, each with the place of its pivot.
        let mut rows: Vec<(usize, Vec<u64>)> = Vec::new();
        for cell in (0..truth.len()).filter(|c| !withheld[*c] && truth[*c] > 0) {
            let mut row = vec![0u64; columns.len()];
            shape.cells[cell].iter().filter(|m| place[**m as usize] < columns.len()).for_each(|m| row[place[*m as usize]] = 1);
            for (pivot, known) in &rows {
                let factor = row[*pivot];
                if factor != 0 {
                    row.iter_mut().zip(known).filter(|(_, k)| **k != 0).for_each(|(r, k)| *r = (*r + (P - factor) * k) % P);
                }
            }
            let Some(pivot) = row.iter().position(|r| *r != 0) else { continue };
            let scale = power(row[pivot], P - 2);
            row.iter_mut().for_each(|r| *r = *r * scale % P);
            for (_, known) in &mut rows {
                let factor = known[pivot];
                if factor != 0 {
                    known.iter_mut().zip(&row).filter(|(_, r)| **r != 0).for_each(|(k, r)| *k = (*k + (P - factor) * r) % P);
                }
            }
            rows.push((pivot, row));
        }
        let pivots: BTreeSet<usize> = rows.iter().map(|r| r.0).collect();
        for free in (0..columns.len()).filter(|c| !pivots.contains(c)) {
            let mut change = vec![0i64; shape.inner];
            change[columns[free] as usize] = 1;
            for (pivot, row) in &rows {
                let n = (P - row[free]) % P;
                change[columns[*pivot] as usize] = if n > P / 2 { n as i64 - P as i64 } else { n as i64 };
            }
            let by: Move =
                shape.cells.iter().enumerate().map(|(c, members)| (c as u32, members.iter().map(|m| change[*m as usize]).sum())).collect();
            let by: Move = by.into_iter().filter(|(_, d)| *d != 0).collect();
            if by.iter().all(|(c, d)| withheld[*c as usize] && d.abs() <= 4) {
                found.insert(by);
            }
        }
    }
    found.into_iter().collect()
}
