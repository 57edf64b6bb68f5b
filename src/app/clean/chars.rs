//! Which characters can hide or reorder text, and which need others of their kind.

/// The most combining marks that stay on one character.
pub(super) const MAX_MARKS: usize = 8;

/// Characters that combine with the one before them without limit.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Variation selectors.
pub(super) fn is_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a script writes this character in several forms that the selector tells apart: Mongolian with its own
/// selectors; Han ideographs, Myanmar and Phags-pa with the general ones. Behind any other character a selector
/// shows nothing, and can carry a hidden text.
pub(super) fn has_variants(base: char, selector: char) -> bool {
    match selector {
        '\u{180b}'..='\u{180f}' => matches!(base, '\u{1820}'..='\u{18aa}'),
        _ => {
            matches!(base, '\u{3005}' | '\u{3007}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
            | '\u{1000}'..='\u{109f}' | '\u{a840}'..='\u{a877}')
        }
    }
}

/// Whether a character can make a text look like another one: it shows nothing by itself, or acts on the
/// text around it. A line of text may need some of them (joiners, selectors); what identifies a thing, and a
/// format whose readers undo its escapes, can do without.
pub(in crate::app) fn is_deceptive(c: char) -> bool {
    is_invisible(c) || is_selector(c)
}

/// Adds what a cell of a terminal shows, one character and what combines with it, so that it takes as many cells
/// as there: a character that may deceive becomes `�`, and what would go with it unseen is left out.
pub(in crate::app) fn push_cell(line: &mut String, contents: &str, wide: bool) {
    let mut chars = contents.chars();
    match chars.next() {
        Some(c) if is_deceptive(c) => line.push_str(if wide { "\u{fffd} " } else { "\u{fffd}" }),
        base => line.extend(base),
    }
    line.extend(chars.filter(|c| !is_deceptive(*c)).take(MAX_MARKS));
}

/// What of a text can make it look like another one, with its places: deceptive characters, and more combining marks
/// than stay on one character.
pub(in crate::app) fn deceptions(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut marks = 0;
    text.char_indices().filter(move |(_, c)| {
        marks = if is_mark(*c) { marks + 1 } else { 0 };
        marks > MAX_MARKS || is_deceptive(*c)
    })
}

/// Whether a character shows nothing by itself, or acts on the text around it.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}'        // soft hyphen, grapheme joiner, Arabic letter mark
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
            | '\u{17b4}' | '\u{17b5}'               // Khmer inherent vowels
            | '\u{180e}'                            // Mongolian vowel separator
            | '\u{200b}'..='\u{200f}'               // zero-width, joiners, direction marks
            | '\u{2028}'..='\u{202e}'               // line and paragraph separators, bidi embedding
            | '\u{2060}'..='\u{206f}'               // word joiner, invisible operators, bidi isolates
            | '\u{fdd0}'..='\u{fdef}'               // never characters
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}'  // zero-width no-break space, annotations
            | '\u{fffe}' | '\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}'             // shorthand format
            | '\u{1d173}'..='\u{1d17a}'             // musical format
            | '\u{e0000}'..='\u{e0fff}') // tags
}

/// Scripts whose spelling needs the joiners U+200C and U+200D: Arabic, Syriac, `NKo`, the scripts of India,
/// Sinhala, Tibetan, Myanmar, Khmer, Mongolian.
pub(super) fn uses_joiners(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
        && !is_invisible(c)
        && !is_selector(c)
}
