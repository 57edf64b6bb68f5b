//! The program: reads the command line, builds a session, and chooses between the dashboard and the run without a
//! screen.

mod verbs;

use anyhow::Context as _;
use clap::Parser as _;
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use taskpool_tui::app::clean::{Clean, CleanLines};
use taskpool_tui::app::cli::{self, Cli, Lines, Verb};
use taskpool_tui::app::config::{self, Config, ConfigErrors, ConfigFile};
use taskpool_tui::app::filter::Filter;
use taskpool_tui::app::headless::{Follower, Format, Output};
use taskpool_tui::app::session::Session;
use taskpool_tui::app::stdio::{self, LogOutput, Waiting, complain};
use taskpool_tui::app::trust;
use taskpool_tui::app::{EndSignals, Modes, Registry, StallWatch, process, room_to_start};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use tracing_subscriber::EnvFilter;

/// Some tasks failed, or could not even be started.
const FAILED: u8 = 1;
/// The config or the command line is wrong.
const USAGE: u8 = 2;
/// The run is fine, its record is not complete.
const INCOMPLETE: u8 = 3;

/// How long the screen may take to end once the session is over.
#[cfg(feature = "tui")]
const SCREEN_ENDS: Duration = Duration::from_secs(1);

/// How long the last lines of a run that was ended by a signal may take to be read.
const LAST_LINES: Duration = Duration::from_secs(2);

/// What makes this program the warden of another run of it: nothing for people, so the command line's own reader
/// does not know it.
const WARDEN: &str = "__warden";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|verb| verb == WARDEN) {
        process::keep_watch(&args.next().unwrap_or_default().to_string_lossy());
        return ExitCode::SUCCESS;
    }
    if let Some(meant) = std::env::args_os().nth(1).as_deref().and_then(cli::misspelt_verb) {
        complain(format_args!("taskpool-tui: {meant}"));
        return ExitCode::from(USAGE);
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // It quotes what was typed, which may be the name of a file.
        Err(error) if error.use_stderr() => {
            let lines: Vec<Clean> = error.render().to_string().lines().map(Clean::from).collect();
            for line in &lines {
                complain(line);
            }
            return ExitCode::from(USAGE);
        }
        Err(help) => return print(cli::help_text(&help).as_bytes()).unwrap_or_else(|error| failed(&error)),
    };
    if let Some(user) = cli.trust_owner {
        config::trust_owner(user);
    }
    let modes = Modes {
        read_only: cli.read_only,
        ask_always: cli.ask_always,
    };
    let result = match cli.verb {
        Some(Verb::Run {
            config,
            format,
            output,
            filter,
        }) => {
            let filter = filter.unwrap_or_default();
            named(&config, |config| run(config, format.with(output), &filter))
        }
        Some(Verb::Map(map)) => verbs::map(&map, |config| show_or_run(config, modes, false, map.output)),
        Some(Verb::Demo) => verbs::demo(|config| show_or_run(config, modes, false, Output::default())),
        Some(Verb::Check { config }) => verbs::check(&config),
        Some(Verb::Init { file }) => verbs::init(&file),
        Some(Verb::Keys { preset, json, config }) => verbs::keys(preset.as_deref(), config.as_deref(), json),
        Some(Verb::Schema) => print(format!("{:#}\n", config::json_schema()).as_bytes()),
        Some(Verb::Completions { shell }) => print_with(|out| cli::completions(shell, out)),
        Some(Verb::Man) => print_with(cli::man),
        None => match &cli.config {
            Some(config) => named(config, |config| {
                show_or_run(config, modes, false, Output::default())
            }),
            None => found(Path::new(trust::FOUND), modes),
        },
    };
    leave();
    result.unwrap_or_else(|error| failed(&error))
}

/// Says why nothing came of it.
fn failed(error: &anyhow::Error) -> ExitCode {
    // It may name a file, and a file may be named anything.
    complain(format_args!(
        "taskpool-tui: {}",
        Clean::from(format!("{error:#}"))
    ));
    ExitCode::from(USAGE)
}

/// Starts the warden, before anything that it has to look after. The program does without, if it must.
fn start_warden() {
    // This very file, also if there is a newer one in its place.
    if let Err(error) = process::start_warden(["/proc/self/exe", WARDEN]) {
        tracing::warn!(
            "no warden can be started ({error}): should this program be killed, its commands run on"
        );
    }
}

/// As the first process of a container, has what others have left there reaped.
fn reap_orphans() {
    if let Err(error) = process::reap_orphans() {
        tracing::warn!("there is no thread that reaps orphans ({error}): they stay until the end");
    }
}

/// The end, whatever happened before: nothing that was started may be left, and what cannot be ended is named.
fn leave() {
    process::kill_all_groups();
    for left in process::all_left_behind() {
        complain(format_args!("taskpool-tui: left behind: {left}"));
    }
    if process::warden_is_lost() {
        complain(
            "taskpool-tui: its warden was ended, and there was no new one: had it been killed, its commands had run on",
        );
    }
    process::dismiss_warden();
}

/// The dashboard, or the same run without a screen.
fn show_or_run(config: &Config, modes: Modes, found: bool, output: Output) -> anyhow::Result<ExitCode> {
    if has_screen() {
        show(config, modes, found)
    } else {
        run(config, Lines::Human.with(output), &Filter::default())
    }
}

/// Whether there is a terminal that can show the dashboard.
fn has_screen() -> bool {
    cfg!(feature = "tui")
        && io::stdout().is_terminal()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn print(text: &[u8]) -> anyhow::Result<ExitCode> {
    print_with(|out| out.write_all(text))
}

fn print_with(
    write: impl FnOnce(&mut BufWriter<Waiting<Stdout>>) -> io::Result<()>,
) -> anyhow::Result<ExitCode> {
    let printed = stdio::print_with(write).context("cannot write to standard output");
    printed.map(|()| ExitCode::SUCCESS)
}

/// Reads a config, or says what is wrong with it.
fn load(path: &Path) -> Result<(ConfigFile, Config), ExitCode> {
    let loaded = verbs::read(path, |file| {
        let config = file.parse(&Registry::default().names())?;
        Ok((file, config))
    });
    loaded.map_err(|errors| mistakes(&errors))
}

fn mistakes(errors: &ConfigErrors) -> ExitCode {
    complain(errors.render(io::stderr().is_terminal()).trim_end());
    ExitCode::from(USAGE)
}

/// Runs a config that the user has named, and so agreed to.
fn named(path: &Path, run: impl FnOnce(&Config) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
    match load(path) {
        Ok((_, config)) => run(&config),
        Err(code) => Ok(code),
    }
}

/// Runs a config that nobody has named, if the user has agreed to it or does so now.
fn found(path: &Path, modes: Modes) -> anyhow::Result<ExitCode> {
    if path.symlink_metadata().is_err() {
        complain(format_args!(
            "taskpool-tui: no config is named, and there is no {} here\n\n{}",
            path.display(),
            cli::help()
        ));
        return Ok(ExitCode::from(USAGE));
    }
    let (file, config) = match load(path) {
        Ok(loaded) => loaded,
        Err(code) => return Ok(code),
    };
    let Some(agreed) = trust::may_run(&file, &config)? else {
        complain("taskpool-tui: nothing was started");
        return Ok(ExitCode::from(USAGE));
    };
    let code = show_or_run(&config, modes, true, Output::default());
    // Not before: the dashboard would cover it.
    if let Some(forgotten) = agreed.forgotten {
        complain(format!("taskpool-tui: {forgotten}"));
    }
    code
}

fn runtime() -> anyhow::Result<Runtime> {
    room_to_start().map_err(|missing| anyhow::anyhow!("nothing was started: {missing}"))?;
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// Ends a runtime without waiting for what cannot be stopped, such as a thread that reads a pipe.
fn end(runtime: Runtime) {
    runtime.shutdown_timeout(Duration::from_millis(100));
}

/// Ends the session at the first signal, by force at the second, and waits no longer at the third. Returns the
/// first one once the session is over.
async fn obey_signals(mut signals: EndSignals, session: Arc<Session>, noted: Arc<OnceLock<i32>>) -> i32 {
    let first = signals.next().await;
    noted.get_or_init(|| first);
    let hangup = SignalKind::hangup().as_raw_value();
    let quit = |number| {
        let session = session.clone();
        tokio::spawn(async move {
            if number == hangup {
                session.quit_alone().await
            } else {
                session.quit().await
            }
        })
    };
    let mut quitting = quit(first);
    loop {
        tokio::select! {
            _ = &mut quitting => return first,
            // A terminal that goes away tells so more than once; that is no second wish.
            number = signals.next() => if number != hangup { quitting = quit(number) },
        }
    }
}

/// Stops the program with everything that it runs whenever a terminal or a shell asks for that (TSTP), until it is
/// continued.
async fn obey_stops(mut stop: Signal) {
    while stop.recv().await.is_some() {
        if let Ok(Err(error)) = tokio::task::spawn_blocking(process::suspend).await {
            tracing::warn!("cannot be stopped: {error}");
        }
    }
}

/// What the tasks came to, and whether their output is where it should be.
fn verdict(session: &Session) -> ExitCode {
    let outputs = session.outputs();
    let unsaved = match outputs.saved_to() {
        Some(Err(why)) => Some(format!("output is not saved: {why}")),
        _ => Some(outputs.unsaved()).filter(|bytes| *bytes > 0).map(|bytes| {
            let why = outputs.unsaved_why().unwrap_or_default();
            format!("{bytes} bytes of output could not be saved: {why}")
        }),
    };
    if let Some(unsaved) = &unsaved {
        complain(format_args!("taskpool-tui: {unsaved}"));
    }
    match (session.failures(), unsaved) {
        (0, None) => ExitCode::SUCCESS,
        (0, Some(_)) => ExitCode::from(INCOMPLETE),
        _ => ExitCode::from(FAILED),
    }
}

fn signalled(number: i32) -> ExitCode {
    ExitCode::from(128 + u8::try_from(number).unwrap_or(127))
}

/// The run without a screen.
fn run(config: &Config, format: Format, filter: &Filter) -> anyhow::Result<ExitCode> {
    log_to_stderr();
    process::raise_file_limit();
    start_warden();
    reap_orphans();
    let runtime = runtime()?;
    let _stalls = StallWatch::over(runtime.handle())?;
    let session = Arc::new(Session::new(config, &Registry::default(), runtime.handle(), true));
    let code = runtime.block_on(async {
        let noted = Arc::new(OnceLock::new());
        let mut signals = tokio::spawn(obey_signals(EndSignals::new()?, session.clone(), noted.clone()));
        let stop = rustix::process::Signal::TSTP.as_raw();
        if !process::is_ignored(stop) {
            process::heed_stops()?;
            tokio::spawn(obey_stops(signal(SignalKind::from_raw(stop))?));
        }
        let follower = Follower::new(&session, filter);
        session.start(config)?;
        let mut writing = pin!(follower.write(format, stdio::stdout()));
        let written = tokio::select! {
            written = &mut writing => written,
            // The session has ended. Whoever reads the lines has a moment to take the last ones.
            number = &mut signals => match timeout(LAST_LINES, writing).await {
                Ok(written) => written,
                Err(_) => return Ok(signalled(number?)),
            },
        };
        let broken = match written {
            // Only a signal can have asked for that.
            Ok(_) if session.is_quitting() => return Ok(signalled(noted.get().copied().unwrap_or_default())),
            Ok(ended) if ended.lost > 0 => {
                complain(format_args!(
                    "taskpool-tui: {} events could not be written in time",
                    ended.lost
                ));
                return Ok(ExitCode::from(INCOMPLETE));
            }
            Ok(_) => return Ok(verdict(&session)),
            Err(error) => error,
        };
        if broken.kind() == io::ErrorKind::BrokenPipe {
            // Whoever read has gone, so nobody wants the rest.
            session.quit_alone().await;
            return Ok(signalled(SignalKind::pipe().as_raw_value()));
        }
        complain(format_args!(
            "taskpool-tui: cannot write the lines: {broken}; the tasks run on to their end"
        ));
        tokio::select! {
            () = session.finish() => {}
            _ = &mut signals => {}
        }
        anyhow::Ok(
            noted
                .get()
                .map_or(ExitCode::from(INCOMPLETE), |number| signalled(*number)),
        )
    });
    end(runtime);
    code
}

/// What is logged: what `TASKPOOL_LOG` says, such as `debug` or `pool::task=trace`.
fn log_filter(usual: &str) -> EnvFilter {
    let asked = EnvFilter::builder().with_env_var("TASKPOOL_LOG").try_from_env();
    asked.unwrap_or_else(|_| EnvFilter::new(usual))
}

/// The lines on standard output tell what happens; a log beside them is only for who asks for it.
fn log_to_stderr() {
    let filter = log_filter("off");
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| CleanLines(LogOutput))
        // Told on standard error, which is what may be full or gone.
        .log_internal_errors(false)
        .with_ansi(false)
        .init();
}

#[cfg(not(feature = "tui"))]
fn show(config: &Config, _: Modes, _: bool) -> anyhow::Result<ExitCode> {
    run(config, Format::Human(Output::default()), &Filter::default())
}

/// The dashboard: the pools on a runtime of their own, the screen on this thread. `found`: nobody has named the config.
#[cfg(feature = "tui")]
fn show(config: &Config, modes: Modes, found: bool) -> anyhow::Result<ExitCode> {
    use taskpool_tui::app::reload::ReadAgain;
    use taskpool_tui::app::{link, serve};
    use taskpool_tui::ui::{self, Left};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    if io::stdin().is_terminal() && config.reads_stdin() {
        anyhow::bail!(
            "{} reads standard input, which is the terminal: pipe something into it",
            Clean::from(config.path.as_os_str())
        );
    }
    let mut settings = match config::settings(&config.ui) {
        Ok(settings) => settings,
        Err(errors) => return Ok(mistakes(&errors)),
    };
    settings.modes = modes.with(settings.modes);
    process::raise_file_limit();
    // A line for each of a million tasks would be all that there is to see: those are for who asks for them.
    tracing_subscriber::registry()
        .with(log_filter("info"))
        .with(ui::layer()?)
        .init();
    start_warden();
    reap_orphans();
    let pools = runtime()?;
    let _stalls = StallWatch::over(pools.handle())?;
    let session = Arc::new(Session::new(config, &Registry::default(), pools.handle(), false));
    session.reads_again(ReadAgain {
        found,
        modes,
        settings: settings.clone(),
    });
    let (client, server) = link::link();
    let first_signal = Arc::new(OnceLock::new());
    let serving = pools.spawn(serve(session.clone(), server));
    {
        let _inside = pools.enter();
        let obeying = obey_signals(EndSignals::new()?, session.clone(), first_signal.clone());
        let serving = serving.abort_handle();
        pools.spawn(async move {
            let number = obeying.await;
            // The session is over, or nobody waits for it any more: the screen is left, and its thread ends the
            // program. Should it hang in a read of a terminal that went away, nobody else would.
            serving.abort();
            tokio::time::sleep(SCREEN_ENDS).await;
            process::kill_all_groups();
            ui::abandon();
            leave();
            std::process::exit(128 + number);
        });
        if let Some(size) = ui::pane_size() {
            session.panes_are(size);
        }
        session.start(config)?;
    }
    let screen = Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let left = screen.block_on(ui::run(client, settings));
    let (code, broken) = pools.block_on(async {
        // However the screen was left, the session ends in order.
        match &left {
            // Somebody has asked for it, and may ask again by a signal.
            Ok(Left::Quit | Left::SessionEnded) if session.is_quitting() => session.ended().await,
            _ => session.quit_alone().await,
        };
        serving.abort();
        let broken = serving.await.is_err_and(|error| error.is_panic());
        if matches!(left, Ok(Left::Quit | Left::SessionEnded)) {
            // The screen is gone with all that it showed. Should standard output be gone, too, nobody misses it.
            for line in taskpool_tui::app::headless::summary(&session) {
                stdio::mention(line);
            }
        }
        let code = first_signal
            .get()
            .map_or_else(|| verdict(&session), |number| signalled(*number));
        (code, broken)
    });
    end(pools);
    if broken {
        // It would look like an end that somebody wanted.
        anyhow::bail!(
            "what looks at the pools has panicked, a fault of this program: every task was cancelled"
        );
    }
    match left {
        // A signal explains a terminal that is gone.
        Err(error) if first_signal.get().is_none() => Err(error),
        _ => Ok(code),
    }
}
