//! Paths as people write them: relative to the config, or to the home directory where they begin with `~/`.

use super::error::{ConfigError, quoted};
use super::section::{At, Section};
use std::path::{Path, PathBuf};

/// A path of the config: as it is written, and where that is.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) text: String,
    pub(super) path: PathBuf,
}

/// Why a text is no path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct BadPath {
    pub(super) reason: String,
    pub(super) help: String,
}

/// The home directory of the user, if it is known.
fn home() -> Option<PathBuf> {
    std::env::var_os("HOME")
        .map(PathBuf::from)
        .filter(|home| home.is_absolute())
}

/// Where a text begins that is not relative to the config: the home directory, and what follows `~/`.
///
/// # Errors
///
/// It names another user's home, or nobody knows where the home directory is.
pub(super) fn from_home(text: &str) -> Result<Option<(PathBuf, &str)>, BadPath> {
    below(text, home())
}

fn below(text: &str, home: Option<PathBuf>) -> Result<Option<(PathBuf, &str)>, BadPath> {
    let Some(rest) = text.strip_prefix('~') else {
        return Ok(None);
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        let user = rest.split('/').next().unwrap_or_default();
        return Err(BadPath {
            reason: format!("{} is not looked up", quoted(&format!("~{user}"))),
            help: format!(
                "`~/` is your own home directory; write another one in full, and a name that begins with `~` as {}",
                quoted(&format!("./{text}"))
            ),
        });
    }
    match home {
        Some(home) => Ok(Some((home, rest.trim_start_matches('/')))),
        None => Err(BadPath {
            reason: "`~` is your home directory, which nobody knows: HOME is not set".to_owned(),
            help: "set HOME, or write the path in full".to_owned(),
        }),
    }
}

/// The path that a text means; `dir` is what it is relative to.
///
/// # Errors
///
/// Those of [`from_home`].
pub(super) fn resolve(text: &str, dir: &Path) -> Result<PathBuf, BadPath> {
    Ok(match from_home(text)? {
        Some((home, "")) => home,
        Some((home, rest)) => home.join(rest),
        None => dir.join(text),
    })
}

impl Section<'_, '_> {
    /// A path; `dir` is what it is relative to. What is none is reported.
    pub(super) fn path(&mut self, name: &str, dir: &Path) -> Option<At<Given>> {
        let At { value: text, span } = self.text(name)?;
        match resolve(&text, dir) {
            Ok(path) => Some(At {
                value: Given { text, path },
                span,
            }),
            Err(BadPath { reason, help }) => {
                self.push(ConfigError::at(span, reason).help(help));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_tilde_is_the_home_directory_and_nothing_else_is() {
        let below = |text| below(text, Some(PathBuf::from("/home/me")));
        let home = || PathBuf::from("/home/me");
        assert_eq!(below("~"), Ok(Some((home(), ""))));
        assert_eq!(below("~/a/*.b"), Ok(Some((home(), "a/*.b"))));
        assert_eq!(
            below("~//a"),
            Ok(Some((home(), "a"))),
            "it stays below the home directory"
        );
        for text in ["a", "./~", "a/~/b", "/~", "", "-"] {
            assert_eq!(below(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_no_path() {
        let error = below("~root/x", Some(PathBuf::from("/home/me"))).unwrap_err();
        assert!(error.reason.contains("`~root`"), "{error:?}");
        assert!(error.help.contains("`./~root/x`"), "{error:?}");
        assert!(below("~/x", None).unwrap_err().reason.contains("HOME"));
    }
}
