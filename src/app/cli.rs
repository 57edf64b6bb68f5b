//! The command line.

use super::clean::Clean;
use super::config::nearest;
use super::dashboard::PRESETS;
use super::filter::{BadFilter, Filter};
use super::headless::{Format, Output};
use super::map::Map;
use super::trust;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Run task pools with bounded concurrency, and watch and steer them while they run.
///
/// `taskpool-tui CONFIG` is the dashboard. Where standard output is no terminal it is the same as `taskpool-tui run
/// CONFIG`. Without CONFIG it takes ./taskpool.toml, and asks before it runs what it has found for the first time,
/// or what has changed.
#[derive(Parser, Debug)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 all tasks ok, or stopped on purpose; 1 some failed; 2 bad config or usage; \
    3 the output is incomplete; 128+n ended by signal n."
)]
pub struct Cli {
    /// What to do instead of showing the dashboard.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// The config whose pools to run (see `taskpool-tui init`); `-` is standard input. To name it is to agree to what it runs.
    pub config: Option<PathBuf>,
    /// Look only: keys of the dashboard that change tasks, groups or pools do nothing.
    #[arg(long)]
    pub read_only: bool,
    /// Keys that change something ask first, all of them.
    #[arg(long)]
    pub ask_always: bool,
    /// Accept configs and directories that belong to this user as if they were your own, such as those of the host in
    /// a container.
    #[arg(long, value_name = "UID", global = true)]
    pub trust_owner: Option<u32>,
}

/// What the program can do.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Run a config without a screen: one line per change, then a summary.
    Run {
        /// The config whose pools to run.
        config: PathBuf,
        /// What the lines look like.
        #[arg(long, value_enum, default_value_t = Lines::Human)]
        format: Lines,
        /// What of the output of tasks is shown, at their end (not in JSON lines).
        #[arg(long, value_enum, default_value_t = Output::OnFailure)]
        output: Output,
        /// Only lines about tasks that this finds, such as "state:failed time>5s" (docs/filter.md has the language).
        #[arg(long, value_name = "EXPR", value_parser = read_filter, allow_hyphen_values = true)]
        filter: Option<Filter>,
    },
    /// Run a command for each argument, several at once: `map -j 4 'gzip -k {}' ::: *.log`.
    #[command(override_usage = "taskpool-tui map [OPTIONS] COMMAND... [::: ARGUMENT...]")]
    Map(Map),
    /// Show what the dashboard can do, with tasks that come to an end by themselves within a minute.
    Demo,
    /// Say what is wrong with a config, or what would run; starts nothing.
    Check {
        /// The config.
        #[arg(default_value = trust::FOUND)]
        config: PathBuf,
    },
    /// Write a commented config that runs as it is.
    Init {
        /// Where to; must not exist.
        #[arg(default_value = trust::FOUND)]
        file: PathBuf,
    },
    /// Print the keys of the dashboard: what each is called in `[keys]`, where it counts and what it does.
    Keys {
        /// The keys of this preset, whatever configs say.
        #[arg(long, value_name = "NAME", value_parser = PRESETS, conflicts_with = "config")]
        preset: Option<String>,
        /// As JSON: a list of objects with `action`, `keys`, `places` and `doc`.
        #[arg(long)]
        json: bool,
        /// The config whose keys to print. Without one: those of the user's own file.
        config: Option<PathBuf>,
    },
    /// Print the JSON schema of configs, for editors.
    Schema,
    /// Print the completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
}

/// The forms of [`Format`] as the command line names them.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lines {
    /// For people.
    Human,
    /// One JSON object a line, for programs.
    Jsonl,
}

impl Lines {
    /// The format, with so much of the output of tasks.
    pub fn with(self, output: Output) -> Format {
        match self {
            Lines::Human => Format::Human(output),
            Lines::Jsonl => Format::Jsonl,
        }
    }
}

/// Reads a filter, or says what is wrong with it, and where.
fn read_filter(text: &str) -> Result<Filter, String> {
    text.parse().map_err(|bad: BadFilter| bad.point_out(text))
}

/// Says which verb was meant, where the first argument is neither one nor a file, and looks like one.
pub fn misspelt_verb(first: &OsStr) -> Option<String> {
    let first = first.to_str().filter(|first| !first.starts_with('-'))?;
    let command = Cli::command();
    let verbs = || command.get_subcommands().map(clap::Command::get_name);
    if verbs().any(|verb| verb == first) || Path::new(first).symlink_metadata().is_ok() {
        return None;
    }
    let verb = nearest(first, verbs())?;
    Some(format!(
        "there is no verb and no file `{}`: did you mean `{verb}`?",
        Clean::from(first)
    ))
}

/// The help, as `--help` gives it.
pub fn help() -> impl std::fmt::Display {
    Cli::command().render_long_help()
}

/// Writes the completions for a shell.
pub fn completions(shell: Shell, out: &mut impl Write) -> io::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "taskpool-tui", &mut text);
    out.write_all(&text)
}

/// Writes the manual page.
pub fn man(out: &mut impl Write) -> io::Result<()> {
    clap_mangen::Man::new(Cli::command()).render(out)
}

/// What was asked for by `--help` or `--version`, with colours on a terminal.
pub fn help_text(asked: &clap::Error) -> String {
    let text = asked.render();
    if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        text.ansi().to_string()
    } else {
        text.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn how_careful_the_dashboard_is_can_be_said() {
        let parse = |args: &str| Cli::try_parse_from(args.split(' ')).unwrap();
        let careful = parse("taskpool-tui --read-only --ask-always jobs.toml");
        assert!(careful.read_only && careful.ask_always && careful.config.is_some());
        let usual = parse("taskpool-tui jobs.toml");
        assert!(!usual.read_only && !usual.ask_always);
    }
}
