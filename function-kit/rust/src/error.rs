use std::fmt::{self, Display};

/// Why a function has no result. Both kinds carry one line that a person can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The caller sent something that the function cannot use: status and exit code 1.
    BadInput(String),
    /// The function itself cannot do its work: status and exit code 2.
    Failure(String),
}

impl Error {
    /// A [`Error::BadInput`] with the message of `cause`.
    pub fn bad_input(cause: impl Display) -> Self {
        Self::BadInput(one_line(&cause.to_string()))
    }

    /// A [`Error::Failure`] with the message of `cause`.
    pub fn failure(cause: impl Display) -> Self {
        Self::Failure(one_line(&cause.to_string()))
    }

    /// The status byte of a frame and the exit code of the process: 1 bad input, 2 failure.
    pub fn status(&self) -> u8 {
        match self {
            Self::BadInput(_) => 1,
            Self::Failure(_) => 2,
        }
    }

    /// The message: one line.
    pub fn message(&self) -> &str {
        match self {
            Self::BadInput(message) | Self::Failure(message) => message,
        }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_always_one_line() {
        assert_eq!(Error::bad_input("first\n  second").message(), "first second");
    }
}
