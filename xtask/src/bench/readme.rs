//! The parts of the README that are measured.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Puts texts between the marks that have their names.
pub fn write(parts: &[(&str, String)]) -> Result<()> {
    let path = workspace::root().join("README.md");
    let mut readme =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", workspace::short(&path)))?;
    for (name, text) in parts {
        readme = replaced(&readme, name, text)?;
    }
    fs::write(&path, readme).with_context(|| format!("cannot write {}", workspace::short(&path)))?;
    println!("==> {} has these tables now", workspace::short(&path));
    Ok(())
}

fn replaced(readme: &str, name: &str, text: &str) -> Result<String> {
    let begin = format!("<!-- measured: {name} -->\n");
    let end = format!("<!-- end: {name} -->");
    let mut parts = readme.split(&begin);
    let (Some(before), Some(rest), None) = (parts.next(), parts.next(), parts.next()) else {
        bail!("README.md needs the line `{}` exactly once", begin.trim());
    };
    let Some((_, after)) = rest.split_once(&end) else {
        bail!("README.md has no `{end}` after `{}`", begin.trim());
    };
    Ok(format!("{before}{begin}\n{}\n\n{end}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "before\n<!-- measured: ours -->\nold\n<!-- end: ours -->\nafter\n";

    #[test]
    fn what_is_between_the_marks_is_replaced_and_nothing_else() {
        let once = replaced(README, "ours", "new").unwrap();
        assert_eq!(once, "before\n<!-- measured: ours -->\n\nnew\n\n<!-- end: ours -->\nafter\n");
        assert_eq!(replaced(&once, "ours", "new").unwrap(), once);
    }

    #[test]
    fn missing_marks_are_named() {
        let error = replaced(README, "theirs", "new").unwrap_err().to_string();
        assert!(error.contains("<!-- measured: theirs -->"), "{error}");
        let error = replaced("<!-- measured: ours -->\n", "ours", "new").unwrap_err().to_string();
        assert!(error.contains("<!-- end: ours -->"), "{error}");
    }

    #[test]
    fn the_readme_has_the_marks() {
        let readme = fs::read_to_string(workspace::root().join("README.md")).unwrap();
        for name in [super::super::size::README, super::super::visitor::README] {
            replaced(&readme, name, "new").unwrap();
        }
    }
}
