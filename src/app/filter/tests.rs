//! The language against a naive model of it.

use super::*;
use crate::app::status::Status;
use proptest::prelude::*;
use std::time::Duration;

/// A made-up task.
#[derive(Clone, Debug)]
struct Task {
    id: u64,
    status: Status,
    group: String,
    args: String,
    exit: Option<u64>,
    dur: u64,
}

impl Subject for Task {
    fn text(&self, field: Field, see: &mut dyn FnMut(&str) -> bool) -> bool {
        match field {
            Field::Group => see(&self.group),
            Field::Arg => see(&self.args),
            _ => false,
        }
    }

    fn words(&self, see: &mut dyn FnMut(&str) -> bool) -> bool {
        see(&self.id.to_string()) || see(&self.group) || see(&self.args)
    }

    fn number(&self, field: Field) -> Option<u64> {
        match field {
            Field::Id => Some(self.id),
            Field::Exit => self.exit,
            _ => None,
        }
    }

    fn time(&self, field: Field) -> Option<Duration> {
        (field == Field::Time).then_some(Duration::from_millis(self.dur))
    }

    fn is(&self, status: Status) -> bool {
        self.status == status
    }
}

/// What is asked, independent of how the language holds it.
#[derive(Clone, Debug)]
enum Ask {
    Word(String),
    States(Vec<Status>),
    Group(String),
    ArgContains(String),
    Exit(u64),
    Ids(u64, u64),
    Longer(u64),
    Not(Box<Ask>),
    And(Box<Ask>, Box<Ask>),
    Or(Box<Ask>, Box<Ask>),
}

impl Ask {
    fn text(&self) -> String {
        match self {
            Ask::Word(word) => format!("{word:?}"),
            Ask::States(states) => {
                let words: Vec<String> = states.iter().map(|s| s.look().word.replace(' ', "-")).collect();
                format!("state:{}", words.join(","))
            }
            Ask::Group(group) => format!("group:{group}"),
            Ask::ArgContains(text) => format!("arg~{text}"),
            Ask::Exit(code) => format!("exit:{code}"),
            Ask::Ids(first, last) => format!("id:{first}..{last}"),
            Ask::Longer(ms) => format!("time>{ms}ms"),
            Ask::Not(inner) => format!("not ({})", inner.text()),
            Ask::And(one, other) => format!("({} and {})", one.text(), other.text()),
            Ask::Or(one, other) => format!("({} or {})", one.text(), other.text()),
        }
    }

    fn finds(&self, task: &Task) -> bool {
        match self {
            Ask::Word(word) => {
                let word = word.to_lowercase();
                [&task.id.to_string(), &task.group, &task.args]
                    .iter()
                    .any(|text| text.to_lowercase().contains(&word))
            }
            Ask::States(states) => states.contains(&task.status),
            Ask::Group(group) => task.group.eq_ignore_ascii_case(group),
            Ask::ArgContains(text) => task.args.to_lowercase().contains(text),
            Ask::Exit(code) => task.exit == Some(*code),
            Ask::Ids(first, last) => (*first..=*last).contains(&task.id),
            Ask::Longer(ms) => task.dur > *ms,
            Ask::Not(inner) => !inner.finds(task),
            Ask::And(one, other) => one.finds(task) && other.finds(task),
            Ask::Or(one, other) => one.finds(task) || other.finds(task),
        }
    }
}

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(crate::app::status::LOOKS.map(|look| look.status).to_vec())
}

fn task() -> impl Strategy<Value = Task> {
    let args = prop::sample::select(vec!["a.jpg", "b c.png", "Äpfel", "", "and or", "x-1"]);
    let exit = prop::option::of(0_u64..4);
    (0_u64..40, status(), "[aAb]{1,2}", args, exit, 0_u64..9).prop_map(
        |(id, status, group, args, exit, dur)| Task {
            id,
            status,
            group,
            args: args.to_owned(),
            exit,
            dur,
        },
    )
}

fn ask() -> impl Strategy<Value = Ask> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["a", "JPG", "and", "ä", "-1", "c.p", "3"])
            .prop_map(|word| Ask::Word(word.to_owned())),
        prop::collection::vec(status(), 1..3).prop_map(Ask::States),
        "[ab]{1,2}".prop_map(Ask::Group),
        "[a-c]".prop_map(Ask::ArgContains),
        (0_u64..4).prop_map(Ask::Exit),
        (0_u64..40, 0_u64..40).prop_map(|(one, other)| Ask::Ids(one.min(other), one.max(other))),
        (0_u64..9).prop_map(Ask::Longer),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|ask| Ask::Not(Box::new(ask))),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| Ask::And(Box::new(one), Box::new(other))),
            (inner.clone(), inner).prop_map(|(one, other)| Ask::Or(Box::new(one), Box::new(other))),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_finds_what_a_naive_reader_would_and_reads_back(
        ask in ask(),
        tasks in prop::collection::vec(task(), 1..12),
    ) {
        let text = ask.text();
        let filter: Filter = text.parse().unwrap_or_else(|bad| panic!("{text}: {bad}"));
        for task in &tasks {
            prop_assert_eq!(filter.finds(task), ask.finds(task), "{} {:?}", text, task);
        }
        let again: Filter = filter.to_string().parse().unwrap();
        prop_assert_eq!(&again, &filter, "{}", filter);
    }

    #[test]
    fn whatever_is_typed_is_read_back_or_refused_with_a_place(text in "[a-z:~<>=()\"\\\\,. -]{0,24}|\\PC{0,12}") {
        match text.parse::<Filter>() {
            Ok(filter) => prop_assert_eq!(filter.to_string().parse::<Filter>(), Ok(filter)),
            Err(bad) => {
                prop_assert!(text.get(bad.place.clone()).is_some(), "{:?}", bad);
                prop_assert!(!bad.reason.is_empty() && !bad.remedy.is_empty());
            }
        }
    }

    #[test]
    fn durations_are_written_as_they_are_read(nanos in 1_u64.., ) {
        let time = Duration::from_nanos(nanos);
        let filter = Filter(Some(expr::Expr::Time(Field::Time, values::Wanted::Compare(values::Cmp::More, time))));
        prop_assert_eq!(filter.to_string().parse::<Filter>(), Ok(filter));
    }
}

fn bad(text: &str) -> (std::ops::Range<usize>, String) {
    let bad = text.parse::<Filter>().unwrap_err();
    (bad.place.clone(), bad.to_string())
}

#[test]
fn mistakes_have_a_place_a_reason_and_a_remedy() {
    for (text, place, said) in [
        (
            "a state:bogus",
            8..13,
            "no such state: bogus; states are queued, no-room, back-off, running,",
        ),
        ("state:faild", 6..11, "no such state: faild; did you mean failed?"),
        ("state:", 0..6, "state: wants a state; states are"),
        ("state:ok,", 0..9, "state: wants a state; states are"),
        ("stat:ok", 0..4, "no such field: stat; did you mean state?"),
        ("foo:bar", 0..3, "no such field: foo; fields are state, group,"),
        (
            "time>5",
            5..6,
            "not a duration: 5: the unit is missing; write time>5s",
        ),
        (
            "time:5s",
            0..7,
            "time: no two durations are quite the same; write",
        ),
        ("exit:x", 5..6, "not a whole number: x; write exit:2"),
        ("exit>", 0..5, "exit wants a value; write exit:2"),
        ("exit~2", 0..5, "exit cannot be compared with ~; write exit:2"),
        ("group>a", 0..6, "group cannot be compared with >; `:` is equal"),
        (
            "id:9..5",
            3..7,
            "a range whose end is before its beginning; write",
        ),
        ("id:..", 3..5, "a range wants one end at least; write"),
        ("(a or b", 0..1, "it is never closed; add a `)`"),
        (
            "a )",
            2..3,
            "nothing is opened that this could close; leave it out",
        ),
        ("a or", 4..4, "something is missing here; write a word"),
        ("or a", 0..2, "nothing stands before `or`; put it in quotes"),
        ("a and", 5..5, "something is missing here; write"),
        ("\"a b", 0..4, "the quote is never closed; add a `\"`"),
        (
            "arg~[",
            4..5,
            "no regular expression: unclosed character class; a backslash",
        ),
        (
            "arg~a{999}{999}",
            4..15,
            "no regular expression: it is too large; a backslash",
        ),
    ] {
        let (found, message) = bad(text);
        assert_eq!(found, place, "{text}: {message}");
        assert!(message.starts_with(said), "{text}: {message}");
    }
    let shown = "a state:bogus"
        .parse::<Filter>()
        .unwrap_err()
        .point_out("a state:bogus");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[..3],
        ["no such state: bogus", "  a state:bogus", "          ^^^^^"]
    );
    assert!(lines[3].starts_with("  states are queued,"));
    let deep = "(".repeat(5000);
    assert!(bad(&deep).1.starts_with("a filter has at most 4096 bytes"));
    assert!(bad(&deep[..4000]).1.starts_with("nested too deeply"));
    assert!(bad(&"not ".repeat(900)).1.starts_with("nested too deeply"));
}

#[test]
fn a_filter_is_written_as_it_was_meant() {
    for (text, written) in [
        ("", ""),
        ("  a   and b ", "a b"),
        ("a or b and c", "a or b c"),
        ("(a or b) c", "(a or b) c"),
        ("NOT a", "-a"),
        ("not not a", "not -a"),
        ("--force", "\"--force\""),
        ("https://x.org/y", "\"https://x.org/y\""),
        ("key=value", "\"key=value\""),
        ("exit=2", "exit:2"),
        ("dur>=90s", "time>=1m30s"),
        ("arg~(a|b)$", "arg~\"(a|b)$\""),
        ("out~\"no such\"", "out~\"no such\""),
        ("id:5,7..,..3", "id:5,7..,..3"),
        ("group:\"a,b\",c", "group:\"a,b\",c"),
    ] {
        let filter: Filter = text.parse().unwrap_or_else(|bad| panic!("{text}: {bad}"));
        assert_eq!(filter.to_string(), written);
        assert_eq!(written.parse::<Filter>(), Ok(filter));
    }
}

#[test]
fn texts_are_compared_as_the_table_says() {
    let task = Task {
        id: 7,
        status: Status::Failed,
        group: "map-Photos".to_owned(),
        args: "-o two.jpg host=db1".to_owned(),
        exit: None,
        dur: 5,
    };
    for (text, found) in [
        ("group:map-photos", true),
        ("group:map-*", true),
        ("group:photos", false),
        ("group:*-photos", true),
        ("group:Map-photos", false),
        ("group:x,map-photos", true),
        ("arg:two.jpg", true),
        ("arg:*.jpg", true),
        ("arg:twoxjpg", false),
        ("arg:two", false),
        ("arg~two.jpg", true),
        ("arg~^two", false),
        ("arg~TWO", false),
        ("TWO", true),
        ("exit:0", false),
        ("-exit:0", true),
        ("exit<5", false),
        ("try>0", false),
        ("\"o two\"", true),
    ] {
        assert_eq!(text.parse::<Filter>().unwrap().finds(&task), found, "{text}");
    }
}
