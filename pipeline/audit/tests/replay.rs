//! The replay of the protector, on a table so small that its candidates can be counted by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../examples/common/moves.rs"]
mod moves;
#[path = "../examples/common/replay.rs"]
mod replay;
#[path = "../examples/common/tables.rs"]
mod tables;

use replay::{Game, HEAD, Program, Told, part, tiny};
use solidata_disclosure::Options;
use tables::{Shape, Tree};

/// Two rows and two columns with their totals, all of 5 and 30: when only the 5 is small, the program withholds the whole square. Of the tables 1 to 34 that
/// fit those make the same pattern in which one of the four is small, and no total can be: counted here without the program.
#[test]
fn candidates_of_a_square_add_up() {
    let shape = Shape::new(&[Tree::new(2, &[]), Tree::new(2, &[])]);
    let game = Game { shape: &shape, program: Program::Counts(Options { threads: 1, ..Options::default() }), k: 11 };
    let told = game.all(&[5, 30, 30, 30], 1_000);
    // The first cell from 1 to 34, the second 35 less it, the last 25 more than it.
    assert_eq!((told.tables, told.candidates, told.primaries, told.open), (1, 34, 1, 1));
    assert_eq!(told.same + told.other, told.candidates);
    let small = (1..35).filter(|first| *first < 11 || 35 - first < 11).count();
    assert_eq!(told.same, small, "a table without a small cell would have been published whole");
    assert_eq!((told.narrowed, told.certain), (0, 0));
    assert!(told.after > told.before && told.shift > 0.0);
    let mut twice = Told::default();
    twice.add(&told);
    twice.add(&told);
    assert_eq!((twice.candidates, twice.same + twice.other), (68, 68));
    assert_eq!(game.all(&[5, 30, 30, 30], 10).skipped, 1, "more than ten");
}

#[test]
fn a_walk_stays_among_what_listing_finds() {
    let (shape, inner) = tables::synthetic(4, [1, 2, 2], 1, 40.0, 5, false);
    let game = Game { shape: &shape, program: Program::Counts(Options { threads: 1, ..Options::default() }), k: 11 };
    let (listed, walked) = (game.all(&inner, 2_000), game.walk(&inner, 1, 200));
    assert_eq!((listed.tables, walked.tables), (1, 1));
    assert_eq!(walked.same + walked.other, walked.candidates);
    assert_eq!(walked.primaries, listed.primaries);
    assert!(walked.open <= listed.open && listed.open > 0, "a walk sees no more than there is");
    assert_eq!(walked, game.walk(&inner, 1, 200), "the same seed, the same walk");
}

/// The same square, released as in production: who has a part of the first cell has fewer candidates, and who has it alone has nothing to find out.
#[test]
fn an_organisation_counts_with_what_it_knows() {
    let shape = Shape::new(&[Tree::new(2, &[]), Tree::new(2, &[])]);
    let told = |own: [u64; 4]| Game { shape: &shape, program: Program::Release(own.to_vec()), k: 11 }.all(&[5, 30, 30, 30], 1_000);
    let (reader, insider) = (told([0; 4]), told([2, 0, 0, 0]));
    assert_eq!((reader.tables, reader.candidates, reader.open), (1, 34, 1));
    assert_eq!((insider.tables, insider.candidates, insider.open), (1, 33, 1), "from 2 to 34");
    assert_eq!(told([5, 0, 0, 0]).skipped, 1, "nothing that others have is primary");
}

#[test]
fn parts_are_none_some_and_all() {
    let inner = vec![40; 400];
    let own = part(&inner, 9);
    let count = |fits: fn(u64) -> bool| own.iter().filter(|n| fits(**n)).count();
    assert!(own.iter().all(|n| *n <= 20 || *n == 40));
    assert!(count(|n| n == 0) > 60 && count(|n| n == 40) > 5 && count(|n| n > 0 && n <= 20) > 200);
}

/// The page gives what the example prints: one of its lines, counted anew.
#[test]
fn the_page_says_what_is_measured() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/confidentialite.md")).unwrap();
    for line in [HEAD.to_owned(), tiny(2, 4)] {
        assert!(page.contains(&line), "datasets/confidentialite.md lacks:\n{line}");
    }
}
