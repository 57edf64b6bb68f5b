//! Files that match a pattern, found while tasks start: one directory is read at a time, its names sorted.

use super::{SourceError, bad};
use crate::app::args::Args;
use glob::{MatchOptions, Pattern};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A pattern such as `out/**/*.jpg`, checked. As in a shell, `*` and `?` match no `/` and no leading dot;
/// `**` is any number of directories, and follows no symbolic links.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::app::config) struct GlobPattern {
    text: String,
    root: PathBuf,
    /// Whether the paths are given absolute: needed where the function runs in another directory.
    absolute: bool,
    parts: Vec<Part>,
    only_dirs: bool,
    /// A directory that is passed over where no part of the pattern names it.
    except: Option<PathBuf>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Part {
    Literal(String),
    Match(Pattern),
    Any,
}

const AS_IN_A_SHELL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    // `Pattern` looks at the whole text for this, `Walk` at the one name.
    require_literal_leading_dot: true,
};

impl GlobPattern {
    /// Reads a pattern; `root` is what it is relative to.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where in the text.
    pub(in crate::app::config) fn new(
        text: &str,
        root: &Path,
        absolute: bool,
    ) -> Result<GlobPattern, (usize, String)> {
        let mut parts = Vec::new();
        let mut at = 0;
        for name in text.split('/') {
            match name {
                "" => {}
                "**" => {
                    if !matches!(parts.last(), Some(Part::Any)) {
                        parts.push(Part::Any);
                    }
                }
                name if name.contains(['*', '?', '[']) => match Pattern::new(name) {
                    Ok(pattern) => parts.push(Part::Match(pattern)),
                    Err(error) => {
                        // It counts characters.
                        let inside = name
                            .char_indices()
                            .nth(error.pos)
                            .map_or(name.len(), |(byte, _)| byte);
                        return Err((at + inside, error.msg.to_owned()));
                    }
                },
                name => parts.push(Part::Literal(name.to_owned())),
            }
            at += name.len() + 1;
        }
        let only_dirs = text.ends_with('/');
        if let (Some(Part::Any), false, Ok(all)) = (parts.last(), only_dirs, Pattern::new("*")) {
            parts.push(Part::Match(all));
        }
        let rooted = text.starts_with('/');
        Ok(GlobPattern {
            text: text.to_owned(),
            root: if rooted {
                PathBuf::from("/")
            } else {
                root.to_owned()
            },
            absolute: absolute || rooted,
            parts,
            only_dirs,
            except: None,
        })
    }

    /// Reads what follows `~/` in a pattern; it gives absolute paths. `text` is all of it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where in the text.
    pub(in crate::app::config) fn below(
        home: &Path,
        rest: &str,
        text: &str,
    ) -> Result<GlobPattern, (usize, String)> {
        let before = text.len() - rest.len();
        let pattern = GlobPattern::new(rest, home, true);
        let pattern = pattern.map_err(|(offset, reason)| (before + offset, reason))?;
        Ok(GlobPattern {
            text: text.to_owned(),
            ..pattern
        })
    }

    /// Passes over this directory wherever a wildcard would find it.
    #[must_use]
    pub(in crate::app::config) fn without(self, except: Option<&Path>) -> GlobPattern {
        GlobPattern {
            except: except.map(Path::to_owned),
            ..self
        }
    }

    /// What there is to say where nothing matches.
    pub(in crate::app::config) fn nothing(&self) -> String {
        let named = self.parts.iter().map_while(|part| match part {
            Part::Literal(name) => Some(name),
            Part::Match(_) | Part::Any => None,
        });
        let few = named.clone().count() < self.parts.len();
        let mut begin = self.root.clone();
        begin.extend(named);
        let lacks = (few && !begin.is_dir()).then(|| format!(": there is no directory {}", begin.display()));
        format!("no file matches {}{}", self.text, lacks.unwrap_or_default())
    }

    /// Whether a look at so many directories shows that nothing matches. It blocks.
    pub(in crate::app::config) fn is_known_to_find_nothing(&self) -> bool {
        const DIRECTORIES: usize = 10_000;
        let mut walk = self.walk();
        walk.directories_left = Some(DIRECTORIES);
        walk.next().is_none() && walk.directories_left != Some(0)
    }

    /// Whether this is the directory that is passed over.
    fn passes_over(&self, dir: &Path, name: &OsStr) -> bool {
        let Some(except) = &self.except else { return false };
        if except.file_name() != Some(name) {
            return false;
        }
        let id = |path: &Path| path.metadata().ok().map(|meta| (meta.dev(), meta.ino()));
        id(except).is_some_and(|except| id(&dir.join(name)) == Some(except))
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn walk(&self) -> Walk {
        Walk {
            pattern: self.clone(),
            open: vec![Open {
                base: PathBuf::new(),
                names: vec![OsString::new()].into_iter(),
                part: 0,
            }],
            directories_left: None,
        }
    }
}

/// The walk: directories that are open, the innermost last.
pub(super) struct Walk {
    pattern: GlobPattern,
    open: Vec<Open>,
    /// How many directories may still be read; none: all that there are.
    directories_left: Option<usize>,
}

/// Names of one directory that are still to be looked into, each against the pattern from `part` on.
struct Open {
    base: PathBuf,
    names: std::vec::IntoIter<OsString>,
    part: usize,
}

impl Iterator for Walk {
    type Item = Result<Args, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let open = self.open.last_mut()?;
            let Some(name) = open.names.next() else {
                self.open.pop();
                continue;
            };
            let path = if name.is_empty() {
                open.base.clone()
            } else {
                open.base.join(name)
            };
            let part = open.part;
            let place = self.pattern.root.join(&path);
            let Some(kind) = self.pattern.parts.get(part) else {
                let meta = std::fs::metadata(&place);
                let there = if self.pattern.only_dirs {
                    meta.is_ok_and(|meta| meta.is_dir())
                } else {
                    meta.is_ok() || place.symlink_metadata().is_ok()
                };
                if there && !path.as_os_str().is_empty() {
                    return Some(Ok(Args::one(if self.pattern.absolute { place } else { path })));
                }
                continue;
            };
            let recursive = matches!(kind, Part::Any);
            if let Some(left) = self
                .directories_left
                .as_mut()
                .filter(|_| !matches!(kind, Part::Literal(_)))
            {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    return None;
                }
            }
            let found = match kind {
                Part::Literal(name) => Ok(vec![OsString::from(name)]),
                // Of a name that is not UTF-8 each bad byte counts as one character.
                Part::Match(matching) => names(&place, |name, _| {
                    matching.matches_with(&name.to_string_lossy(), AS_IN_A_SHELL)
                        && !self.pattern.passes_over(&place, name)
                }),
                Part::Any => names(&place, |name, is_dir| {
                    is_dir && !hidden(name) && !self.pattern.passes_over(&place, name)
                }),
            };
            let error = match found {
                Ok(names) if recursive => {
                    // First what is in this directory itself, then what is below.
                    self.push(path.clone(), names, part);
                    self.push(path, vec![OsString::new()], part + 1);
                    continue;
                }
                Ok(names) => {
                    self.push(path, names, part + 1);
                    continue;
                }
                Err(error) => error,
            };
            return Some(Err(bad(
                place.display().to_string(),
                format!("cannot be searched: {error}"),
            )));
        }
    }
}

impl Walk {
    fn push(&mut self, base: PathBuf, names: Vec<OsString>, part: usize) {
        self.open.push(Open {
            base,
            names: names.into_iter(),
            part,
        });
    }
}

fn hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

/// The names in a directory that fit, sorted. What is no directory, or gone, has none.
fn names(dir: &Path, fits: impl Fn(&OsStr, bool) -> bool) -> io::Result<Vec<OsString>> {
    let dir = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = entry.file_name();
        if fits(&name, is_dir) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt as _;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "a/1.jpg",
            "a/2.png",
            "a/.hidden.jpg",
            "a/b/3.jpg",
            "a/b/c/4.jpg",
            ".git/5.jpg",
            "6.jpg",
            "a/x[1].jpg",
        ] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        dir
    }

    fn found(dir: &Path, pattern: &str) -> Vec<String> {
        GlobPattern::new(pattern, dir, false)
            .unwrap()
            .walk()
            .map(|args| args.unwrap().positional[0].to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn it_matches_as_a_shell_does() {
        let tree = tree();
        let at = |pattern: &str| found(tree.path(), pattern);
        assert_eq!(at("a/*.jpg"), ["a/1.jpg", "a/x[1].jpg"]);
        assert_eq!(at("a/?.[jp]*"), ["a/1.jpg", "a/2.png"]);
        assert_eq!(
            at("**/*.jpg"),
            ["6.jpg", "a/1.jpg", "a/x[1].jpg", "a/b/3.jpg", "a/b/c/4.jpg"]
        );
        assert_eq!(at("a/**/c/*"), ["a/b/c/4.jpg"]);
        assert_eq!(at("a/.h*"), ["a/.hidden.jpg"]);
        assert_eq!(at("a/*/"), ["a/b"]);
        assert_eq!(at("a/b/3.jpg"), ["a/b/3.jpg"]);
        assert_eq!(at("*/[0-9].jpg"), ["a/1.jpg"]);
        assert_eq!(at("a/b/**"), ["a/b/3.jpg", "a/b/c", "a/b/c/4.jpg"]);
        assert!(at("none/*.jpg").is_empty());
        assert!(at("a/none.jpg").is_empty());
        assert!(at("6.jpg/*").is_empty());
    }

    #[test]
    fn absolute_patterns_and_those_asked_to_be_give_absolute_paths() {
        let tree = tree();
        let pattern = format!("{}/a/*.png", Pattern::escape(&tree.path().display().to_string()));
        let want = tree.path().join("a/2.png").display().to_string();
        assert_eq!(
            found(Path::new("/nowhere"), &pattern),
            std::slice::from_ref(&want)
        );
        let args = GlobPattern::new("a/*.png", tree.path(), true)
            .unwrap()
            .walk()
            .next()
            .unwrap()
            .unwrap();
        assert_eq!(args.positional, [OsString::from(want)]);
    }

    #[test]
    fn names_that_are_not_utf8_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let name = OsString::from_vec(b"\xE9t\xE9.txt".to_vec());
        std::fs::write(dir.path().join(&name), "").unwrap();
        let args = GlobPattern::new("*.txt", dir.path(), false)
            .unwrap()
            .walk()
            .next()
            .unwrap()
            .unwrap();
        assert_eq!(args.positional, [name]);
    }

    #[test]
    fn a_link_to_its_own_directory_ends() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("x.txt"), "").unwrap();
        std::os::unix::fs::symlink(".", dir.path().join("loop")).unwrap();
        assert_eq!(found(dir.path(), "**/*.txt"), ["x.txt"]);
    }

    #[test]
    fn directories_are_read_when_it_comes_to_them() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
            std::fs::write(dir.path().join(name).join("1"), "").unwrap();
        }
        let mut walk = GlobPattern::new("*/*", dir.path(), false).unwrap().walk();
        assert_eq!(walk.next().unwrap().unwrap().to_string(), "a/1");
        std::fs::write(dir.path().join("b/2"), "").unwrap();
        assert_eq!(
            walk.map(|args| args.unwrap().to_string()).collect::<Vec<_>>(),
            ["b/1", "b/2"]
        );
    }

    #[test]
    fn mistakes_have_a_place() {
        let error = GlobPattern::new("out/[a-/x", Path::new("/"), false).unwrap_err();
        assert_eq!(error.0, 4);
        assert!(GlobPattern::new("a/b**c", Path::new("/"), false).is_err());
    }
}
