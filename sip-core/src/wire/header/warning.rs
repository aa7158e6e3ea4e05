//! Warning (RFC 3261 §20.43): `399 host "text"`.

use std::fmt;

use super::Typed;
use crate::wire::{SyntaxError, lex};

/// One warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// 300–399.
    pub code: u16,
    /// Who warns: host, host and port, or a pseudonym.
    pub agent: String,
    /// The text for people.
    pub text: String,
}

impl Typed for Warning {
    const NAME: &'static str = "Warning";
    const LIST: bool = true;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let err = |problem| SyntaxError::new("Warning", problem);
        let mut words = value.splitn(3, [' ', '\t']);
        let (Some(code), Some(agent), Some(text)) = (words.next(), words.next(), words.next()) else {
            return Err(err("is not a code, an agent and a text"));
        };
        let code = lex::number(code)
            .filter(|c| (100..=999).contains(c))
            .ok_or(err("code has not three digits"))?;
        let (text, rest) = lex::quoted(text.trim_start()).ok_or(err("text is not in quotes"))?;
        if !rest.trim().is_empty() {
            return Err(err("something follows the text"));
        }
        Ok(Self {
            code,
            agent: agent.to_owned(),
            text,
        })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.code, self.agent)?;
        lex::write_quoted(f, &self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_agent_and_text() {
        let text = r#"370 isi.edu "Insufficient \"bandwidth\"""#;
        assert_eq!(Warning::parse(text).unwrap().to_string(), text);
        for bad in [r#"1812 overture "In Progress""#, "370 h", "370 h text", ""] {
            assert!(Warning::parse(bad).is_err(), "{bad}");
        }
    }
}
