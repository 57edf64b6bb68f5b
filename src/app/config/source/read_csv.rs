//! A CSV source as it stands in a config.

use super::read::{Use, input};
use super::{From, Input, Shape};
use crate::app::config::check::Known;
use crate::app::config::error::{ConfigError, quoted};
use crate::app::config::section::{At, Section, Span};
use toml::de::DeValue;

pub(super) fn csv(section: &mut Section<'_, '_>, shape: Shape, at: &mut Use<'_>) -> Option<(From, Known)> {
    let header = section.switch("header").unwrap_or(false);
    let delimiter = delimiter(section)?;
    if shape == Shape::Keyword && !header {
        section.push(
            ConfigError::at(
                section.key_span("csv")?,
                "`doublestarmap` needs the names of the columns",
            )
            .help("set header = true, if the first record names them; else use `starmap` with `args_iter`"),
        );
        return None;
    }
    let At { value: input, span } = input(section, "csv", at.dir)?;
    let mut known = Known::Nothing;
    if let Input::File(path) = &input
        && path.is_file()
    {
        let first = super::first_record(path, delimiter);
        if let Ok(Some(first)) = &first
            && let Some((field, other)) = first.other_delimiter(delimiter)
        {
            let doubt = one_field(&field, other, span.clone());
            if shape == Shape::Keyword {
                // There is no such name of a variable or a placeholder.
                section.push(doubt);
                return None;
            }
            at.warnings.push(doubt);
        }
        let columns = first.and_then(|first| match first {
            Some(first) => first.columns(),
            None => Err("it has no header: it is empty".to_owned()),
        });
        match columns {
            _ if !header => {}
            Ok(names) if shape == Shape::Keyword => known = Known::Columns(At { value: names, span }),
            Ok(names) => {
                known = Known::Count(At {
                    value: names.len(),
                    span,
                });
            }
            Err(reason) if shape == Shape::Keyword => {
                section.push(ConfigError::at(span, "the header cannot be used").label(reason));
                return None;
            }
            // By position the header is passed over, whatever it is.
            Err(_) => {}
        }
    }
    let from = From::Csv {
        input,
        header,
        delimiter,
    };
    Some((from, known))
}

/// What stands between two fields: one byte that is neither a quote nor the end of a line.
fn delimiter(section: &mut Section<'_, '_>) -> Option<u8> {
    let Some((kind, value)) = section.raw("delimiter") else {
        return Some(b',');
    };
    let DeValue::String(text) = value.get_ref() else {
        section.wrong("delimiter", kind, value);
        return None;
    };
    match *text.as_bytes() {
        [byte @ (b'\t' | b' '..=b'~')] if byte != b'"' => Some(byte),
        _ => {
            section.push(
                ConfigError::at(
                    value.span(),
                    format!("{} cannot stand between two fields", quoted(text)),
                )
                .label(format!("expected {}", kind.expected())),
            );
            None
        }
    }
}

/// A file whose first record is one field, which another delimiter would make several of.
fn one_field(field: &str, other: char, span: Span) -> ConfigError {
    let other = other.escape_debug();
    ConfigError::at(span, format!("its first record is one field: {}", quoted(field)))
        .label(format!("are the fields separated by `{other}`?"))
        .help(format!("if so, write delimiter = \"{other}\""))
}
