//! What the owner asks for in the environment of the process.
use std::{num::NonZeroU64, str::FromStr};

const CPU_SECONDS: u64 = 60;
const MAX_FORKS: u64 = 1024;
/// unix(7): `sun_path` less the zero byte at its end.
const MAX_PATH_BYTES: usize = 107;

/// When the fork is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkPoint {
    /// When the program calls `accept`.
    Accept,
    /// When the program is loaded and instantiated, before it starts.
    Start,
    /// The same, and the program starts when its fork has input, or the end of it.
    Input,
}

/// How the fork server works.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// `WASM_FUNCTION_SOCKET`: path of the Unix socket to make, and of a folder for it alone.
    pub socket: String,
    /// `WASM_FUNCTION_FORK_AT`: `accept` (the default), `start` or `input`.
    pub fork_at: ForkPoint,
    /// `WASM_FUNCTION_MAX_FORKS`: most forks at a time; further connections wait (1024).
    pub max_forks: usize,
    /// `WASM_FUNCTION_CPU_SECONDS`: most CPU time of one fork (60).
    pub cpu_seconds: u64,
    /// `WASM_FUNCTION_MEMORY_BYTES`: most memory a fork may take beyond what it was forked with; without it, no limit.
    pub memory_bytes: Option<u64>,
    /// `WASM_FUNCTION_SECCOMP=off` takes the list of system calls away, for tests and measurements.
    pub seccomp: bool,
}

impl Settings {
    /// Reads the settings with `variable`; none without WASM_FUNCTION_SOCKET.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let Some(socket) = variable("WASM_FUNCTION_SOCKET") else {
            return Ok(None);
        };
        if !(1..=MAX_PATH_BYTES).contains(&socket.len()) {
            return Err(format!(
                "WASM_FUNCTION_SOCKET is {socket:?}: it takes a path of 1 to {MAX_PATH_BYTES} bytes"
            ));
        }
        let number = |name: &str| positive(name, variable(name));
        Ok(Some(Settings {
            socket,
            fork_at: one_of(
                "WASM_FUNCTION_FORK_AT",
                variable("WASM_FUNCTION_FORK_AT"),
                [
                    ("accept", ForkPoint::Accept),
                    ("start", ForkPoint::Start),
                    ("input", ForkPoint::Input),
                ],
            )?,
            max_forks: number("WASM_FUNCTION_MAX_FORKS")?.unwrap_or(MAX_FORKS) as usize,
            cpu_seconds: number("WASM_FUNCTION_CPU_SECONDS")?.unwrap_or(CPU_SECONDS),
            memory_bytes: number("WASM_FUNCTION_MEMORY_BYTES")?,
            seccomp: one_of(
                "WASM_FUNCTION_SECCOMP",
                variable("WASM_FUNCTION_SECCOMP"),
                [("on", true), ("off", false)],
            )?,
        }))
    }
}

fn positive(name: &str, value: Option<String>) -> Result<Option<u64>, String> {
    let Some(value) = value else { return Ok(None) };
    match NonZeroU64::from_str(&value) {
        Ok(number) => Ok(Some(number.get())),
        Err(_) => Err(format!(
            "{name} is {value:?}: it takes a whole number, at least 1"
        )),
    }
}

/// The first choice is the default.
fn one_of<T: Copy, const N: usize>(
    name: &str,
    value: Option<String>,
    choices: [(&str, T); N],
) -> Result<T, String> {
    let Some(value) = value else {
        return Ok(choices[0].1);
    };
    choices
        .iter()
        .find(|(choice, _)| *choice == value)
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| {
            format!(
                "{name} is {value:?}: it takes {}",
                choices.map(|(choice, _)| choice).join(" or ")
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, String> {
        Settings::read(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| String::from(*value))
        })
    }

    #[test]
    fn without_a_socket_nothing_is_served() {
        assert_eq!(read(&[("WASM_FUNCTION_MAX_FORKS", "many")]), Ok(None));
    }

    #[test]
    fn a_socket_alone_is_enough() {
        assert_eq!(
            read(&[("WASM_FUNCTION_SOCKET", "/a/socket")]),
            Ok(Some(Settings {
                socket: "/a/socket".into(),
                fork_at: ForkPoint::Accept,
                max_forks: 1024,
                cpu_seconds: 60,
                memory_bytes: None,
                seccomp: true,
            }))
        );
    }

    #[test]
    fn a_wrong_value_is_named_with_what_would_be_right() {
        for (name, value, hint) in [
            ("WASM_FUNCTION_SOCKET", "", "a path"),
            ("WASM_FUNCTION_FORK_AT", "end", "accept or start or input"),
            ("WASM_FUNCTION_MAX_FORKS", "0", "at least 1"),
            ("WASM_FUNCTION_CPU_SECONDS", "1.5", "whole number"),
            ("WASM_FUNCTION_MEMORY_BYTES", "64M", "whole number"),
            ("WASM_FUNCTION_SECCOMP", "false", "on or off"),
        ] {
            let error = read(&[(name, value), ("WASM_FUNCTION_SOCKET", "s")]).unwrap_err();
            assert!(
                error.contains(name) && error.contains(value) && error.contains(hint),
                "{error}"
            );
        }
    }
}
