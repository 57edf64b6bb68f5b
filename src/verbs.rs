//! What the program does at once: looking at a config, writing one, listing keys.

use crate::{complain, load, mistakes, print, read};
use anyhow::Context as _;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use taskpool_tui::app::Registry;
use taskpool_tui::app::clean::Clean;
use taskpool_tui::app::config::{self, UiSpec};

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
