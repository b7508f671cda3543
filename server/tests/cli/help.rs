//! What the command says of itself.

use std::process::Command;

use crate::run;

#[test]
fn a_shell_completes_what_there_is() {
    let directory = tempfile::tempdir().expect("a directory");
    for shell in ["bash", "zsh", "fish"] {
        let script = run(directory.path(), &["completions", shell]);
        assert!(script.status.success());
        let script = String::from_utf8(script.stdout).expect("text");
        assert!(script.contains("replay-webhooks") && script.contains("even-pending"), "{shell}");
        std::fs::write(directory.path().join(shell), script).expect("a script");
    }
    // What bash itself makes of it. The other two may not be there.
    let words = ". ./bash; COMP_WORDS=(farewell exp) COMP_CWORD=1; _farewell farewell exp farewell; echo ${COMPREPLY[@]}";
    let completed = Command::new("bash").args(["-c", words]).current_dir(directory.path()).output();
    let completed = completed.expect("bash");
    assert_eq!(String::from_utf8_lossy(&completed.stdout).trim(), "export");
    assert_eq!(run(directory.path(), &["completions", "cmd"]).status.code(), Some(2));
}

#[test]
fn help_teaches() {
    let directory = tempfile::tempdir().expect("a directory");
    let help = run(directory.path(), &["--help"]);
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for word in [
        "serve",
        "lint",
        "keys create",
        "ledger import",
        "receipts test",
        "declarations list",
        "farewell.toml",
        "Examples",
        "curl",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
}
