//! What is shown of a config that was read again, and of what became of it.

use super::change::When;
use crate::app::clean::Clean;
use crate::app::dashboard::Settings;
use serde::{Deserialize, Serialize};

/// What a config says that was read again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reread {
    /// Nothing else than before.
    Same,
    /// Something else.
    Changed(Changes),
    /// Nothing that could be taken: the lines of the message that the command line would have.
    Faulty(Vec<Clean>),
}

/// What it says otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Changes {
    /// Which reading it is; a yes names it.
    pub number: u64,
    /// The changes, those of one part together.
    pub rows: Vec<Row>,
    /// A yes also agrees to run the file as it is now, for nobody has named it.
    pub agrees: bool,
}

impl Changes {
    /// Whether a yes would change anything now.
    pub fn applies(&self) -> bool {
        self.rows.iter().any(|row| row.when.applies())
    }
}

/// A change, for people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// What it is a part of: `pool fetch`.
    pub part: Clean,
    /// What is another: `size`.
    pub what: Clean,
    /// From what to what: `4 → 8`.
    pub text: Clean,
    /// From when on it counts.
    pub when: When,
    /// What becomes of it: `at once, 2 waiting tasks start`.
    pub effect: Clean,
    /// Why it could not be applied.
    pub refused: Option<Clean>,
}

/// What became of changes after a yes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Applied {
    /// In a line.
    pub text: String,
    /// Those that were refused.
    pub refused: Vec<Row>,
    /// How the files wanted the dashboard before, and want it now.
    pub settings: Box<(Settings, Settings)>,
}
