//! What `--help` says of each command below its options: examples that can be typed as they are, what the command changes, and its
//! exit codes.

use clap::Command;

/// What is taught about one command.
struct Lesson {
    /// The words of the command, such as `keys create`.
    command: &'static str,
    /// Lines to type. What a shell does with the rest of a line (`> file`) may follow.
    examples: &'static [&'static str],
    /// What is different afterwards.
    changes: &'static str,
    /// What exit code 1 means. 0 is always success, 2 always a wrong argument.
    fails: &'static str,
}

const LESSONS: &[Lesson] = &[
    Lesson {
        command: "serve",
        examples: &["farewell serve", "farewell serve --log json --log-level warn"],
        changes: "brings the database to this version; makes it and the server's own keys where there are none.",
        fails: "the server could not start; the sentence says what to do.",
    },
    Lesson {
        command: "init",
        examples: &[
            "farewell init",
            "farewell init --brand Acme --country US --billing ledger --yes",
            "farewell init --brand Acme --country DE,AT --url https://cancel.acme.example --site https://app.acme.example shop",
        ],
        changes: "writes farewell.toml into the directory, which is made if need be. A file that is there is never touched.",
        fails: "nothing was written; the sentence says why.",
    },
    Lesson {
        command: "simulate",
        examples: &[
            "farewell simulate --brand example",
            "farewell simulate --brand example --country US-CA --price 2400 --tenure-days 400",
            "farewell simulate --brand example --customer cus_1 --script too_expensive,answer,accept",
            "farewell simulate --brand example --country DE --locale de --script cancel --json",
        ],
        changes: "nothing.",
        fails: "the script names something that is not on the step, or the configuration is wrong.",
    },
    Lesson {
        command: "lint",
        examples: &["farewell lint", "farewell lint --config /etc/farewell/farewell.toml"],
        changes: "nothing, and asks nobody.",
        fails: "there is a mistake or a warning.",
    },
    Lesson {
        command: "migrate",
        examples: &["farewell migrate --check", "farewell migrate"],
        changes: "the database's tables, all steps or none. With --check nothing.",
        fails: "with --check: something is to be done. Without: the database is of a newer version, or cannot be opened.",
    },
    Lesson {
        command: "backup",
        examples: &[
            "farewell backup farewell-2026-11-21.db",
            "farewell backup /mnt/safe/farewell --with-keys",
        ],
        changes: "makes the copy, for your eyes only. Nothing is ever overwritten.",
        fails: "there is no copy, and nothing is left behind.",
    },
    Lesson {
        command: "restore",
        examples: &[
            "farewell restore farewell-2026-11-21.db",
            "farewell restore /mnt/safe/farewell --replace",
        ],
        changes: "the database, and the keys if they are in the backup. With --replace what was there is kept beside.",
        fails: "everything is as it was: a server is running, the backup is damaged, or something is there already.",
    },
    Lesson {
        command: "keys create",
        examples: &["farewell keys create --brand example", "farewell keys create --brand example --json"],
        changes: "adds the key's hash to the database. The key itself is shown once and kept nowhere.",
        fails: "no brand has this slug, or the database cannot be written.",
    },
    Lesson {
        command: "keys list",
        examples: &["farewell keys list", "farewell keys list --json"],
        changes: "nothing.",
        fails: "the database or a file of keys cannot be read.",
    },
    Lesson {
        command: "keys revoke",
        examples: &["farewell keys revoke 4be0643f-1d98-473b-97cd-ca98a65347dd"],
        changes: "the key is refused from the next request on. A signing key that only verifies is published no more: \
                  receipts it has signed cannot be checked any longer.",
        fails: "no valid key has this id, or it is in use.",
    },
    Lesson {
        command: "keys webhook",
        examples: &["farewell keys webhook --brand example"],
        changes: "makes the secret where there is none.",
        fails: "no brand has this slug, or the file cannot be read.",
    },
    Lesson {
        command: "keys rotate",
        examples: &[
            "farewell keys rotate signing",
            "farewell keys rotate sealing",
            "farewell keys rotate webhook --brand example",
        ],
        changes: "the file of the key. The previous one is still accepted, older ones are not; older signing keys stay \
                  published for the receipts they have signed. A running server follows within seconds.",
        fails: "the file cannot be written; then it is as it was.",
    },
    Lesson {
        command: "ledger import",
        examples: &["farewell ledger import ledger.json --brand example"],
        changes: "plans, customers and subscriptions of the brand in the ledger, all or nothing.",
        fails: "the file has a mistake, which is named with its place, or the brand does not use the ledger.",
    },
    Lesson {
        command: "ledger reset-sandbox",
        examples: &["farewell ledger reset-sandbox --brand example"],
        changes: "what sessions in the sandbox have changed of the brand's customers: the sandbox sees them as they are again.",
        fails: "the brand does not use the ledger.",
    },
    Lesson {
        command: "token",
        examples: &[
            "farewell token --brand example --customer cus_1",
            "farewell token --brand example --customer cus_1 --days 1 --sandbox --json",
        ],
        changes: "nothing: a token is signed, and kept nowhere.",
        fails: "the ledger has no such customer, or the brand does not use the ledger.",
    },
    Lesson {
        command: "stripe check",
        examples: &["farewell stripe check", "farewell stripe check --brand example --json"],
        changes: "nothing. What may be written is tried on what is not there.",
        fails: "a key may not do all that is needed, or Stripe does not say.",
    },
    Lesson {
        command: "stripe import",
        examples: &[
            "farewell stripe import --brand example",
            "farewell stripe import --brand example --sandbox --json",
        ],
        changes: "customers are remembered by id, address, name and country; those whom Stripe has no more are forgotten.",
        fails: "it is not finished. Run it again: it goes on from where it was.",
    },
    Lesson {
        command: "sessions list",
        examples: &[
            "farewell sessions list --brand example --state ended --since 2026-11-01",
            "farewell sessions list --customer cus_1 --json",
        ],
        changes: "nothing.",
        fails: "no brand has this slug, or the database cannot be read.",
    },
    Lesson {
        command: "changes list",
        examples: &[
            "farewell changes list --brand example --status pending",
            "farewell changes list --customer cus_1 --json",
        ],
        changes: "nothing.",
        fails: "no brand has this slug, or the database cannot be read.",
    },
    Lesson {
        command: "sessions show",
        examples: &["farewell sessions show FW-7K3Q-9XPD", "farewell sessions show FW-7K3Q-9XPD --with-text"],
        changes: "nothing.",
        fails: "there is no such session.",
    },
    Lesson {
        command: "export sessions",
        examples: &[
            "farewell export sessions --since 2026-11-01 -o november.csv",
            "farewell export sessions --brand example --format ndjson > sessions.ndjson",
        ],
        changes: "makes the file, for your eyes only. Nothing is overwritten.",
        fails: "there is no file, or only half of it on standard output.",
    },
    Lesson {
        command: "export cancellations",
        examples: &[
            "farewell export cancellations --since 2026-11-01 -o november.csv",
            "farewell export cancellations --brand example --environment prod --format ndjson > ledger.ndjson",
        ],
        changes: "makes the file, for your eyes only. Nothing is overwritten.",
        fails: "there is no file, or only half of it on standard output.",
    },
    Lesson {
        command: "erase",
        examples: &[
            "farewell erase --brand example --customer cus_1 --dry-run",
            "farewell erase --brand example --customer user_1",
            "farewell erase --again",
        ],
        changes: "removes what is known of the customer, for good, but for what the law wants kept. --dry-run changes nothing.",
        fails: "nothing was erased, for example since something of the customer is still being done.",
    },
    Lesson {
        command: "webhooks list",
        examples: &["farewell webhooks list --brand example --status failed"],
        changes: "nothing.",
        fails: "no brand has this slug, or the database cannot be read.",
    },
    Lesson {
        command: "webhooks test",
        examples: &["farewell webhooks test --brand example"],
        changes: "nothing here. Each endpoint of the brand gets a signed ping.",
        fails: "an endpoint did not take it; what came back is shown.",
    },
    Lesson {
        command: "replay-webhooks",
        examples: &[
            "farewell replay-webhooks --failed",
            "farewell replay-webhooks --brand example --since 2026-11-01",
        ],
        changes: "puts deliveries in line again; the running server sends them.",
        fails: "there is nothing of what was named, or the database cannot be written.",
    },
    Lesson {
        command: "completions",
        examples: &[
            "farewell completions bash > ~/.local/share/bash-completion/completions/farewell",
            "farewell completions zsh > ~/.zfunc/_farewell",
            "farewell completions fish > ~/.config/fish/completions/farewell.fish",
        ],
        changes: "nothing. It needs no configuration.",
        fails: "it could not be written.",
    },
    Lesson {
        command: "receipts test",
        examples: &[
            "farewell receipts test --brand example",
            "farewell receipts test --brand example --to me@example.com",
        ],
        changes: "nothing here. With --to a mail is sent; a merchant's backend gets a ping.",
        fails: "receipts would not arrive; the sentence says why.",
    },
    Lesson {
        command: "declarations list",
        examples: &["farewell declarations list", "farewell declarations list --brand example --all --json"],
        changes: "nothing.",
        fails: "no brand has this slug, or the database cannot be read.",
    },
    Lesson {
        command: "declarations show",
        examples: &["farewell declarations show FW-7K3Q-9XPD"],
        changes: "nothing.",
        fails: "there is no such declaration.",
    },
    Lesson {
        command: "declarations confirm",
        examples: &[
            "farewell declarations confirm FW-7K3Q-9XPD --subscription sub_1",
            "farewell declarations confirm FW-7K3Q-9XPD --done",
        ],
        changes: "the declaration is confirmed, and the running server cancels. With --done nothing is left to do.",
        fails: "it is decided already, or a subscription has to be named.",
    },
    Lesson {
        command: "declarations dismiss",
        examples: &["farewell declarations dismiss FW-7K3Q-9XPD"],
        changes: "the declaration is closed, and nothing is canceled.",
        fails: "there is no such declaration, or it is decided already.",
    },
];

impl Lesson {
    fn text(&self) -> String {
        let examples = self.examples.join("\n  ");
        format!(
            "Examples:\n  {examples}\n\nChanges: {}\n\nExit codes: 0 if all went well. 1: {} 2: wrong arguments.",
            self.changes, self.fails
        )
    }
}

/// A command, and those below it, with what is taught about each.
pub(super) fn taught(command: Command) -> Command {
    LESSONS.iter().fold(command, |command, lesson| {
        let words: Vec<&str> = lesson.command.split(' ').collect();
        with(command, &words, &lesson.text())
    })
}

fn with(command: Command, words: &[&str], text: &str) -> Command {
    match words {
        [] => command.after_help(text.to_owned()),
        // A lesson about a command there is not would otherwise make clap panic.
        [first, ..] if command.find_subcommand(first).is_none() => command,
        [first, rest @ ..] => command.mut_subcommand(first, |below| with(below, rest, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;

    /// The words of every command that does something.
    fn leaves(command: &Command, before: &str) -> Vec<(String, Command)> {
        let below: Vec<_> = command.get_subcommands().filter(|one| one.get_name() != "help").collect();
        if below.is_empty() {
            return vec![(before.trim().to_owned(), command.clone())];
        }
        below.into_iter().flat_map(|one| leaves(one, &format!("{before} {}", one.get_name()))).collect()
    }

    #[test]
    fn every_command_has_a_sentence_an_example_what_it_changes_and_its_exit_codes() {
        for (words, command) in leaves(&Cli::taught(), "") {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty(), "`{words}` has no summary");
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for part in [&format!("  farewell {words}"), "Changes: ", "Exit codes: "] {
                assert!(help.contains(part), "a lesson about `{words}` is missing in cli/teach.rs: {part}");
            }
        }
    }

    #[test]
    fn every_lesson_is_about_a_command_there_is() {
        let names: Vec<String> = leaves(&Cli::taught(), "").into_iter().map(|(words, _)| words).collect();
        for lesson in LESSONS {
            assert!(names.iter().any(|name| name == lesson.command), "{}", lesson.command);
        }
    }

    #[test]
    fn every_example_can_be_typed() {
        let whole = Cli::taught();
        let main = whole.get_after_help().map(ToString::to_string).unwrap_or_default();
        let of_main =
            main.lines().filter_map(|line| line.strip_prefix("  ")).filter(|l| l.starts_with("farewell "));
        // In the main help an explanation follows after two spaces.
        let of_main = of_main.filter_map(|line| line.split("  ").next());
        let examples: Vec<&str> =
            LESSONS.iter().flat_map(|lesson| lesson.examples.iter().copied()).chain(of_main).collect();
        assert!(examples.len() > LESSONS.len());
        for example in examples {
            let words = example.split(" > ").next().unwrap_or_default().split_whitespace();
            if let Err(error) = Cli::taught().try_get_matches_from(words) {
                panic!("{example}: {error}");
            }
        }
    }
}
