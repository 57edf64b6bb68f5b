//! The scripts of functions.

use super::error::ConfigError;
use super::func::inside;
use super::model::FuncKind;
use super::section::{At, Section};
use super::{Context, script};

/// Reads `shell`, and warns of what is doubtful in it.
pub(super) fn shell(
    section: &mut Section<'_, '_>,
    func: &str,
    at: &Context<'_>,
    warnings: &mut Vec<ConfigError>,
) -> Option<FuncKind> {
    let At { value: script, span } = section.text("shell")?;
    if let Some((placeholder, instead)) = placeholder_in(&script) {
        section.push(
            ConfigError::at(span, format!("`{placeholder}` is not put in by a shell"))
                .label("arguments never become part of the script")
                .help(format!(
                    "write {instead}, with the quotation marks; arguments by keyword are variables: \"$host\""
                )),
        );
        return None;
    }
    for (place, doubt) in script::doubts(&script) {
        warnings.push(doubt.warning(func, inside(span.clone(), &script, place, at.text)));
    }
    Some(FuncKind::Shell { script })
}

/// A placeholder in a script, and what to write in its place. `${1}`, `%{x}` and the `{4}` of a regular
/// expression are none.
fn placeholder_in(script: &str) -> Option<(&str, String)> {
    let uses_braces = ["find", "xargs", "fd", "parallel"].iter().any(|tool| {
        script
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == *tool)
    });
    let mut at = 0;
    while let Some(found) = script[at..].find('{') {
        let open = at + found;
        at = open + 1;
        let length = script[open..].find('}')?;
        let inside = &script[at..open + length];
        let before = script[..open].chars().next_back().unwrap_or(' ');
        if matches!(before, '$' | '%' | '\\' | '{') {
            continue;
        }
        let (which, part) = inside.split_once(':').unwrap_or((inside, ""));
        let number = if which.is_empty() {
            Some(0)
        } else {
            which.parse::<u16>().ok()
        };
        let Some(number) = number.map(|number| u32::from(number) + 1) else {
            continue;
        };
        let variable = match part {
            "" if which.is_empty() && uses_braces => continue,
            // A repetition in a regular expression comes after what it repeats.
            "" if number > 1 && (before.is_alphanumeric() || matches!(before, ']' | ')' | '.')) => continue,
            "" => format!("\"${number}\""),
            "name" => format!("\"${{{number}##*/}}\""),
            "dir" => format!("\"$(dirname -- \"${number}\")\""),
            "ext" => format!("\"${{{number}##*.}}\""),
            "stem" => format!("\"$(basename -- \"${{{number}%.*}}\")\""),
            _ => continue,
        };
        return Some((&script[open..=open + length], variable));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_in_a_script_are_found_and_what_a_shell_means_is_left_alone() {
        for (script, instead) in [
            ("gzip {0}", "\"$1\""),
            ("gzip {}", "\"$1\""),
            ("cp '{0}' {1}", "\"$1\""),
            ("x {2}", "\"$3\""),
            ("cat {0:name}", "\"${1##*/}\""),
            ("cat a{0}", "\"$1\""),
        ] {
            assert_eq!(placeholder_in(script).unwrap().1, instead, "{script}");
        }
        for script in [
            "gzip \"${1}\"",
            "curl -w '%{http_code}' \"$1\"",
            "grep -E '[0-9]{4}' x",
            "awk '{print $1}'",
            "{ a; b; }",
            "find . -exec rm {} \\;",
            "echo ${host:-none}",
            "echo {a,b} {1..3}",
            "unclosed {",
        ] {
            assert_eq!(placeholder_in(script), None, "{script}");
        }
    }
}
