//! The form that adds a group: its fields, and what was typed into it before.

use crate::app::config::pasted;
use crate::app::count::counted;
use crate::app::new_group::{GroupMethod, Mistake, NewGroup, Part};
use crate::app::view::FuncRow;
use std::collections::VecDeque;
use std::sync::Arc;
use tui_input::Input;

/// How many forms are remembered.
const KEPT: usize = 10;

/// The form, while it is open.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// The pool that gets the group.
    pub(crate) pool: String,
    /// The field that has the keys.
    pub(crate) at: Part,
    pub(crate) fields: Fields,
    /// The functions that can be called, once they are known.
    pub(crate) functions: Option<Vec<FuncRow>>,
    /// What the session says of it.
    pub(crate) check: Check,
    /// The fields that were left, or that a start has found wrong: only there mistakes are said.
    pub(super) left: Vec<Part>,
    /// It is shown as a config has it, from this line on.
    pub(crate) page: Option<usize>,
    /// The request that starts it, while that is not answered.
    pub(super) sent: Option<u64>,
    /// Why it was not started, or why the last key did nothing.
    pub(crate) problem: Option<String>,
}

/// What is typed.
#[derive(Clone, Default)]
pub(crate) struct Fields {
    pub(crate) func: Input,
    /// The next character begins another name.
    pub(super) func_whole: bool,
    pub(crate) method: GroupMethod,
    pub(crate) arguments: Input,
    /// In place of what is typed there.
    pub(crate) pasted: Option<Arc<Pasted>>,
    pub(crate) name: Input,
    pub(crate) num: Input,
}

impl std::fmt::Debug for Fields {
    /// Not the arguments: one of them may be a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fields").finish_non_exhaustive()
    }
}

/// Several lines that were pasted as arguments.
pub(crate) struct Pasted {
    text: String,
    method: GroupMethod,
    /// They as a list, and how many elements it has.
    pub(crate) list: Result<(String, usize), String>,
    /// How many lines they are.
    pub(crate) lines: usize,
}

impl Pasted {
    /// Reads pasted text for this method.
    pub(super) fn new(text: String, method: GroupMethod) -> Pasted {
        Pasted {
            list: pasted(&text, method),
            lines: lines(&text),
            method,
            text,
        }
    }

    /// The same for another method.
    fn for_method(&self, method: GroupMethod) -> Pasted {
        Pasted::new(self.text.clone(), method)
    }

    /// With more behind it.
    pub(super) fn and(&self, more: &str) -> Pasted {
        Pasted::new(format!("{}\n{more}", self.text), self.method)
    }
}

/// How many lines of a text are not empty.
pub(super) fn lines(text: &str) -> usize {
    text.split(['\n', '\r'])
        .filter(|line| !line.trim().is_empty())
        .count()
}

/// What the session says of a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Check {
    /// Counts the changes of the fields.
    pub(super) now: u64,
    /// What was asked about last: that many changes had been made.
    pub(super) asked: Option<u64>,
    /// The request that asks, while it is not answered.
    pub(super) number: Option<u64>,
    /// What was said last.
    pub(crate) said: Verdict,
}

/// Whether a group can be made.
#[derive(Clone, Debug, Default)]
pub(crate) enum Verdict {
    /// Nobody has said.
    #[default]
    Unknown,
    /// It can; this is what it would be.
    Good(Vec<String>),
    /// It cannot, because of these.
    Mistakes(Vec<Mistake>),
    /// It cannot at all.
    Refused(String),
}

impl Check {
    /// What was said is said of the fields as they are.
    pub(super) fn is_current(&self) -> bool {
        self.asked == Some(self.now) && self.number.is_none()
    }
}

impl Fields {
    /// The name of the function: the one that what is typed is, or begins.
    pub(crate) fn func_name(&self, functions: &[FuncRow]) -> String {
        let typed = self.func.value().trim();
        let known = functions.iter().any(|row| row.name == typed);
        let begun = || {
            functions
                .iter()
                .find(|row| !typed.is_empty() && row.name.starts_with(typed))
        };
        match begun() {
            Some(row) if !known => row.name.clone(),
            _ => typed.to_owned(),
        }
    }

    /// The arguments as a config has them.
    pub(crate) fn arguments(&self) -> &str {
        match &self.pasted {
            Some(pasted) => pasted.list.as_ref().map_or("", |(list, _)| list),
            None => self.arguments.value(),
        }
    }

    /// Chooses another method; what was pasted is read anew.
    pub(super) fn set_method(&mut self, method: GroupMethod) {
        self.method = method;
        if let Some(pasted) = &self.pasted {
            self.pasted = Some(Arc::new(pasted.for_method(method)));
        }
    }

    /// The number, if it is one.
    fn num(&self) -> Result<Option<usize>, String> {
        match self.num.value().trim() {
            "" => Ok(None),
            typed => typed
                .parse()
                .map(Some)
                .map_err(|_| format!("{typed:?} is no number")),
        }
    }

    /// The key of a field in the config.
    pub(crate) fn key(&self, part: Part) -> &'static str {
        part.key(self.method, self.arguments())
    }

    /// Whether nothing was typed that would be missed.
    fn is_empty(&self) -> bool {
        self.pasted.is_none()
            && [&self.arguments, &self.name, &self.num]
                .iter()
                .all(|input| input.value().trim().is_empty())
    }

    fn is_same(&self, other: &Fields) -> bool {
        let typed = |fields: &Fields| {
            [&fields.func, &fields.arguments, &fields.name, &fields.num].map(|input| input.value().to_owned())
        };
        let pasted = |fields: &Fields| fields.pasted.as_ref().map(|pasted| pasted.text.clone());
        self.method == other.method && typed(self) == typed(other) && pasted(self) == pasted(other)
    }
}

impl Form {
    /// A form that begins with this.
    pub(super) fn new(pool: String, fields: Fields) -> Form {
        Form {
            pool,
            at: Part::Func,
            fields,
            functions: None,
            check: Check::default(),
            left: Vec::new(),
            page: None,
            sent: None,
            problem: None,
        }
    }

    /// The functions, as far as they are known.
    pub(crate) fn functions(&self) -> &[FuncRow] {
        self.functions.as_deref().unwrap_or_default()
    }

    /// The function that is meant, if there is such a one.
    pub(crate) fn function(&self) -> Option<(usize, &FuncRow)> {
        let name = self.fields.func_name(self.functions());
        self.functions()
            .iter()
            .enumerate()
            .find(|(_, row)| row.name == name)
    }

    /// The group that it asks for. A number that is none is left out: the field itself says so.
    pub(crate) fn group(&self) -> NewGroup {
        let fields = &self.fields;
        let name = fields.name.value().trim();
        NewGroup {
            func: fields.func_name(self.functions()),
            method: fields.method,
            arguments: fields.arguments().trim().to_owned(),
            name: (!name.is_empty()).then(|| name.to_owned()),
            num: fields.num().unwrap_or_default(),
        }
    }

    /// What is wrong with a field, and what to do about it.
    pub(crate) fn wrong(&self, part: Part) -> Option<(String, String)> {
        let own = match part {
            Part::Num => self.fields.num().err(),
            Part::Arguments => self
                .fields
                .pasted
                .as_ref()
                .and_then(|pasted| pasted.list.clone().err()),
            Part::Func | Part::Method | Part::Name => None,
        };
        if let Some(own) = own {
            return Some((own, String::new()));
        }
        let Verdict::Mistakes(mistakes) = &self.check.said else {
            return None;
        };
        let found = mistakes.iter().find(|mistake| mistake.part == part)?;
        Some((found.reason.clone(), found.remedy.clone()))
    }

    /// The same, once it is time to say it.
    pub(crate) fn said(&self, part: Part) -> Option<(String, String)> {
        self.wrong(part).filter(|_| self.left.contains(&part))
    }

    /// Where in the typed arguments the mistake is, in bytes.
    pub(crate) fn place_of_mistake(&self) -> Option<std::ops::Range<usize>> {
        let Verdict::Mistakes(mistakes) = &self.check.said else {
            return None;
        };
        let shown =
            self.left.contains(&Part::Arguments) && self.check.is_current() && self.fields.pasted.is_none();
        let mistake = mistakes.iter().find(|mistake| mistake.part == Part::Arguments)?;
        let at = mistake.at.clone().filter(|_| shown)?;
        // What is read has no spaces at its ends.
        let typed = self.fields.arguments.value();
        let before = typed.len() - typed.trim_start().len();
        Some(at.start + before..at.end + before)
    }

    /// The first field that is wrong.
    pub(super) fn first_wrong(&self) -> Option<Part> {
        Part::ALL.into_iter().find(|part| self.wrong(*part).is_some())
    }

    /// What was pasted, in a few words.
    pub(crate) fn pasted_text(&self) -> Option<String> {
        let pasted = self.fields.pasted.as_ref()?;
        let lines = counted(pasted.lines, "line", "lines");
        Some(match &pasted.list {
            Ok((_, count)) if *count != pasted.lines => {
                format!("{lines} pasted: {}", counted(*count, "element", "elements"))
            }
            _ => format!("{lines} pasted"),
        })
    }

    /// It as a config has it, in lines.
    pub(crate) fn page_lines(&self) -> Vec<String> {
        self.group()
            .as_config(&self.pool)
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

/// The forms that were filled in before; in memory only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forms {
    /// The newest last.
    entries: VecDeque<Fields>,
    /// Which of them is shown, counted back from 1, and what had been typed until then.
    at: Option<(usize, Fields)>,
}

impl Forms {
    /// Keeps what was typed, if it is worth it; says whether it is.
    pub(super) fn keep(&mut self, fields: &Fields) -> bool {
        self.at = None;
        if fields.is_empty() {
            return false;
        }
        self.entries.retain(|other| !other.is_same(fields));
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(fields.clone());
        true
    }

    /// The next form starts at the newest one again.
    pub(super) fn leave(&mut self) {
        self.at = None;
    }

    /// What was typed before, or after that; none: there is nothing.
    pub(super) fn go(&mut self, older: bool, fields: &Fields) -> Option<Fields> {
        let was = self.at.as_ref().map_or(0, |(at, _)| *at);
        let typed = self.at.take().map_or_else(|| fields.clone(), |(_, typed)| typed);
        let at = if older {
            (was + 1).min(self.entries.len())
        } else {
            was.saturating_sub(1)
        };
        let found = match at.checked_sub(1) {
            Some(back) => self.entries.iter().rev().nth(back).cloned(),
            None => Some(typed.clone()),
        };
        self.at = (at > 0).then_some((at, typed));
        found.filter(|_| at != was)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(func: &str, arguments: &str) -> Form {
        let fields = Fields {
            func: Input::new(func.to_owned()),
            arguments: Input::new(arguments.to_owned()),
            ..Fields::default()
        };
        let row = |name: &str| FuncRow {
            name: name.to_owned(),
            ..FuncRow::default()
        };
        Form {
            functions: Some(["get", "getter", "put", "sleep"].map(row).into()),
            ..Form::new("fetch".to_owned(), fields)
        }
    }

    #[test]
    fn a_name_that_is_begun_is_completed() {
        for (typed, meant) in [
            ("get", "get"),
            ("gett", "getter"),
            ("p", "put"),
            ("x", "x"),
            ("", ""),
        ] {
            assert_eq!(form(typed, "").group().func, meant, "{typed}");
        }
        assert_eq!(form("gett", "").function().unwrap().0, 1);
        assert!(form("x", "").function().is_none());
    }

    #[test]
    fn pasted_lines_are_read_for_the_method() {
        let mut form = form("get", "");
        form.fields.pasted = Some(Arc::new(Pasted::new(
            "a,b\r1,2\r\r3,4".to_owned(),
            GroupMethod::Map,
        )));
        assert_eq!(form.pasted_text().unwrap(), "3 lines pasted");
        assert!(form.group().arguments.contains("\"a,b\""), "{:?}", form.group());
        form.fields.set_method(GroupMethod::Doublestarmap);
        assert_eq!(form.pasted_text().unwrap(), "3 lines pasted: 2 elements");
        assert!(form.group().arguments.contains("{ a = \"1\", b = \"2\" }"));
        assert_eq!(form.wrong(Part::Arguments), None);
        let more = form.fields.pasted.as_ref().unwrap().and("5\n");
        form.fields.pasted = Some(Arc::new(more));
        assert!(form.wrong(Part::Arguments).unwrap().0.contains("has 1 field,"));
        assert_eq!(form.group().arguments, "", "nothing of it is taken");
    }

    #[test]
    fn what_was_typed_comes_back_once_each() {
        let mut forms = Forms::default();
        forms.keep(&form("get", "").fields);
        assert!(
            forms.go(true, &form("x", "").fields).is_none(),
            "that was nothing"
        );
        for i in 0..15 {
            forms.keep(&form("get", &i.to_string()).fields);
        }
        forms.keep(&form("get", "13").fields);
        let mut now = form("put", "new").fields;
        let mut go = |older| {
            if let Some(found) = forms.go(older, &now) {
                now = found;
            }
            now.arguments.value().to_owned()
        };
        assert_eq!([go(true), go(true), go(true)], ["13", "14", "12"]);
        assert_eq!(
            [go(false), go(false), go(false), go(false)],
            ["14", "13", "new", "new"]
        );
        for _ in 0..20 {
            go(true);
        }
        assert_eq!(go(true), "5");
    }
}
