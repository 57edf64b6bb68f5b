//! Names of a column, cut where they are alike and never where they differ.

use super::text::{fit, fit_middle, width};
use ratatui::style::Style;
use ratatui::text::Span;
use std::collections::{HashMap, HashSet};

/// Names in at most so many cells each, in the order given: two that differ look different. What a name has in common
/// with the others is left out first. Equal names look the same.
pub(super) fn fit_apart(names: &[&str], cells: usize) -> Vec<String> {
    let mut seen = HashSet::new();
    let distinct: Vec<&str> = names.iter().copied().filter(|name| seen.insert(*name)).collect();
    let mut cut: HashMap<&str, String> = HashMap::new();
    for name in &distinct {
        cut.insert(name, preferred(name, cells));
    }
    // Where many begin alike, what differs is all that is worth its room.
    let long: Vec<&str> = distinct
        .iter()
        .copied()
        .filter(|name| width(name) > cells && automatic(name).is_none())
        .collect();
    if long.len() > 1 && begin_alike(&long) * 2 > cells {
        let shorter = around_differences(&long, cells);
        cut.extend(long.into_iter().zip(shorter));
    }
    for alike in same(&distinct, &cut) {
        let shorter = around_differences(&alike, cells);
        cut.extend(alike.into_iter().zip(shorter));
    }
    // What is left are names that differ in nothing that there is room for.
    for alike in same(&distinct, &cut) {
        for (n, name) in alike.into_iter().enumerate() {
            let number = format!("…{}", n + 1);
            if width(&number) <= cells {
                let kept = fit_middle(name, cells - width(&number));
                cut.insert(name, format!("{kept}{number}"));
            }
        }
    }
    let whole = |name: &&str| cut.get(name).cloned().unwrap_or_default();
    names.iter().map(whole).collect()
}

/// With how many characters all of these names begin.
fn begin_alike(names: &[&str]) -> usize {
    let alike = |name: &&str| {
        let pairs = names[0].chars().zip(name.chars());
        pairs.take_while(|(one, other)| one == other).count()
    };
    names.iter().map(alike).min().unwrap_or(0)
}

/// The names that look like another one, in groups of those that look the same.
fn same<'a>(names: &[&'a str], cut: &HashMap<&'a str, String>) -> Vec<Vec<&'a str>> {
    let mut groups: HashMap<&str, Vec<&'a str>> = HashMap::new();
    for name in names {
        groups.entry(&cut[name]).or_default().push(name);
    }
    let same = groups.into_values().filter(|group| group.len() > 1);
    same.collect()
}

/// A name by itself. A group that was given no name is known by its function and its number.
fn preferred(name: &str, cells: usize) -> String {
    if width(name) <= cells {
        return name.to_owned();
    }
    if let Some((method, func, number)) = automatic(name) {
        let ways = [format!("{method}-{func}…{number}"), format!("…{func}…{number}")];
        if let Some(way) = ways.into_iter().find(|way| width(way) <= cells) {
            return way;
        }
        if let Some(room) = cells.checked_sub(width(number) + 2).filter(|room| *room >= 3) {
            return format!("…{}{number}", fit(func, room + 1));
        }
    }
    fit_middle(name, cells).into_owned()
}

/// The method, the function and the number in the name of a group that was given none: `map-resize-group-0`.
fn automatic(name: &str) -> Option<(&str, &str, &str)> {
    let (rest, number) = name.rsplit_once("-group-")?;
    let (method, func) = rest.split_once('-')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some((method, func, number))
}

/// Names that are alike at both ends, each as what is between those, with as much of the ends as there is room for.
fn around_differences(names: &[&str], cells: usize) -> Vec<String> {
    let names: Vec<Vec<String>> = names.iter().map(|name| graphemes(name)).collect();
    let shortest = names.iter().map(Vec::len).min().unwrap_or(0);
    let first = &names[0];
    let shared = |same: &dyn Fn(&[String], usize) -> bool, most: usize| {
        (0..most)
            .take_while(|at| names.iter().all(|name| same(name, *at)))
            .count()
    };
    let head = shared(&|name, at| name[at] == first[at], shortest);
    let from_end = |name: &[String], at: usize| name[name.len() - 1 - at].clone();
    let tail = shared(
        &|name, at| from_end(name, at) == from_end(first, at),
        shortest - head,
    );
    let middles: Vec<String> = names
        .iter()
        .map(|name| name[head..name.len() - tail].concat())
        .collect();
    let longest = middles.iter().map(|middle| width(middle)).max().unwrap_or(0);
    let (before, behind) = (&first[..head], &first[first.len() - tail..]);
    let Some(room) = cells.checked_sub(longest + 2) else {
        // There is room for parts of what differs only, and again where they are not alike.
        let marks = usize::from(head > 0) + usize::from(tail > 0);
        if (head, tail) == (0, 0) || cells < marks + 3 {
            return middles
                .iter()
                .map(|middle| fit(middle, cells).into_owned())
                .collect();
        }
        let middles: Vec<&str> = middles.iter().map(String::as_str).collect();
        let (left, right) = (if head > 0 { "…" } else { "" }, if tail > 0 { "…" } else { "" });
        return fit_apart(&middles, cells - marks)
            .into_iter()
            .map(|middle| format!("{left}{middle}{right}").replace("……", "…"))
            .collect();
    };
    // The end of a name tells more than what is in its middle, and its beginning less.
    let end = last_of(behind, room / 3);
    let left = last_of(before, room - width(&end));
    middles
        .into_iter()
        .map(|middle| {
            let dots = |cut: &str, whole: &[String]| {
                if cut.len() < whole.concat().len() {
                    "…"
                } else {
                    ""
                }
            };
            let gap = dots(&end, behind);
            format!("{}{left}{middle}{gap}{end}", dots(&left, before))
        })
        .collect()
}

/// As much of the end of a text as fits into so many cells.
fn last_of(graphemes: &[String], cells: usize) -> String {
    let mut used = 0;
    let kept = graphemes.iter().rev().take_while(|grapheme| {
        used += width(grapheme);
        used <= cells
    });
    graphemes[graphemes.len() - kept.count()..].concat()
}

fn graphemes(text: &str) -> Vec<String> {
    let span = Span::raw(text);
    span.styled_graphemes(Style::default())
        .map(|grapheme| grapheme.symbol.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_cut_where_they_are_alike_never_where_they_differ() {
        assert_eq!(
            fit_apart(&["apply-a-group-0", "apply-b-group-0"], 11),
            ["apply-a…0", "apply-b…0"]
        );
        assert_eq!(
            fit_apart(&["家族写真一覧", "家族名前一覧"], 9),
            ["…族写真…", "…族名前…"]
        );
        assert_eq!(
            fit_apart(
                &["photo-0001-of-the-holidays.jpg", "photo-0002-of-the-holidays.jpg"],
                12
            ),
            ["…to-0001…jpg", "…to-0002…jpg"]
        );
        assert_eq!(fit_apart(&["short", "also"], 9), ["short", "also"]);
        assert_eq!(
            fit_apart(&["one-and-the-same-name", "one-and-the-same-name"], 9),
            ["one-…name", "one-…name"]
        );
    }

    #[test]
    fn the_name_of_a_group_that_has_none_shows_its_function() {
        let names = ["apply-crawl-group-0", "start-render-group-1", "apply-x-group-0"];
        assert_eq!(fit_apart(&names, 11), ["…crawl…0", "…render…1", "apply-x…0"]);
        assert_eq!(
            fit_apart(&["map-resize_the_photos-group-12"], 11),
            ["…resize_…12"]
        );
        assert_eq!(
            fit_apart(&["apply-render_a-group-0", "apply-render_b-group-0"], 9),
            ["…der_a…-0", "…der_b…-0"]
        );
    }

    #[test]
    fn different_names_look_different_and_take_no_more_than_their_cells() {
        let name = proptest::string::string_regex("[ab家é-]{1,30}(-group-[0-9]{1,2})?").unwrap();
        let related = proptest::string::string_regex("apply-[ab]{0,9}-group-[0-9]{1,2}").unwrap();
        let names = proptest::collection::vec(prop_oneof![name, related], 1..16);
        proptest!(|(names in names, cells in 6_usize..40)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let cut = fit_apart(&names, cells);
            prop_assert!(cut.iter().all(|cut| width(cut) <= cells), "{cut:?}");
            for (at, one) in names.iter().enumerate() {
                for (other, name) in names.iter().enumerate().skip(at + 1) {
                    prop_assert_eq!(one == name, cut[at] == cut[other], "{:?}: {:?}", names, cut);
                }
            }
        });
    }
}
