//! What is found between two configs, and that applying it leaves nothing but what waits for the next start.

use super::{Change, Part, What, When, diff, look_changes, merge, paired, take_back, take_look};
use crate::app::config::{self, Config, PoolKind};
use crate::app::dashboard::{Scheme, Settings};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::Path;

fn config(text: &str) -> Config {
    config::parse(text, Path::new("/tmp/c.toml"), &[]).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

/// The changes in short: `part what old>new when`.
fn said(old: &str, new: &str) -> Vec<String> {
    let changes = diff(&config(old), &config(new));
    changes.iter().map(in_short).collect()
}

fn in_short(change: &Change) -> String {
    let part = match &change.part {
        Part::Pool(name) | Part::Func(name) => name,
        Part::Output => "output",
        Part::Warnings => "warnings",
        Part::Look => "ui",
    };
    let what = match &change.what {
        What::Key(key) => key.clone(),
        What::EndCallback(Some(key)) => format!("{key}.end_callback"),
        What::CancelCallback(None) => "cancel_callback".to_owned(),
        What::Func(Some(key)) => format!("{key}.func"),
        What::Args(Some(key)) => format!("{key}.args"),
        What::NewGroup(key) => format!("+{key}"),
        What::GroupGone(key) => format!("-{key}"),
        What::NumConcurrent(key) => format!("{key}.num_concurrent"),
        What::Autostart(key) => format!("{key}.autostart"),
        other => format!("{other:?}"),
    };
    format!("{part} {what} {}>{} {:?}", change.old, change.new, change.when)
}

const BASE: &str = r#"
[func.get]
shell = "get"
env = { TOKEN = "secret", HOST = "a" }
[func.put]
command = ["true"]
[func.bell]
shell = "bell"

[[pool]]
name = "fetch"
pool_size = 4
cancel_callback = "bell"
[[pool.group]]
name = "pages"
method = "map"
func = "get"
arg_iter = { range = [1, 40] }
num_concurrent = 3
[[pool.group]]
method = "apply"
func = "put"
num = 2

[[pool]]
kind = "simple"
name = "workers"
func = "get"
start = 2
end_callback = "bell"
"#;

/// The base, with this text in place of that.
fn with(pairs: &[(&str, &str)]) -> String {
    let mut text = BASE.to_owned();
    for (old, new) in pairs {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    text
}

#[test]
fn what_can_be_set_counts_at_once() {
    let new = with(&[
        ("pool_size = 4", "pool_size = 8"),
        ("num_concurrent = 3", "num_concurrent = 5"),
    ]);
    assert_eq!(
        said(BASE, &new),
        ["fetch Size 4>8 Now", "fetch pages.num_concurrent 3>5 Now"]
    );
    let new = with(&[("pool_size = 4\n", "")]);
    assert_eq!(said(BASE, &new), ["fetch Size 4>unlimited Now"]);
}

#[test]
fn functions_and_callbacks_count_for_new_groups_and_values_of_variables_are_not_shown() {
    let new = with(&[
        ("\"secret\"", "\"other\""),
        ("cancel_callback = \"bell\"", "cancel_callback = \"put\""),
    ]);
    assert_eq!(
        said(BASE, &new),
        [
            "fetch cancel_callback bell>put NewGroups",
            "get env TOKEN has another value> NewGroups"
        ]
    );
    let new = with(&[("func = \"get\"\narg_iter", "func = \"bell\"\narg_iter")]);
    assert_eq!(said(BASE, &new), ["fetch pages.func get>bell NewGroups"]);
}

#[test]
fn arguments_wait_for_the_next_start_and_what_is_gone_is_left_alone() {
    let new = with(&[("[1, 40]", "[1, 80]"), ("start = 2", "start = 3")]);
    assert_eq!(
        said(BASE, &new),
        [
            "fetch pages.args 1 to 40>1 to 80 NextStart",
            "workers Start 2>3 NextStart"
        ]
    );
    let gone = with(&[(
        "[[pool.group]]\nmethod = \"apply\"\nfunc = \"put\"\nnum = 2\n",
        "",
    )]);
    let gone = gone.replace("[func.put]\ncommand = [\"true\"]\n", "");
    assert_eq!(
        said(BASE, &gone),
        [
            "fetch -apply-put apply put(), 2 tasks> LeftAlone",
            "put FuncGone true> LeftAlone"
        ]
    );
    // What was there before is new the other way round.
    assert_eq!(
        said(&gone, BASE),
        [
            "fetch +apply-put >apply put(), 2 tasks Now",
            "put NewFunc >true Now"
        ]
    );
}

#[test]
fn a_simple_pool_keeps_its_callbacks_and_a_pool_its_kind() {
    let new = with(&[("end_callback = \"bell\"", "end_callback = \"put\"")]);
    assert_eq!(said(BASE, &new), ["workers EndCallback(None) bell>put NextStart"]);
    let task = with(&[(
        "kind = \"simple\"\nname = \"workers\"\nfunc = \"get\"\nstart = 2\n",
        "name = \"workers\"\n",
    )]);
    assert_eq!(said(BASE, &task), ["workers Kind simple>task NextStart"]);
}

#[test]
fn a_new_group_that_reads_standard_input_waits_for_a_start() {
    let new = format!(
        "{BASE}\n[[pool]]\nname = 'new'\n[[pool.group]]\nname = 'lines'\nmethod = 'map'\nfunc = 'get'\n\
         arg_iter = {{ lines = '-' }}\n"
    );
    let (old, new) = (config(BASE), config(&new));
    let changes = diff(&old, &new);
    let merged = merge(&old, &new, &changes);
    assert_eq!(
        changes.iter().map(|change| change.when).collect::<Vec<_>>(),
        [When::Now, When::NextStart]
    );
    let PoolKind::Task { groups } = &merged.pools[2].kind else {
        panic!("{merged:?}")
    };
    assert!(groups.is_empty());
}

#[test]
fn groups_without_a_name_are_told_apart_by_their_arguments() {
    let of = |args: &[&str]| {
        let mut text = "[func.get]\nshell = 'get'\n[[pool]]\nname = 'p'\n".to_owned();
        for arg in args {
            writeln!(
                text,
                "[[pool.group]]\nmethod = 'apply'\nfunc = 'get'\nargs = ['{arg}']"
            )
            .unwrap();
        }
        config(&text)
    };
    let said = |old: &Config, new: Config| -> Vec<String> {
        let new = paired(old, new);
        diff(old, &new).iter().map(in_short).collect()
    };
    let old = of(&["a", "b"]);
    // One more above them is one more, and their order is nothing.
    assert_eq!(
        said(&old, of(&["c", "b", "a"])),
        ["p +apply-get (3) >apply get(c), 1 task Now"]
    );
    // The first one is gone, not the second.
    let new = paired(&old, of(&["b"]));
    let changes = diff(&old, &new);
    assert_eq!(
        changes.iter().map(in_short).collect::<Vec<_>>(),
        ["p -apply-get apply get(a), 1 task> LeftAlone"]
    );
    let merged = merge(&old, &new, &changes);
    assert_eq!(said(&merged, of(&["a", "b"])), Vec::<String>::new());
    // Nobody knows which of two was there.
    assert_eq!(
        said(&of(&["a"]), of(&["c", "d"])),
        [
            "p apply-get.args a>c NextStart",
            "p +apply-get (2) >apply get(d), 1 task NextStart"
        ]
    );
}

#[test]
fn a_new_pool_that_was_refused_is_found_again() {
    let old = config("[[pool]]\nname = 'a'\n");
    let new = config("[[pool]]\nname = 'a'\n[[pool]]\nname = 'b'\n[[pool]]\nname = 'c'\n");
    let changes = diff(&old, &new);
    let mut merged = merge(&old, &new, &changes);
    let of_b = |change: &&Change| change.part == Part::Pool("b".to_owned());
    take_back(&mut merged, &old, changes.iter().filter(of_b));
    let names: Vec<&str> = merged.pools.iter().map(|pool| &*pool.name).collect();
    assert_eq!(names, ["a", "c"]);
    let again = diff(&merged, &new);
    assert_eq!(
        again.iter().filter(|change| change.what == What::NewPool).count(),
        1
    );
    assert!(again.iter().all(|change| of_b(&change)));
}

#[test]
fn the_rest_of_a_config_is_compared_too() {
    let new = format!(
        "{BASE}\n[output]\nbytes = 1000\n[warnings]\nsilent_task = '1h'\nmute = ['losses', 'no_room']\n"
    );
    assert_eq!(
        said(BASE, &new),
        [
            "output bytes 65536>1000 NextStart",
            "warnings silent_task 5m>1h Now",
            "warnings mute none>losses, no_room Now"
        ]
    );
}

#[test]
fn the_order_of_things_is_no_change() {
    let (pools, funcs) = BASE
        .split_once("[[pool]]")
        .map(|(funcs, pools)| (pools, funcs))
        .unwrap();
    let (fetch, workers) = pools.split_once("[[pool]]").unwrap();
    let turned = format!("[[pool]]{workers}\n[[pool]]{fetch}\n{funcs}\n# and a comment\n");
    assert_eq!(said(BASE, &turned), Vec::<String>::new());
}

#[test]
fn what_a_key_has_changed_stays_where_the_files_say_nothing_new() {
    let old = Settings::default();
    let new = Settings {
        bell: true,
        ..Settings::default()
    };
    let mut live = Settings {
        scheme: Scheme::Dark,
        mouse: false,
        ..Settings::default()
    };
    let changes = look_changes(&old, &new);
    assert_eq!(
        changes.iter().map(in_short).collect::<Vec<_>>(),
        ["ui bell off>on Now"]
    );
    take_look(&mut live, &old, &new);
    assert_eq!((live.scheme, live.mouse, live.bell), (Scheme::Dark, false, true));
    assert_eq!(look_changes(&new, &new), []);
}

/// Makes up a config of what it is given to choose with.
struct Dice<'a>(std::slice::Iter<'a, u8>);

impl Dice<'_> {
    fn below(&mut self, n: u8) -> u8 {
        self.0.next().copied().unwrap_or_default() % n
    }

    fn callbacks(&mut self, text: &mut String) {
        for key in ["end_callback", "cancel_callback"] {
            if self.below(3) == 0 {
                writeln!(text, "{key} = 'f{}'", self.below(3)).unwrap();
            }
        }
    }

    fn group(&mut self, nth: u8, text: &mut String) {
        writeln!(text, "[[pool.group]]\nfunc = 'f{}'", self.below(3)).unwrap();
        if nth < 3 {
            writeln!(text, "name = 'g{nth}'").unwrap();
        }
        if self.below(4) == 0 {
            text.push_str("autostart = false\n");
        }
        self.callbacks(text);
        let (num, last) = (self.below(3), self.below(3));
        match self.below(3) {
            0 => writeln!(text, "method = 'apply'\nnum = {num}").unwrap(),
            1 => writeln!(
                text,
                "method = 'map'\narg_iter = {{ range = [0, {last}] }}\nnum_concurrent = {}",
                num + 1
            )
            .unwrap(),
            _ => writeln!(text, "method = 'starmap'\nargs_iter = [['a'], ['{last}']]").unwrap(),
        }
    }

    fn config(&mut self) -> String {
        let mut text = String::new();
        for func in 0..3 {
            writeln!(text, "[func.f{func}]\nshell = 'true # {}'", self.below(3)).unwrap();
        }
        // One more, so that there is a pool in any case.
        text.push_str("[[pool]]\nname = 'always'\n");
        for pool in 0..3 {
            if self.below(4) == 0 {
                continue;
            }
            writeln!(text, "[[pool]]\nname = 'p{pool}'").unwrap();
            if self.below(2) == 0 {
                writeln!(text, "pool_size = {}", self.below(3)).unwrap();
            }
            self.callbacks(&mut text);
            if self.below(4) == 0 {
                let (func, args, start) = (self.below(3), self.below(2), self.below(2));
                writeln!(
                    text,
                    "kind = 'simple'\nfunc = 'f{func}'\nargs = ['{args}']\nstart = {start}"
                )
                .unwrap();
                continue;
            }
            for nth in 0..5 {
                if self.below(3) > 0 {
                    self.group(nth, &mut text);
                }
            }
        }
        writeln!(
            text,
            "[output]\nbytes = {}\n[warnings]\nsilent_task = '{}m'",
            256 + u16::from(self.below(2)),
            1 + self.below(2)
        )
        .unwrap();
        text
    }
}

fn made_up() -> impl Strategy<Value = Config> {
    prop::collection::vec(any::<u8>(), 200).prop_map(|dice| config(&Dice(dice.iter()).config()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_config_says_nothing_else_than_itself(config in made_up()) {
        prop_assert_eq!(diff(&config, &config), []);
    }

    #[test]
    fn what_is_applied_leaves_only_what_waits_for_the_next_start(old in made_up(), new in made_up()) {
        let new = paired(&old, new);
        let changes = diff(&old, &new);
        let merged = merge(&old, &new, &changes);
        let left = diff(&merged, &new);
        prop_assert!(left.iter().all(|change| !change.when.applies()), "{:#?}", left);
        // Nothing of that is lost, and nothing comes on top of it.
        let waits: Vec<&Change> = changes.iter().filter(|change| !change.when.applies()).collect();
        prop_assert_eq!(left.iter().collect::<Vec<_>>().len(), waits.len(), "{:#?}\n{:#?}", left, waits);
        // Whatever it names is there.
        for pool in &merged.pools {
            let groups = match &pool.kind {
                PoolKind::Simple { func, .. } => {
                    prop_assert!(merged.func(func).is_some());
                    continue;
                }
                PoolKind::Task { groups } => groups,
            };
            for group in groups {
                let callbacks = group.end_callback.iter().chain(&group.cancel_callback);
                for name in std::iter::once(&group.func).chain(callbacks) {
                    prop_assert!(merged.func(name).is_some(), "{}", name);
                }
            }
        }
        // What is left alone is all there.
        for pool in &old.pools {
            prop_assert!(merged.pools.iter().any(|other| other.name == pool.name));
        }
    }
}
