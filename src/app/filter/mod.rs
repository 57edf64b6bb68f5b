//! The one language in which lists are searched: of tasks, groups, pools and warnings, on the screen and on the command
//! line. It knows neither a session nor a screen: whatever can be looked for is a [`Subject`].
//!
//! ```
//! use taskpool_tui::app::filter::Filter;
//!
//! let filter: Filter = "state:failed,timed-out time>5s -arg~jpg$".parse().unwrap();
//! assert_eq!(filter.to_string(), "state:failed,timed-out time>5s -arg~jpg$");
//! let bad = "time>5s state:bogus".parse::<Filter>().unwrap_err();
//! assert_eq!((bad.place, &*bad.reason), (14..19, "no such state: bogus"));
//! ```

mod eval;
mod expr;
mod fields;
mod mask;
mod parse;
mod rows;
#[cfg(test)]
mod tests;
mod values;

pub use eval::Subject;
pub use expr::Filter;
pub(crate) use fields::language_lines;
pub use fields::{FIELDS, Field, FieldRow, language_markdown};
pub(crate) use mask::Bounds;
pub use parse::BadFilter;
