//! Signals and their names.

use rustix::process::Signal;

/// Every signal that has a name here, in the order in which they are offered.
const NAMES: [(&str, Signal); 28] = [
    ("TERM", Signal::TERM),
    ("INT", Signal::INT),
    ("HUP", Signal::HUP),
    ("KILL", Signal::KILL),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
    ("STOP", Signal::STOP),
    ("CONT", Signal::CONT),
    ("QUIT", Signal::QUIT),
    ("WINCH", Signal::WINCH),
    ("ALRM", Signal::ALARM),
    ("ABRT", Signal::ABORT),
    ("PIPE", Signal::PIPE),
    ("TSTP", Signal::TSTP),
    ("ILL", Signal::ILL),
    ("TRAP", Signal::TRAP),
    ("BUS", Signal::BUS),
    ("FPE", Signal::FPE),
    ("SEGV", Signal::SEGV),
    ("CHLD", Signal::CHILD),
    ("TTIN", Signal::TTIN),
    ("TTOU", Signal::TTOU),
    ("URG", Signal::URG),
    ("XCPU", Signal::XCPU),
    ("XFSZ", Signal::XFSZ),
    ("VTALRM", Signal::VTALARM),
    ("PROF", Signal::PROF),
    ("SYS", Signal::SYS),
];

/// A signal's name, without `SIG`.
pub fn signal_name(number: i32) -> Option<&'static str> {
    let found = NAMES.iter().find(|(_, signal)| signal.as_raw() == number);
    found.map(|(name, _)| *name)
}

/// The number of a signal that was written as `TERM`, `SIGTERM`, `term` or `15`.
///
/// # Errors
/// Why it is none.
pub fn signal_number(text: &str) -> Result<i32, String> {
    let text = text.trim();
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let found = NAMES
        .iter()
        .find(|(known, signal)| *known == name || text.parse() == Ok(signal.as_raw()));
    let (_, signal) =
        found.ok_or_else(|| format!("{text:?} is no signal: TERM, INT, HUP, USR1 … or a number"))?;
    Ok(signal.as_raw())
}

/// The signal with this number, if it is one of those.
pub(super) fn signal_of(number: i32) -> Option<Signal> {
    let found = NAMES.iter().find(|(_, signal)| signal.as_raw() == number);
    found.map(|(_, signal)| *signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_understood() {
        for text in ["TERM", "sigterm", " term ", "15"] {
            assert_eq!(signal_number(text), Ok(libc::SIGTERM), "{text}");
        }
        for (i, (name, signal)) in NAMES.iter().enumerate() {
            assert_eq!(signal_number(name), Ok(signal.as_raw()));
            assert_eq!(signal_name(signal.as_raw()), Some(*name));
            assert!(
                NAMES[i + 1..]
                    .iter()
                    .all(|(other, twin)| other != name && twin != signal)
            );
        }
        for text in ["", "0", "-1", "64", "SIG", "TERMINATE", "1 5"] {
            assert!(signal_number(text).is_err(), "{text}");
        }
        assert_eq!(signal_name(64), None);
    }
}
