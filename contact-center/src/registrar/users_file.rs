//! Users from a file: one `user:password` a line.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use sip_core::server::Password;

/// More than anybody's users; `/dev/zero` is no users file.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Why a users file cannot be used. Never shows a password.
#[derive(Debug, thiserror::Error)]
pub enum UsersFileError {
    /// It cannot be read.
    #[error("cannot read the users file {file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A line is wrong.
    #[error("{file}:{line}: {problem}; write one user:password a line")]
    Line {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// Nobody is in it.
    #[error("the users file {file} holds no user; write one user:password a line")]
    Empty {
        /// The file.
        file: String,
    },
}

/// Reads a users file. Empty lines and lines that begin with `#` are skipped; a password may hold colons and
/// spaces, also at its end.
///
/// # Errors
/// When it cannot be read, a line is wrong or nobody is in it.
pub fn read(file: &Path) -> Result<Vec<(String, Password)>, UsersFileError> {
    let name = file.display().to_string();
    let text = text_of(file).map_err(|source| UsersFileError::Unreadable {
        file: name.clone(),
        source,
    })?;
    parse(&text, &name)
}

fn text_of(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(file)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        let why = format!("it is larger than {} MiB", MAX_BYTES >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

fn parse(text: &str, file: &str) -> Result<Vec<(String, Password)>, UsersFileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut users = Vec::new();
    let mut seen = HashSet::new();
    for (at, line) in text.lines().enumerate() {
        let wrong = |problem| UsersFileError::Line {
            file: file.to_owned(),
            line: at + 1,
            problem,
        };
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (user, password) = line.split_once(':').ok_or_else(|| wrong("there is no colon"))?;
        let user = user.trim();
        if user.is_empty() {
            return Err(wrong("there is no user before the colon"));
        }
        if user.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '<' | '>' | '"'))
        {
            return Err(wrong("the user holds a space, quote, bracket or @"));
        }
        if password.is_empty() {
            return Err(wrong("there is no password after the colon"));
        }
        if !seen.insert(user) {
            return Err(wrong("this user was given before"));
        }
        users.push((user.to_owned(), Password::new(password)));
    }
    if users.is_empty() {
        return Err(UsersFileError::Empty {
            file: file.to_owned(),
        });
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        parse(text, "users.txt")
            .unwrap()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    fn error(text: &str) -> String {
        parse(text, "users.txt").unwrap_err().to_string()
    }

    #[test]
    fn users_comments_and_line_ends() {
        assert_eq!(
            names("\u{feff}# team\r\nalice:one\r\n\r\n bob :t:w o\n+31201234567:x"),
            ["alice", "bob", "+31201234567"]
        );
        let users = parse("bob:t:w o ", "f").unwrap();
        assert_eq!(users[0].1, Password::new("t:w o "));
    }

    #[test]
    fn errors_name_the_line_and_never_the_password() {
        for (text, problem) in [
            ("alice:a\nbobsecret", "users.txt:2: there is no colon"),
            (":secret", "users.txt:1: there is no user"),
            ("a@b:secret", "users.txt:1: the user holds"),
            ("a:secret\na:secret", "users.txt:2: this user was given before"),
            ("a:", "users.txt:1: there is no password"),
            ("\n# nobody\n", "users.txt holds no user"),
        ] {
            let said = error(text);
            assert!(said.contains(problem) && !said.contains("secret"), "{said}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_file_without_end_is_refused() {
        let said = read(Path::new("/dev/zero")).unwrap_err().to_string();
        assert!(said.contains("/dev/zero") && said.contains("64 MiB"), "{said}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let said = read(Path::new("/nowhere/users.txt")).unwrap_err().to_string();
        assert!(said.contains("/nowhere/users.txt"), "{said}");
    }
}
