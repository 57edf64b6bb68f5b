//! A look at a shell script for what takes its commands out of the task's hands: `timeout`, `setsid`, `nohup`, and `&`
//! that nothing waits for.
//!
//! It tells words from quotes, comments, redirections and here-documents. It need not understand all of a shell: what
//! it does not recognize it passes over.

use super::error::{ConfigError, quoted};
use super::section::Span;
use std::ops::Range;

/// What is doubtful in a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Doubt {
    /// `timeout`: a time limit that only the script knows of.
    Timeout,
    /// `setsid`: leaves the task.
    Setsid,
    /// `nohup`: keeps nothing alive.
    Nohup,
    /// `&` without `wait`.
    Background,
}

/// Words that stand before a command.
const BEFORE: [&str; 10] = [
    "if", "then", "elif", "else", "while", "until", "do", "!", "{", "time",
];

/// Commands that run another one, which follows their options.
const RUNNERS: [&str; 9] = [
    "exec", "command", "env", "nice", "ionice", "sudo", "doas", "stdbuf", "xargs",
];

/// Programs that run a script after `-c`.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "zsh", "ksh", "ash"];

/// What is doubtful in a script, each with its place.
pub(super) fn doubts(script: &str) -> Vec<(Range<usize>, Doubt)> {
    let mut reader = Reader {
        script,
        at: 0,
        found: Vec::new(),
        waits: script.contains("$!") && script.contains("kill"),
        here: Vec::new(),
        depth: 0,
    };
    while reader.at < script.len() {
        reader.commands(None);
    }
    let waits = reader.waits;
    reader
        .found
        .retain(|(_, doubt)| *doubt != Doubt::Background || !waits);
    reader.found
}

/// The same for a command: a program that is one of these, or the script of a shell; with the index of the element.
pub(super) fn doubts_of_command(words: &[Option<&str>]) -> Vec<(usize, Range<usize>, Doubt)> {
    let Some(Some(program)) = words.first() else {
        return Vec::new();
    };
    if let Some(doubt) = doubt_of(program) {
        return vec![(0, 0..program.len(), doubt)];
    }
    let is_shell = SHELLS.contains(&base_name(program));
    match words.get(1..3) {
        Some([Some(option), Some(script)])
            if is_shell && option.starts_with('-') && option.ends_with('c') =>
        {
            let found = doubts(script).into_iter();
            found.map(|(place, doubt)| (2, place, doubt)).collect()
        }
        _ => Vec::new(),
    }
}

fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn doubt_of(word: &str) -> Option<Doubt> {
    match base_name(word) {
        "timeout" => Some(Doubt::Timeout),
        "setsid" => Some(Doubt::Setsid),
        "nohup" => Some(Doubt::Nohup),
        _ => None,
    }
}

impl Doubt {
    /// What there is to say, for the function with this name.
    pub(super) fn warning(self, func: &str, span: Span) -> ConfigError {
        match self {
            Doubt::Timeout => ConfigError::at(
                span,
                "`timeout` is a time limit that the dashboard knows nothing of",
            )
            .label("such a task is not shown as timed out, and gets no `grace`")
            .help(format!(
                "leave it out, and write timeout = \"1m\" below {}: it stops all that the task has started",
                quoted(&format!("[func.{func}]"))
            )),
            Doubt::Setsid => ConfigError::at(span, "`setsid` takes its command out of the task")
                .label("a timeout, a cancel and the end of the task do not end it")
                .help("leave it out; what is to outlive its task is for a service manager to start"),
            Doubt::Nohup => ConfigError::at(span, "`nohup` keeps nothing running beyond its task")
                .label("what a task leaves behind is ended with it")
                .help("leave it out; what is to outlive its task is for a service manager to start"),
            Doubt::Background => ConfigError::at(span, "`&` starts a command that nothing waits for")
                .label("it is ended as soon as the script is at its end")
                .help("write `wait` as the script's last command, or leave `&` out"),
        }
    }
}

struct Reader<'a> {
    script: &'a str,
    at: usize,
    found: Vec<(Range<usize>, Doubt)>,
    /// Something waits for what was started with `&`, or ends it.
    waits: bool,
    /// Here-documents that begin after this line: their last lines, and whether tabs before these are left out.
    here: Vec<(String, bool)>,
    /// How many parentheses are open.
    depth: usize,
}

/// How deep commands may stand in each other; what is deeper is not looked at.
const DEEPEST: usize = 100;

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.script[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    /// Reads commands up to the end of what they stand in: `)` or a backquote.
    fn commands(&mut self, end: Option<char>) {
        if self.depth == DEEPEST {
            self.at = self.script.len();
            return;
        }
        self.depth += 1;
        self.commands_inside(end);
        self.depth -= 1;
    }

    fn commands_inside(&mut self, end: Option<char>) {
        // Whether the next word is a command, and whether it may follow options.
        let (mut begins, mut runner) = (true, false);
        let mut cases = 0_usize;
        while let Some(c) = self.peek() {
            match c {
                ')' if cases > 0 => {
                    self.skip();
                    (begins, runner) = (true, false);
                }
                _ if Some(c) == end => return self.skip(),
                '\n' => {
                    self.skip();
                    self.pass_here_documents();
                    (begins, runner) = (true, false);
                }
                _ if c.is_whitespace() => self.skip(),
                '\\' if self.rest().starts_with("\\\n") => self.at += 2,
                '#' => self.pass_line(),
                '&' => {
                    if self.rest().starts_with("&&") {
                        self.at += 2;
                    } else if self.rest().starts_with("&>") {
                        self.at += 2;
                        continue;
                    } else {
                        self.found.push((self.at..self.at + 1, Doubt::Background));
                        self.skip();
                    }
                    (begins, runner) = (true, false);
                }
                // A parenthesis that closes nothing ends a command, too.
                ';' | '|' | ')' => {
                    self.skip();
                    (begins, runner) = (true, false);
                }
                '(' => {
                    self.skip();
                    self.commands(Some(')'));
                    (begins, runner) = (false, false);
                }
                '`' => {
                    self.skip();
                    self.commands(Some('`'));
                    begins = false;
                }
                '<' | '>' => self.redirection(),
                _ => {
                    let start = self.at;
                    let plain = self.word();
                    if !begins {
                        continue;
                    }
                    let word = &self.script[start..self.at];
                    let is_option = |word: &str| {
                        word.starts_with(['-', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
                    };
                    match word {
                        _ if !plain || is_assignment(word) || (runner && is_option(word)) => {
                            begins = runner || is_assignment(word);
                        }
                        "case" => {
                            cases += 1;
                            begins = false;
                        }
                        "esac" => cases = cases.saturating_sub(1),
                        "wait" => {
                            self.waits = true;
                            begins = false;
                        }
                        _ if BEFORE.contains(&word) => {}
                        _ if RUNNERS.contains(&base_name(word)) => runner = true,
                        _ => {
                            // A pattern of `case`, or the name of a function.
                            let after = self.rest().trim_start_matches([' ', '\t']);
                            let pattern = cases > 0 && is_end_of_pattern(after);
                            let called = !pattern && !after.starts_with([')', '(']);
                            let doubt = doubt_of(word).filter(|_| called);
                            self.found
                                .extend(doubt.map(|doubt| (start..start + word.len(), doubt)));
                            // Each of these runs another command.
                            (begins, runner) = (doubt.is_some(), doubt.is_some());
                        }
                    }
                }
            }
        }
    }

    /// Reads a word to its end; whether nothing in it is quoted or put in.
    fn word(&mut self) -> bool {
        let mut plain = true;
        while let Some(c) = self.peek() {
            match c {
                '\'' => {
                    plain = false;
                    self.skip();
                    self.pass_to('\'');
                }
                '"' => {
                    plain = false;
                    self.skip();
                    self.double_quotes();
                }
                '\\' => {
                    plain = false;
                    self.skip();
                    self.skip();
                }
                '$' => {
                    plain = false;
                    self.skip();
                    self.put_in();
                }
                '`' => break,
                _ if c.is_whitespace() || ";|&()<>".contains(c) => break,
                _ => self.skip(),
            }
        }
        plain
    }

    /// What follows a `$`.
    fn put_in(&mut self) {
        if self.rest().starts_with("((") {
            // Numbers: nothing is called there.
            self.at = self
                .rest()
                .find("))")
                .map_or(self.script.len(), |end| self.at + end + 2);
        } else if self.rest().starts_with('(') {
            self.skip();
            self.commands(Some(')'));
        } else if self.rest().starts_with('{') {
            self.pass_to('}');
        } else if self.rest().starts_with(['#', '!', '$', '&']) {
            self.skip();
        }
    }

    fn double_quotes(&mut self) {
        while let Some(c) = self.peek() {
            self.skip();
            match c {
                '"' => return,
                '\\' => self.skip(),
                '$' => self.put_in(),
                '`' => self.commands(Some('`')),
                _ => {}
            }
        }
    }

    /// `>`, `2>&1`, `<<END` and the like, up to the word that they name.
    fn redirection(&mut self) {
        let here = self.rest().starts_with("<<") && !self.rest().starts_with("<<<");
        while self.peek().is_some_and(|c| "<>&|-".contains(c)) {
            let tabs = self.peek() == Some('-');
            self.skip();
            if tabs {
                break;
            }
        }
        let tabs = self.script[..self.at].ends_with('-');
        while self.peek().is_some_and(|c| c == ' ' || c == '\t') {
            self.skip();
        }
        let start = self.at;
        self.word();
        if here {
            let end = self.script[start..self.at].replace(['\'', '"', '\\'], "");
            self.here.push((end, tabs));
        }
    }

    fn pass_here_documents(&mut self) {
        for (end, tabs) in std::mem::take(&mut self.here) {
            while !self.rest().is_empty() {
                let line = self.rest().split('\n').next().unwrap_or_default();
                let is_end = end == if tabs { line.trim_start_matches('\t') } else { line };
                self.at = (self.at + line.len() + 1).min(self.script.len());
                if is_end {
                    break;
                }
            }
        }
    }

    fn pass_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn pass_to(&mut self, end: char) {
        let length = self.rest().find(end).map(|at| at + end.len_utf8());
        self.at += length.unwrap_or(self.rest().len());
    }
}

/// Whether this goes on as a pattern of `case` does: `|other)`.
fn is_end_of_pattern(text: &str) -> bool {
    let words = text.strip_prefix('|').and_then(|text| text.split_once(')'));
    words.is_some_and(|(words, _)| {
        words
            .split('|')
            .all(|word| !word.trim().contains(char::is_whitespace))
    })
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(script: &str) -> Vec<&str> {
        let found = doubts(script).into_iter();
        found.map(|(place, _)| &script[place]).collect()
    }

    #[test]
    fn commands_that_take_their_own_way_are_found_where_they_stand() {
        for (script, want) in [
            ("timeout 60 curl \"$1\" | jq .", vec!["timeout"]),
            ("curl \"$1\" | timeout 60 jq .", vec!["timeout"]),
            ("set -e\n  /usr/bin/timeout 5 x", vec!["/usr/bin/timeout"]),
            ("if timeout 5 x; then y; fi", vec!["timeout"]),
            ("! timeout 5 x && y", vec!["timeout"]),
            ("a=$(timeout 5 x)", vec!["timeout"]),
            ("echo \"it is $(timeout 5 date)\"", vec!["timeout"]),
            ("echo `timeout 5 date` now", vec!["timeout"]),
            ("(cd x && timeout 5 y)", vec!["timeout"]),
            ("LANG=C TZ=\"$2\" timeout 5 x", vec!["timeout"]),
            ("exec timeout 5 x", vec!["timeout"]),
            ("nice -n 5 timeout 5 x", vec!["timeout"]),
            ("ls | xargs -n 1 -P 4 timeout 5 gzip", vec!["timeout"]),
            ("setsid server >log 2>&1", vec!["setsid"]),
            ("nohup server >log 2>&1 &", vec!["nohup", "&"]),
            ("nohup setsid -f server", vec!["nohup", "setsid"]),
            ("server & sleep 1", vec!["&"]),
            ("for i in 1 2; do x $i & done", vec!["&"]),
            ("case $1 in a) timeout 5 x;; b) y & ;; esac", vec!["timeout", "&"]),
        ] {
            assert_eq!(words(script), want, "{script}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_left_alone() {
        for script in [
            "echo timeout setsid nohup",
            "echo 'timeout 5 x & y'",
            "echo \"a & timeout 5 b\"",
            "curl --max-time 5 \"http://h/?a=1&timeout=5\"",
            "x # timeout 5 y &",
            "a && b || c",
            "a >log 2>&1; b >&2; c <&3; d &>log",
            "a & b & wait",
            "for i in 1 2; do x $i & done\nwait",
            "server & pid=$!; trap 'kill $pid' EXIT; tests",
            "case $1 in timeout) x;; nohup|setsid) y;; esac",
            "timeout() { true; }",
            "timeout=5; x $timeout",
            "cat <<END\ntimeout 5 x &\nEND\necho",
            "cat <<-'END' | x\n\ttimeout 5 x &\n\tEND\necho",
            "cat <<<timeout",
            "x=$((1 & 2))",
            "echo ${timeout:-5} $#",
            "man timeout | cat",
            "my-timeout 5 x; timeoutctl",
            "echo a\\ & b; wait",
            "grep -c timeout \"$1\"",
        ] {
            assert_eq!(words(script), [""; 0], "{script}");
        }
    }

    #[test]
    fn a_command_may_be_one_itself_or_the_script_of_a_shell() {
        let found = |words: &[&str]| {
            let words: Vec<Option<&str>> = words.iter().map(|word| Some(*word)).collect();
            let found = doubts_of_command(&words).into_iter();
            found
                .map(|(index, place, _)| (index, words[index].unwrap()[place].to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!(found(&["timeout", "5", "curl"]), [(0, "timeout".to_owned())]);
        assert_eq!(found(&["/bin/sh", "-ec", "nohup x"]), [(2, "nohup".to_owned())]);
        assert_eq!(found(&["bash", "-c", "x & y"]), [(2, "&".to_owned())]);
        assert_eq!(found(&["echo", "-c", "timeout 5 x"]), []);
        assert_eq!(found(&["curl", "timeout"]), []);
        assert_eq!(found(&["sh", "-c"]), []);
        assert_eq!(doubts_of_command(&[None, Some("timeout")]), []);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_script_is_read_to_its_end(script in "[a-z ;|&()<>'\"`$#\\\\\n{}=-]{0,60}|.{0,40}") {
            for (place, _) in doubts(&script) {
                prop_assert!(script.get(place).is_some());
            }
        }

        #[test]
        fn depth_is_bounded_by_the_script(depth in 0_usize..100_000) {
            let script = format!("{}timeout 5 x{}", "$(".repeat(depth), ")".repeat(depth));
            prop_assert_eq!(words(&script).len(), usize::from(depth < DEEPEST));
        }
    }
}
