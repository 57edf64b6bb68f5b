//! The user's own file: `[ui]` and `[keys]` for every config.

use super::error::{ConfigError, ConfigErrors};
use super::file::ConfigFile;
use super::keys_ui::USER;
use super::section::Section;
use super::ui::{self, UiSpec};
use crate::app::dashboard::{Keymap, Preset, Settings, keys_json, keys_text};
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// Where the user's own file is looked for: `$XDG_CONFIG_HOME/taskpool-tui/config.toml`, or the same in `~/.config`; none
/// without a home.
pub fn user_file() -> Option<PathBuf> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|dir| dir.is_absolute())
    };
    let config = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(config.join("taskpool-tui").join("config.toml"))
}

/// Reads the user's own file; one that is not there says nothing.
///
/// # Errors
///
/// Every mistake at once; and that others can write the file, or the directory that it is in.
pub fn load_user(path: &Path) -> Result<UiSpec, ConfigErrors> {
    if path.symlink_metadata().is_err() {
        return Ok(UiSpec::default());
    }
    ConfigFile::read(path)?.parse_user()
}

/// The dashboard as this config and the user's own file want it.
///
/// # Errors
///
/// What is wrong with the user's file.
pub fn settings(config: &UiSpec) -> Result<Settings, ConfigErrors> {
    let user = user_file().map_or_else(|| Ok(UiSpec::default()), |path| load_user(&path))?;
    Ok(config.settings(&user))
}

/// The keys of a preset, or else those that a config and the user's own file want: as text, or as JSON.
///
/// # Errors
///
/// What is wrong with the user's file.
pub fn keys_listing(preset: Option<&str>, config: &UiSpec, json: bool) -> Result<String, ConfigErrors> {
    let keymap = match preset.and_then(Preset::from_word) {
        Some(preset) => Keymap::of(preset),
        None => settings(config)?.keymap,
    };
    Ok(if json {
        format!("{:#}\n", keys_json(&keymap))
    } else {
        keys_text(&keymap)
    })
}

/// The same for a text, with errors that are known already.
pub(super) fn parse(text: &str, path: &Path, mut errors: Vec<ConfigError>) -> Result<UiSpec, ConfigErrors> {
    let (document, syntax) = DeTable::parse_recoverable(text);
    let mut spec = UiSpec::default();
    if syntax.is_empty() {
        let mut root = Section::open(&USER, USER.name.to_owned(), document.get_ref(), 0..0, &mut errors);
        spec = ui::read(&mut root);
    } else {
        errors.extend(super::not_toml(&syntax, text));
    }
    if errors.is_empty() {
        Ok(spec)
    } else {
        Err(ConfigErrors::new(path, text, errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dashboard::{Action, Scheme};
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    fn spec(text: &str) -> UiSpec {
        parse(text, Path::new("u.toml"), Vec::new()).unwrap()
    }

    fn said(text: &str) -> String {
        let errors = parse(text, Path::new("u.toml"), Vec::new()).unwrap_err();
        errors.to_string()
    }

    #[test]
    fn the_config_wins_over_the_users_file() {
        let user = spec(
            "[ui]\nkeys = 'k9s'\ntheme = 'dark'\nmouse = false\n[keys]\nretry = ['K']\nflush = []\npause = ['Ctrl-y']\n",
        );
        let nothing = UiSpec::default();
        let settings = nothing.settings(&user);
        assert_eq!((settings.scheme, settings.mouse), (Scheme::Dark, false));
        assert_eq!(settings.keymap.all(Action::Cancel), "Ctrl-d  x");
        assert_eq!(settings.keymap.all(Action::Flush), "");
        assert_eq!(nothing.settings(&nothing), Settings::default());
        let config = spec("[ui]\nkeys = 'default'\ntheme = 'light'\n[keys]\ncancel = 'K'\n");
        assert_eq!(config.preset, Some(Preset::Default));
        let settings = config.settings(&user);
        assert_eq!((settings.scheme, settings.mouse), (Scheme::Light, false));
        let keymap = &settings.keymap;
        assert_eq!(
            (keymap.all(Action::Cancel), keymap.all(Action::Retry)),
            ("K".to_owned(), String::new())
        );
        assert_eq!(keymap.all(Action::Pause), "Ctrl-y");
        assert_eq!(keymap.problems(), []);
    }

    #[test]
    fn keys_that_would_lock_a_person_out_are_never_taken() {
        // Alone each of them is fine; together nothing would leave.
        let user = spec("[keys]\nquit = ['F2']\n");
        let config = spec("[keys]\nflush = ['F2']\nlock = ['F3']\n");
        let settings = config.settings(&user);
        assert_eq!(settings.keymap.all(Action::Flush), "F2");
        assert_eq!(settings.keymap.all(Action::Quit), "q");
        assert_eq!(settings.keymap.problems(), []);
    }

    #[test]
    fn a_users_file_has_nothing_to_run() {
        let text = said("[[pool]]\nname = 'p'\n");
        assert!(text.contains("the user's file has no key `pool`"), "{text}");
        assert!(text.contains("`pool` belongs to the file"), "{text}");
        assert_eq!(spec(""), UiSpec::default());
    }

    #[test]
    fn t7_a_users_file_that_others_can_write_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        assert_eq!(load_user(&path).unwrap(), UiSpec::default());
        fs::write(&path, "[ui]\nbell = true\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(load_user(&path).unwrap().settings(&UiSpec::default()).bell);
        fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        let text = load_user(&path).unwrap_err().to_string();
        assert!(text.contains("others can write it (mode 0666)"), "{text}");
        assert!(text.contains("chmod go-w"), "{text}");
    }
}
