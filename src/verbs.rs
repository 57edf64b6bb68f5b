//! What the program does at once: looking at a config, writing one, listing keys.

use crate::{complain, load, mistakes, print};
use anyhow::Context as _;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use taskpool_tui::app::Registry;
use taskpool_tui::app::clean::Clean;
use taskpool_tui::app::config::{self, Config, ConfigErrors, ConfigFile, UiSpec};
use taskpool_tui::app::map::Map;
use taskpool_tui::app::wait_for;

/// Says what is wrong with a config, or what it would run.
pub(crate) fn check(path: &Path) -> anyhow::Result<ExitCode> {
    let checked = read(path, |file| file.check(&Registry::default().names()));
    match checked.map_err(|errors| mistakes(&errors)) {
        Ok(config) => {
            if let Some(warnings) = &config.warnings {
                complain(warnings.render(io::stderr().is_terminal()).trim_end());
            }
            print(config::describe(&config).as_bytes())
        }
        Err(code) => Ok(code),
    }
}

/// Reads a config and what it names. A pipe that nobody writes to, or a disk that does not answer, is named after a
/// moment.
pub(crate) fn read<T>(
    path: &Path,
    parse: impl FnOnce(ConfigFile) -> Result<T, ConfigErrors>,
) -> Result<T, ConfigErrors> {
    let _told = wait_for(if path == Path::new("-") {
        Clean::from("standard input")
    } else {
        Clean::from(path.as_os_str())
    });
    ConfigFile::read(path).and_then(parse)
}

/// Prints the keys of the dashboard.
pub(crate) fn keys(preset: Option<&str>, path: Option<&Path>, json: bool) -> anyhow::Result<ExitCode> {
    let spec = match path.map(load).transpose() {
        Ok(loaded) => loaded.map_or_else(UiSpec::default, |(_, config)| config.ui),
        Err(code) => return Ok(code),
    };
    match config::keys_listing(preset, &spec, json) {
        Ok(listing) => print(listing.as_bytes()),
        Err(errors) => Ok(mistakes(&errors)),
    }
}

/// Runs a command line as a config, or prints that.
pub(crate) fn map(
    map: &Map,
    run: impl FnOnce(&Config) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let is_terminal = io::stdin().is_terminal();
    let made = if map.print_config {
        map.toml(is_terminal).map(|text| print(text.as_bytes()))
    } else {
        map.config(is_terminal)
            .and_then(|file| parsed(&file))
            .map(|config| run(&config))
    };
    made.unwrap_or_else(|wrong| Err(anyhow::anyhow!("map: {wrong}")))
}

/// A config that was made here. Nobody has written its lines, so that mistakes are told without them.
fn parsed(file: &ConfigFile) -> Result<Config, String> {
    file.parse(&Registry::default().names()).map_err(|errors| {
        let told = errors.list().iter().map(|error| match &*error.remedy() {
            "" => error.reason(),
            remedy => format!("{}; {remedy}", error.reason()),
        });
        told.collect::<Vec<_>>().join("; ")
    })
}

/// Runs the demonstration.
pub(crate) fn demo(run: impl FnOnce(&Config) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
    let file = ConfigFile::made("demo.toml", include_str!("../config/demo.toml").to_owned());
    run(&parsed(&file).map_err(anyhow::Error::msg)?)
}

/// Writes a config to begin with, and says where it could not be run.
pub(crate) fn init(path: &Path) -> anyhow::Result<ExitCode> {
    let file = path.display();
    config::write_starter(path)
        .with_context(|| format!("cannot write {file} (an existing file is never overwritten)"))?;
    let name = Clean::from(path.as_os_str());
    let read = read(path, |file| file.parse(&Registry::default().names()));
    if let Err(errors) = read {
        // Nothing is wrong with what was written, but with where.
        complain(format!(
            "taskpool-tui: wrote {name}, which cannot be run there yet"
        ));
        return Ok(mistakes(&errors));
    }
    print(format!("wrote {name}; now: taskpool-tui {name}\n").as_bytes())
}
