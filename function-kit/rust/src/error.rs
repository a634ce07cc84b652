use std::fmt::{self, Display};

/// Why a function has no result. Each has one line that a person can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The caller sent something that the function cannot use.
    BadInput(InputFault, String),
    /// The function itself cannot do its work.
    Failure(String),
}

/// What is wrong with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputFault {
    /// None of the others.
    Unusable,
    /// There is nothing in it.
    Empty,
    /// It is, or holds, more than the function takes.
    TooLarge,
    /// It is of a format that the function does not read.
    UnsupportedFormat,
}

impl Error {
    /// A [`Error::BadInput`] that is [`InputFault::Unusable`], with the message of `cause`.
    pub fn bad_input(cause: impl Display) -> Self {
        Self::input(InputFault::Unusable, cause)
    }

    /// A [`Error::BadInput`] with the message of `cause`.
    pub fn input(fault: InputFault, cause: impl Display) -> Self {
        Self::BadInput(fault, one_line(&cause.to_string()))
    }

    /// A [`Error::Failure`] with the message of `cause`.
    pub fn failure(cause: impl Display) -> Self {
        Self::Failure(one_line(&cause.to_string()))
    }

    /// The exit code of a plain filter: 1 bad input, 2 failure.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::BadInput(..) => 1,
            Self::Failure(_) => 2,
        }
    }

    /// The status byte of an answer's frame: 1 bad input, 2 failure, 3 empty, 4 too large, 5 unsupported format.
    pub fn status(&self) -> u8 {
        match self {
            Self::BadInput(InputFault::Unusable, _) => 1,
            Self::Failure(_) => 2,
            Self::BadInput(InputFault::Empty, _) => 3,
            Self::BadInput(InputFault::TooLarge, _) => 4,
            Self::BadInput(InputFault::UnsupportedFormat, _) => 5,
        }
    }

    /// The message: one line.
    pub fn message(&self) -> &str {
        match self {
            Self::BadInput(_, message) | Self::Failure(message) => message,
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
