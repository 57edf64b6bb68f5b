//! Text that is safe to show.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One line of text that can be written to any terminal, file or peer: whatever could move the cursor,
/// change colours, reorder or hide text has been made visible.
///
/// Text from tasks, arguments, names, paths and peers is data. It becomes a `Clean` at the place where it
/// enters what is shown, and the widgets take nothing else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Clean(Box<str>);

impl Clean {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for Clean {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Clean {
    fn from(text: &str) -> Self {
        Clean(text.into())
    }
}

impl From<String> for Clean {
    fn from(text: String) -> Self {
        Clean::from(&*text)
    }
}

impl From<Clean> for String {
    fn from(clean: Clean) -> String {
        clean.0.into()
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}
