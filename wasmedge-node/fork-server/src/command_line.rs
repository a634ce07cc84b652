//! The command line of the WasmEdge CLI, as far as functions are run with it.

/// What `wasmedge [options] file [arguments]` says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// Path of the program.
    pub file: String,
    /// The program's `argv`; the first is the file's name, without its folder.
    pub arguments: Vec<String>,
    /// `NAME=value`, from `--env`.
    pub environment: Vec<String>,
    /// `guest:host` or `guest:host:readonly`, from `--dir`.
    pub folders: Vec<String>,
    /// From `--memory-page-limit`, in pages of 64 KiB; 0 without it.
    pub memory_pages: u32,
    /// From `--run-mode=aot`.
    pub ahead_of_time: bool,
}

impl CommandLine {
    /// Takes the arguments after the executable's name. An option that is not known here is an error: running
    /// without it could take away a limit.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut command = CommandLine::default();
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            if argument == "run" {
                continue;
            }
            if !argument.starts_with('-') {
                // Where it lies on the host is nothing that the program has to know.
                let name = argument.rsplit('/').next().unwrap_or_default().to_owned();
                command.arguments = [name].into_iter().chain(rest).collect();
                command.file = argument;
                return Ok(command);
            }
            let (name, inline) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            let value = inline
                .or_else(|| rest.next())
                .ok_or_else(|| format!("{name} has no value"))?;
            command.set(name, value)?;
        }
        Err("the command line names no program".into())
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        match (name, value.as_str()) {
            ("--env", _) => self.environment.push(value),
            ("--dir", _) => self.folders.push(value),
            ("--memory-page-limit", _) => {
                self.memory_pages = value.parse().ok().filter(|pages| *pages > 0).ok_or_else(|| {
                    format!("--memory-page-limit is {value:?}: it takes a number of pages, at least 1")
                })?;
            }
            ("--run-mode", "aot") => self.ahead_of_time = true,
            _ => return Err(format!("the option {name} {value} cannot be used with forks")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<CommandLine, String> {
        CommandLine::parse(line.split(' ').map(String::from))
    }

    #[test]
    fn options_come_before_the_program_and_its_arguments_after() {
        let command = parse(
            "run --run-mode=aot --memory-page-limit 16 --dir /model:/m:readonly --env A=b /functions/f.so --env x",
        );
        assert_eq!(
            command.unwrap(),
            CommandLine {
                file: "/functions/f.so".into(),
                arguments: vec!["f.so".into(), "--env".into(), "x".into()],
                environment: vec!["A=b".into()],
                folders: vec!["/model:/m:readonly".into()],
                memory_pages: 16,
                ahead_of_time: true,
            }
        );
    }

    #[test]
    fn an_unknown_option_is_refused_by_name() {
        assert!(parse("--time-limit 5 f.so").unwrap_err().contains("--time-limit"));
    }

    #[test]
    fn a_memory_limit_that_is_no_number_of_pages_is_refused() {
        assert!(
            parse("--memory-page-limit all f.so")
                .unwrap_err()
                .contains("\"all\"")
        );
        assert!(parse("--memory-page-limit 0 f.so").is_err());
    }

    #[test]
    fn a_command_line_without_a_program_is_refused() {
        assert!(parse("--env A=b").is_err());
    }
}
