//! Every method of the engine has an example that runs: `cargo test --doc` runs them, this holds that they are there.

use std::fs;
use std::path::Path;

/// What is public in a source file and has no example of its own, as `line: name`. Such a thing is a `pub fn`, or a
/// method of a `pub trait`; how many there are of either kind comes second.
fn without_example(text: &str) -> (Vec<String>, usize) {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let (mut missing, mut seen) = (Vec::new(), 0);
    let (mut doc, mut in_attribute, mut in_trait) = (Vec::new(), false, false);
    for (number, whole) in (1..).zip(text[..end].lines()) {
        let line = whole.trim();
        in_trait = whole.starts_with("pub trait ") || (in_trait && whole != "}");
        if let Some(comment) = line.strip_prefix("///") {
            doc.push(comment.trim());
        } else if in_attribute || line.starts_with("#[") {
            // It may stand between a comment and what the comment is for.
            in_attribute = !line.ends_with(']');
        } else {
            if let Some(name) = function(line.strip_prefix("pub ").or(in_trait.then_some(line))) {
                seen += 1;
                if !has_example(&doc) {
                    missing.push(format!("{number}: {name}"));
                }
            }
            doc.clear();
        }
    }
    (missing, seen)
}

/// The name of the function that is declared here, if one is.
fn function(declared: Option<&str>) -> Option<&str> {
    let mut words = declared?.split_whitespace();
    words
        .find(|word| !matches!(*word, "async" | "const" | "unsafe"))?
        .eq("fn")
        .then_some(())?;
    words.next()?.split(['(', '<']).next()
}

/// Whether there is code that runs and claims something.
fn has_example(doc: &[&str]) -> bool {
    let mut fence = None;
    doc.iter().any(|line| {
        if let Some(kind) = line.strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(kind) };
        }
        matches!(fence, Some("" | "rust")) && line.contains("assert")
    })
}

#[test]
fn every_method_of_the_engine_has_an_example_that_claims_something() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut missing, mut seen) = (Vec::new(), 0);
    let mut paths = vec![root.join("src/pool")];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder of the checkout");
            paths.extend(entries.map(|entry| entry.expect("an entry of that folder").path()));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let (found, all) = without_example(&fs::read_to_string(&path).expect("a source file"));
            let name = path.strip_prefix(root).unwrap_or(&path).display();
            missing.extend(found.into_iter().map(|method| format!("{name}:{method}")));
            seen += all;
        }
    }
    assert!(seen >= 60, "only {seen} methods were looked at");
    assert!(
        missing.is_empty(),
        "no example that asserts something:\n{}",
        missing.join("\n")
    );
}

#[test]
fn a_missing_example_is_found_wherever_it_may_be_missing() {
    let text = r#"
/// A free function.
pub fn free() {}

impl Thing {
    /// ```
    /// assert!(true);
    /// ```
    #[must_use = "it stands between"]
    pub const fn good(self) -> Self {}
    /// Nothing is asserted.
    ///
    /// ```
    /// Thing.bare();
    /// ```
    pub async fn bare<F>(
        f: F,
    ) {}
    /// ```text
    /// assert!(not code)
    /// ```
    pub fn text() {}
    pub fn silent() {}
    pub(crate) fn inner() {}
    fn own() {}
}

pub trait Shape {
    /// Draws it.
    fn draw(&self);
    /// ```
    /// assert!(true);
    /// ```
    fn fine(&self) {
        self.draw();
    }
}

trait Inner {
    fn inner();
}

#[cfg(test)]
mod tests {
    pub fn not_looked_at() {}
}
"#;
    let (missing, seen) = without_example(text);
    let names: Vec<&str> = missing.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(names, ["free", "bare", "text", "silent", "draw"]);
    assert_eq!(seen, 7);
}
