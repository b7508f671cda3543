//! Takes comments and needless white space out of the style sheet of the hosted page. (The npm package has a bundler.)

use std::{env, fs, path::Path};

fn main() {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let source = Path::new("src/style.css");
    println!("cargo::rerun-if-changed={}", source.display());
    let written = fs::read_to_string(source).expect("the style sheet is part of this crate");
    fs::write(Path::new(&out).join("style.css"), tightened(&written)).expect("OUT_DIR can be written");
}

/// Drops comments, folds white space, and drops it where CSS never needs it: around `{`, `}` and `;`, and after `,`.
/// Spaces around `:` `+` `>` `(` are left alone, since in selectors and `calc()` they can mean something.
fn tightened(css: &str) -> String {
    let mut bare = String::new();
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    let mut tight = bare.split_whitespace().collect::<Vec<_>>().join(" ");
    for (loose, close) in
        [(" {", "{"), ("{ ", "{"), (" }", "}"), ("} ", "}"), ("; ", ";"), (", ", ","), (";}", "}")]
    {
        tight = tight.replace(loose, close);
    }
    tight
}
