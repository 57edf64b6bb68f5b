//! Reading a config again.

use crate::app::Modes;
use crate::app::clean::Clean;
use crate::app::config::{self, Config, ConfigErrors, ConfigFile};
use crate::app::dashboard::Settings;
use crate::app::trust::Trust;
use std::path::Path;

/// How the config of a session is read again: from the same file, with the checks of the start.
#[derive(Clone, Debug)]
pub struct ReadAgain {
    /// Nobody has named the file: what it is now has to be agreed to.
    pub found: bool,
    /// What the command line says, whatever the files do.
    pub modes: Modes,
    /// The dashboard as the files wanted it at the start.
    pub settings: Settings,
}

/// What was read.
#[derive(Clone, Debug)]
pub(in crate::app) struct Loaded {
    pub(in crate::app) file: ConfigFile,
    pub(in crate::app) config: Config,
    pub(in crate::app) settings: Settings,
}

impl ReadAgain {
    /// Reads the config, and the user's own file. It blocks.
    ///
    /// # Errors
    ///
    /// Every mistake of the first of them that has any; that others can write it is one.
    pub(in crate::app) fn load(&self, path: &Path, registered: &[&str]) -> Result<Loaded, ConfigErrors> {
        let file = ConfigFile::read_again(path)?;
        let config = file.parse(registered)?;
        let mut settings = config::settings(&config.ui)?;
        settings.modes = self.modes.with(settings.modes);
        Ok(Loaded {
            file,
            config,
            settings,
        })
    }

    /// Whether a yes also agrees to run this file, which nobody has named, as it is now.
    pub(in crate::app) fn agrees(&self) -> bool {
        self.found
    }

    /// Remembers that, where it has to be. It blocks.
    pub(in crate::app) fn agree(&self, loaded: &Loaded) {
        if !self.found {
            return;
        }
        let remembered = match Trust::of_user() {
            Some(trust) => trust.remember(&loaded.file),
            None => return,
        };
        if let Err(error) = remembered {
            let reason = Clean::from(error.to_string());
            tracing::warn!(target: "app::reload", "your answer cannot be remembered, you will be asked again: {reason}");
        }
    }
}
