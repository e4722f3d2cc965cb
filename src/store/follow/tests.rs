//! The law of following: a table of cases.

use crate::event::Timestamp;
use crate::store::follow::known_rows::KnownRows;
use crate::store::follow::sequence::Poll;
use crate::store::follow::sequence::Sequence;
use crate::store::follow::token::FollowToken;
use crate::store::follow::token::SavedSequence;
use crate::store::follow::writers::Writer;
use crate::store::follow::writers::Writers;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + millis * 1000).unwrap()
}

/// Returns open transactions. "a#7" is the session a with the transaction 7, and "prepared 7" is that transaction.
fn open(ids: &[&str]) -> Writers {
    let writer = |id: &&str| {
        let (name, number) = id.split_once('#').unwrap_or((id, id.strip_prefix("prepared ").unwrap_or("")));
        let numbers = Some(number.to_owned()).filter(|number| !number.is_empty()).into_iter().collect();
        Writer { id: name.to_owned(), prepared: id.starts_with("prepared"), numbers, shown: format!("process {name}") }
    };
    Writers::Open(ids.iter().map(writer).collect())
}

/// Polls once; the numbers that are handed out, and the hole that is waited for.
fn poll(sequence: &mut Sequence, millis: i64, writers: &Writers, rows: &[i64]) -> (Vec<i64>, Option<(i64, i64)>) {
    let rows: Vec<i64> = rows.iter().copied().filter(|number| *number > sequence.last()).collect();
    let step = sequence.step(&Poll { now: at(millis), writers, head: rows.last().copied(), rows: &rows });
    (rows[..step.count].to_vec(), step.waiting.map(|waiting| (waiting.first, waiting.last)))
}

/// The polls of a case: the open transactions, the visible rows, what is handed out, and the hole that is waited for.
type Polls<'a> = &'a [(&'a [&'a str], &'a [i64], &'a [i64], Option<(i64, i64)>)];

#[test]
fn holes_wait_for_the_transactions_that_were_open_at_the_next_poll() {
    let cases: &[(&str, Polls<'_>)] = &[
        ("rows without holes are handed out at once", &[(&["a"], &[1, 2, 3], &[1, 2, 3], None)]),
        (
            "a hole waits for a poll even if no transaction is open",
            &[(&[], &[1, 3], &[1], Some((2, 2))), (&[], &[1, 3], &[3], None)],
        ),
        (
            "a hole that is filled in time is in its order",
            &[(&["a"], &[1, 3], &[1], Some((2, 2))), (&["a"], &[1, 3], &[], Some((2, 2))), (&[], &[1, 2, 3], &[2, 3], None)],
        ),
        (
            "a hole is dead when those of the next poll have ended",
            &[
                (&["a", "b"], &[1, 3], &[1], Some((2, 2))),
                (&["a", "b"], &[1, 3], &[], Some((2, 2))),
                (&["b", "c"], &[1, 3], &[], Some((2, 2))),
                (&["c", "d"], &[1, 3], &[3], None),
            ],
        ),
        (
            "one that began after the next poll is not waited for",
            &[(&[], &[1, 3], &[1], Some((2, 2))), (&["a"], &[1, 3], &[], Some((2, 2))), (&["z"], &[1, 3], &[3], None)],
        ),
        (
            "all holes wait side by side",
            &[
                (&["a"], &[1, 3, 5, 7], &[1], Some((2, 2))),
                (&["a"], &[1, 3, 5, 7], &[], Some((2, 2))),
                (&[], &[1, 3, 5, 7], &[3, 5, 7], None),
            ],
        ),
        (
            "a later hole waits for those of its own next poll",
            &[
                (&["a"], &[1, 3], &[1], Some((2, 2))),
                (&["a"], &[1, 3, 5], &[], Some((2, 2))),
                (&["b"], &[1, 3, 5], &[3], Some((4, 4))),
                (&["b"], &[1, 3, 5], &[], Some((4, 4))),
                (&[], &[1, 3, 5], &[5], None),
            ],
        ),
        (
            "a hole is filled from its beginning",
            &[
                (&["a"], &[1, 5], &[1], Some((2, 4))),
                (&["a"], &[1, 2, 5], &[2], Some((3, 4))),
                (&[], &[1, 2, 4, 5], &[4, 5], None),
            ],
        ),
        ("a hole at the beginning", &[(&[], &[2], &[], Some((1, 1))), (&[], &[2], &[2], None)]),
        (
            "a transaction that is prepared is still waited for",
            &[
                (&["a"], &[1, 3], &[1], Some((2, 2))),
                (&["a"], &[1, 3], &[], Some((2, 2))),
                (&["prepared x"], &[1, 3], &[], Some((2, 2))),
                (&["prepared x"], &[1, 3], &[], Some((2, 2))),
                (&[], &[1, 2, 3], &[2, 3], None),
            ],
        ),
        (
            "an older prepared transaction is not waited for",
            &[
                (&["prepared old"], &[1, 2], &[1, 2], None),
                (&["prepared old", "a"], &[1, 2, 4], &[], Some((3, 3))),
                (&["prepared old"], &[1, 2, 4], &[], Some((3, 3))),
                (&["prepared old"], &[1, 2, 4], &[], Some((3, 3))),
                (&[], &[1, 2, 4], &[4], None),
            ],
        ),
        (
            "a prepared transaction is known by its number, and another one is not waited for",
            &[
                (&["a#7"], &[1, 3], &[1], Some((2, 2))),
                (&["a#7", "b#6"], &[1, 3], &[], Some((2, 2))),
                (&["prepared 7", "prepared 8"], &[1, 3], &[], Some((2, 2))),
                (&["prepared 8", "prepared 9"], &[1, 3], &[3], None),
            ],
        ),
        (
            "a transaction that was prepared while sessions and prepared ones were read is waited for",
            &[
                (&["a"], &[1, 3], &[1], Some((2, 2))),
                (&["a"], &[1, 3], &[], Some((2, 2))),
                (&["a", "prepared 7"], &[1, 3], &[], Some((2, 2))),
                (&["prepared 7"], &[1, 3], &[], Some((2, 2))),
                (&["prepared 7"], &[1, 3], &[], Some((2, 2))),
                (&[], &[1, 2, 3], &[2, 3], None),
            ],
        ),
        (
            "the end of a prepared transaction adds none",
            &[
                (&["a"], &[1, 3], &[1], Some((2, 2))),
                (&["a"], &[1, 3], &[], Some((2, 2))),
                (&["prepared 7"], &[1, 3], &[], Some((2, 2))),
                (&["prepared 7", "prepared 8"], &[1, 3], &[], Some((2, 2))),
                (&["prepared 8", "prepared 9"], &[1, 3], &[3], None),
            ],
        ),
        ("two rows may have one number", &[(&[], &[1, 2, 2, 3], &[1, 2, 2, 3], None)]),
        ("no rows", &[(&["a"], &[], &[], None)]),
    ];
    for (name, polls) in cases {
        let mut sequence = Sequence::after(0, 0);
        for (number, (ids, rows, handed_out, waiting)) in polls.iter().enumerate() {
            let found = poll(&mut sequence, number as i64 * 50, &open(ids), rows);
            assert_eq!(found, (handed_out.to_vec(), *waiting), "{name}: poll {number}");
        }
    }
}

#[test]
fn the_head_shows_holes_beyond_the_page_so_that_all_of_a_history_wait_together() {
    let mut sequence = Sequence::after(0, 0);
    let mut poll =
        |millis, writers: &Writers, rows: &[i64]| sequence.step(&Poll { now: at(millis), writers, head: Some(100), rows }).count;
    assert_eq!(poll(0, &open(&["a"]), &[1, 3]), 1);
    assert_eq!(poll(50, &open(&["a"]), &[3, 5]), 0);
    assert_eq!(poll(100, &open(&["b"]), &[3, 5]), 2);
    assert_eq!(poll(150, &open(&["b"]), &[9, 100]), 2);
}

#[test]
fn holes_of_a_store_in_commit_order_or_between_existing_rows_are_passed_at_once() {
    let mut sequence = Sequence::after(0, 0);
    assert_eq!(poll(&mut sequence, 0, &Writers::InOrder, &[2, 9]), (vec![2, 9], None));
    assert_eq!(sequence.due(at(6000)).numbers, [1, 3, 4, 5, 6, 7, 8]);
    let mut sequence = Sequence::after(3, 9);
    assert_eq!(poll(&mut sequence, 0, &open(&["a"]), &[6, 9, 11]), (vec![6, 9], Some((10, 10))));
    assert_eq!(sequence.due(at(6000)).numbers, [4, 5, 7, 8]);
    let mut sequence = Sequence::after(9, 9);
    sequence.remember_holes(&[2, 3, 6, 9], at(0));
    assert_eq!(sequence.due(at(6000)).numbers, [4, 5, 7, 8]);
}

#[test]
fn where_no_transactions_are_named_a_hole_waits_for_a_time() {
    let mut sequence = Sequence::after(0, 0);
    assert_eq!(poll(&mut sequence, 0, &Writers::Unknown, &[2]), (vec![], Some((1, 1))));
    assert_eq!(poll(&mut sequence, 900, &Writers::Unknown, &[2]), (vec![], Some((1, 1))));
    assert_eq!(poll(&mut sequence, 1000, &Writers::Unknown, &[2]), (vec![2], None));
}

#[test]
fn on_a_standby_a_hole_waits_for_the_horizon_and_a_time() {
    let standby = |oldest, next| Writers::Horizon { oldest, next };
    let mut sequence = Sequence::after(0, 0);
    assert_eq!(poll(&mut sequence, 0, &standby(5, 9), &[2]).0, Vec::<i64>::new());
    assert_eq!(poll(&mut sequence, 50, &standby(5, 9), &[2]).0, Vec::<i64>::new());
    assert_eq!(poll(&mut sequence, 5000, &standby(8, 20), &[2]).0, Vec::<i64>::new());
    assert_eq!(poll(&mut sequence, 5050, &standby(9, 20), &[2]).0, [2]);
    let mut sequence = Sequence::after(0, 0);
    assert_eq!(poll(&mut sequence, 0, &standby(9, 9), &[2]).0, Vec::<i64>::new());
    assert_eq!(poll(&mut sequence, 1950, &standby(9, 9), &[2]).0, Vec::<i64>::new());
    assert_eq!(poll(&mut sequence, 2000, &standby(9, 9), &[2]).0, [2]);
}

#[test]
fn the_transactions_that_are_waited_for_are_named_with_the_time() {
    let mut sequence = Sequence::after(0, 0);
    let mut waiting = |millis, ids: &[&str]| {
        let step = sequence.step(&Poll { now: at(millis), writers: &open(ids), head: Some(2), rows: &[2] });
        step.waiting.map(|waiting| (waiting.since, waiting.writers))
    };
    assert_eq!(waiting(0, &["a", "b"]), Some((at(0), vec![])));
    assert_eq!(waiting(50, &["a", "b"]), Some((at(0), vec!["process a".into(), "process b".into()])));
    assert_eq!(waiting(3000, &["b", "c"]), Some((at(0), vec!["process b".into()])));
    assert_eq!(waiting(3050, &["c"]), None);
}

#[test]
fn passed_holes_are_asked_for_more_rarely_and_for_an_hour() {
    let mut sequence = Sequence::after(0, 0);
    poll(&mut sequence, 0, &Writers::InOrder, &[2]);
    let (mut asked, mut millis) = (Vec::new(), 0);
    while millis < 3_700_000 {
        millis += 50;
        let due = sequence.due(at(millis));
        if !due.is_empty() {
            sequence.answered(&due, &[], true, at(millis));
            asked.push(millis);
        }
    }
    assert_eq!(asked[..4], [50, 100, 150, 200]);
    let longest = asked.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert_eq!(longest, Some(5000));
    assert!((3_600_000..3_606_000).contains(asked.last().unwrap()), "{:?}", asked.last());
    // An answer that may lack rows does not count.
    let mut sequence = Sequence::after(0, 0);
    poll(&mut sequence, 0, &Writers::InOrder, &[2]);
    let due = sequence.due(at(50));
    sequence.answered(&due, &[], false, at(50));
    assert_eq!(sequence.due(at(55)), due);
}

#[test]
fn a_late_row_is_found_once_also_in_the_middle_of_a_long_hole() {
    let mut sequence = Sequence::after(0, 0);
    poll(&mut sequence, 0, &Writers::InOrder, &[1001, 1003]);
    let due = sequence.due(at(6000));
    assert_eq!((due.numbers.clone(), due.ranges.clone()), (vec![1002], vec![(1, 1000)]));
    sequence.answered(&due, &[500, 1002], true, at(6000));
    let due = sequence.due(at(12_000));
    assert_eq!((due.numbers, due.ranges), (vec![], vec![(1, 499), (501, 1000)]));
}

#[test]
fn ten_thousand_holes_are_remembered_and_others_counted() {
    let mut sequence = Sequence::after(0, 0);
    let rows: Vec<i64> = (1..=10_003).map(|number| number * 2).collect();
    poll(&mut sequence, 0, &Writers::InOrder, &rows);
    assert_eq!((sequence.take_forgotten(), sequence.take_forgotten()), (3, 0));
    assert_eq!(sequence.to_saved().passed.len(), 10_000);
    // The oldest are asked for first, and all of them within a few polls.
    let mut asked = 0;
    for number in 0..5 {
        let due = sequence.due(at(6000 + number));
        asked += due.numbers.len();
        sequence.answered(&due, &[], true, at(6000 + number));
    }
    assert_eq!(asked, 10_000);
}

#[test]
fn a_place_is_saved_and_restored() {
    let mut sequence = Sequence::after(0, 0);
    poll(&mut sequence, 0, &Writers::InOrder, &[2, 9, 10]);
    let mut token = FollowToken::new("layout shop, all streams".into());
    token.sequence = Some(sequence.to_saved());
    token.rows = vec![(10, "ab".into())];
    token.streams.insert("cd".into(), SavedSequence { last: 4, passed: Vec::new(), row: Some((4, "ef".into())) });
    let text = token.to_text();
    assert!(!text.contains('\n'));
    let read = FollowToken::parse(&text).unwrap();
    assert_eq!(read, token);
    let restored = Sequence::of_saved(&read.sequence.unwrap());
    assert_eq!((restored.last(), restored.due(at(6000))), (10, sequence.due(at(6000))));
    for wrong in ["", "7", "{}", &text.replace("\"form\":1", "\"form\":2"), &text.replace("[3,8,", "[3,1,")] {
        assert!(FollowToken::parse(wrong).is_err(), "{wrong}");
    }
}

fn row(number: i64, hash: &str) -> (i64, String) {
    (number, hash.to_owned())
}

fn known_rows() -> KnownRows {
    let mut known = KnownRows::default();
    for (number, hash) in [(7, "g"), (8, "h"), (10, "j"), (9, "i")] {
        known.note(number, hash.into());
    }
    known
}

#[test]
fn the_last_row_is_compared_and_further_rows_of_its_number_are_new() {
    assert_eq!(KnownRows::default().further(&[]), Some(vec![]));
    let mut known = known_rows();
    assert_eq!(known.further(&[row(10, "x"), row(10, "j")]), Some(vec![0]));
    assert_eq!(known.further(&[row(10, "j"), row(10, "j")]), Some(vec![1]));
    // Another row has the number, or none has it.
    assert_eq!((known.further(&[row(10, "x")]), known.further(&[])), (None, None));
    known.note(10, "x".into());
    assert_eq!(known.further(&[row(10, "j"), row(10, "x")]), Some(vec![]));
}

#[test]
fn rows_whose_numbers_are_used_again_or_change_are_found_by_their_identity() {
    let known = known_rows();
    // The last two rows were deleted, and their numbers used again.
    let replaced = [row(10, "x"), row(9, "y"), row(8, "h"), row(7, "g")];
    for moves in [false, true] {
        assert_eq!(known.clone().find(&replaced, moves), Some(8));
    }
    // Rows got lower numbers.
    let lower = [row(5, "new"), row(4, "j"), row(3, "i"), row(2, "other")];
    let mut renumbered = known.clone();
    assert_eq!(renumbered.find(&lower, true), Some(4));
    assert_eq!(renumbered.to_saved(), [row(3, "i"), row(4, "j")]);
    // Where they keep them, these are other rows; and no row gets a higher number.
    assert_eq!(known.clone().find(&lower, false), None);
    let appended_again = [row(11, "j"), row(9, "i")];
    for moves in [false, true] {
        assert_eq!(known.clone().find(&appended_again, moves), Some(9));
    }
    assert_eq!(known.clone().find(&[row(3, "x")], true), None);
}

#[test]
fn a_hundred_rows_are_remembered_and_all_of_the_last_number() {
    let mut known = KnownRows::default();
    (1..=150).for_each(|number| known.note(number, "a".into()));
    assert_eq!((known.first(), known.last()), (Some(51), Some((150, "a"))));
    (0..150).for_each(|_| known.note(150, "b".into()));
    assert_eq!((known.first(), known.to_saved().len()), (Some(150), 151));
    let mut last = KnownRows::of_last(None);
    [1, 2, 2, 3, 2].into_iter().for_each(|number| last.note(number, "a".into()));
    assert_eq!(last.to_saved(), [row(3, "a")]);
}

#[test]
fn after_deleted_rows_each_number_beyond_the_last_one_may_be_new() {
    let mut sequence = Sequence::after(0, 0);
    assert_eq!(poll(&mut sequence, 0, &Writers::InOrder, &[2, 4, 9]), (vec![2, 4, 9], None));
    sequence.back_to(6);
    assert_eq!(sequence.last(), 6);
    assert_eq!(sequence.due(at(6000)).numbers, [1, 3, 5, 6]);
    // The next one comes after the deleted numbers, or uses one again.
    let mut again = sequence.clone();
    assert_eq!(poll(&mut again, 50, &Writers::InOrder, &[2, 4, 7]), (vec![7], None));
    assert_eq!(poll(&mut sequence, 50, &Writers::InOrder, &[2, 4, 10]), (vec![10], None));
    assert_eq!(sequence.due(at(6000)).numbers, [1, 3, 5, 6, 7, 8, 9]);
}
