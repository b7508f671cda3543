//! The languages beside Node that examples and tests are written in.

use std::path::PathBuf;

use anyhow::Result;

use crate::program::{self, Variables, Wanted};

const WANTED: [Wanted; 3] = [
    Wanted {
        what: "Python 3 with `cryptography`",
        variable: "PYTHON",
        names: &["python3"],
        // Where another one comes before it on PATH, the system's is the one that Debian's package is for.
        places: &["/usr/bin/python3"],
        proof: &["-c", "import cryptography"],
    },
    Wanted {
        what: "PHP 8 with sodium",
        variable: "PHP",
        names: &["php"],
        places: &[],
        proof: &["-r", "exit(PHP_VERSION_ID >= 80000 && extension_loaded('sodium') ? 0 : 1);"],
    },
    Wanted {
        what: "Ruby 3 with openssl",
        variable: "RUBY",
        names: &["ruby"],
        places: &[],
        proof: &["-ropenssl", "-e", "exit RUBY_VERSION >= '3'"],
    },
];
const DEBIAN: [&str; 4] = ["python3", "python3-cryptography", "php-cli", "ruby"];
const ADVICE: &str = "install Python 3 with its package `cryptography` (`pip install cryptography`), PHP 8 with sodium, and Ruby 3, \
    on PATH or named by PYTHON, PHP and RUBY";

/// Makes sure of Python, PHP and Ruby, as the variables by which tests are told where each is.
pub fn ready() -> Result<Variables> {
    let programs = program::ready(&WANTED, &DEBIAN, ADVICE)?;
    Ok(Variables(WANTED.iter().map(|wanted| wanted.variable).zip(programs).collect()))
}

/// What programs of PyPI are installed with. Debian has the module `venv` in a package of its own.
const VENV: [Wanted; 1] = [Wanted {
    what: "Python 3.10 with `venv`",
    variable: "PYTHON",
    names: &["python3"],
    places: &["/usr/bin/python3"],
    proof: &["-c", "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))"],
}];

/// Makes sure of a Python that makes virtual environments.
pub fn python() -> Result<PathBuf> {
    let advice = "install Python 3.10 or newer with its module `venv`, on PATH or named by PYTHON";
    let [python] = program::ready(&VENV, &["python3", "python3-venv"], advice)?;
    Ok(python)
}
