//! Pasted text as arguments: each line is an element, as a source of the config would read it.

use super::source::{Elements, LONGEST, Shape, of_text};
use crate::app::count::counted;
use crate::app::new_group::{GroupMethod, quoted};
use std::ffi::OsString;
use std::fmt::Write as _;

/// The most lines that are taken.
const MOST_PASTED: usize = 10_000;

/// Makes a list of pasted lines, as a config has it: for `map` and `apply` each line is an argument; for `starmap` and
/// `doublestarmap` it is a CSV record (the first one names the columns) or a JSON value. Empty lines are left out.
/// Says how many elements there are.
///
/// # Errors
///
/// There are too many, or a line is none. A part of them is never taken.
pub(in crate::app) fn pasted(text: &str, method: GroupMethod) -> Result<(String, usize), String> {
    // Terminals send the ends of lines as they like.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > MOST_PASTED {
        return Err(format!(
            "{} were pasted, and {MOST_PASTED} are the most: put them into a file, and name that: {{ lines = \"list.txt\" }}",
            counted(lines.len(), "line", "lines")
        ));
    }
    let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
    if bytes > LONGEST {
        return Err(format!(
            "{bytes} bytes were pasted, and {LONGEST} are the most: put them into a file, and name that: {{ lines = \"list.txt\" }}"
        ));
    }
    let json = lines
        .first()
        .is_some_and(|line| line.trim_start().starts_with(['{', '[']));
    let (shape, json) = match method {
        GroupMethod::Apply | GroupMethod::Map => (Shape::One, false),
        GroupMethod::Starmap => (Shape::Positional, json),
        GroupMethod::Doublestarmap => (Shape::Keyword, json),
    };
    let delimiter = lines.first().map_or(b',', |first| delimiter_of(first));
    let elements = of_text(lines.join("\n"), shape, json, delimiter).map_err(|error| error.to_string())?;
    list(elements, shape)
}

/// What separates the fields of a record: a comma; a tab, as spreadsheets copy cells; or a semicolon.
fn delimiter_of(record: &str) -> u8 {
    let found = [b',', b'\t', b';'].into_iter();
    let mut found = found.filter(|byte| record.as_bytes().contains(byte));
    found.next().unwrap_or(b',')
}

/// The elements as a list of TOML, each on a line of its own.
fn list(elements: Elements, shape: Shape) -> Result<(String, usize), String> {
    let mut text = "[\n".to_owned();
    let mut count = 0;
    for element in elements {
        let args = element.map_err(|error| error.to_string())?;
        let value = |value: &OsString| quoted(&value.to_string_lossy());
        let positional: Vec<String> = args.positional.iter().map(value).collect();
        let pair = |(name, given): &(String, OsString)| format!("{} = {}", key(name), value(given));
        let element = match shape {
            Shape::One => positional.concat(),
            Shape::Positional => format!("[{}]", positional.join(", ")),
            Shape::Keyword => format!(
                "{{ {} }}",
                args.keyword.iter().map(pair).collect::<Vec<_>>().join(", ")
            ),
        };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "    {element},");
        count += 1;
    }
    text.push(']');
    Ok((text, count))
}

/// A keyword as TOML has it.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list_of(text: &str, method: GroupMethod) -> String {
        let (list, _) = pasted(text, method).unwrap();
        list.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_line_is_an_element_of_the_shape_that_the_method_needs() {
        let hosts = "a.example\r\nb \"c\"\r\r\n  d\t\n";
        assert_eq!(
            list_of(hosts, GroupMethod::Map),
            r#"[ "a.example", "b \"c\"", " d\t", ]"#
        );
        assert_eq!(pasted(hosts, GroupMethod::Apply).unwrap().1, 3);
        assert_eq!(
            list_of("a,1\n\"b, c\",2\n", GroupMethod::Starmap),
            r#"[ ["a", "1"], ["b, c", "2"], ]"#
        );
        assert_eq!(
            list_of("host,the port\na,1\n", GroupMethod::Doublestarmap),
            r#"[ { host = "a", "the port" = "1" }, ]"#
        );
        for text in ["host;port\na;1,5\n", "\u{feff}host\tport\r\na\t1,5\r\n"] {
            assert_eq!(
                list_of(text, GroupMethod::Doublestarmap),
                r#"[ { host = "a", port = "1,5" }, ]"#,
                "as a spreadsheet gives it"
            );
        }
        assert_eq!(
            list_of("[\"a\", 1]\n[\"b\"]", GroupMethod::Starmap),
            r#"[ ["a", "1"], ["b"], ]"#
        );
        assert_eq!(
            list_of("{\"host\": \"a\"}", GroupMethod::Doublestarmap),
            r#"[ { host = "a" }, ]"#
        );
        assert_eq!(
            list_of("{\"host\": 1}", GroupMethod::Map),
            r#"[ "{\"host\": 1}", ]"#,
            "what map gets is text"
        );
    }

    #[test]
    fn too_much_is_refused_as_a_whole_with_the_remedy() {
        let said = pasted(&"x\n".repeat(MOST_PASTED + 1), GroupMethod::Map).unwrap_err();
        assert!(
            said.starts_with("10001 lines were pasted, and 10000 are the most: put them into a file"),
            "{said}"
        );
        let said = pasted(&"x".repeat(LONGEST), GroupMethod::Map).unwrap_err();
        assert!(said.contains("1048576 are the most"), "{said}");
        assert_eq!(
            pasted(&"x\n".repeat(MOST_PASTED), GroupMethod::Map).unwrap().1,
            MOST_PASTED
        );
        let said = pasted("a,b\n1,2\n3\n", GroupMethod::Doublestarmap).unwrap_err();
        assert_eq!(said, "pasted text:3: the record has 1 field, the header 2");
    }
}
