use crate::Error;

const DEFAULT_MAX_INPUT: usize = 64 * 1024 * 1024;

/// How this run of the function is to behave, from its environment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `WASM_FUNCTION_MODE=serve`: stay and answer framed requests.
    pub serve: bool,
    /// `WASM_FUNCTION_MAX_INPUT`: the longest input accepted, in bytes.
    pub max_input: usize,
}

impl Settings {
    pub fn from_environment() -> Result<Self, Error> {
        let read = |name| std::env::var(name).unwrap_or_default();
        Self::parse(&read("WASM_FUNCTION_MODE"), &read("WASM_FUNCTION_MAX_INPUT"))
    }

    fn parse(mode: &str, max_input: &str) -> Result<Self, Error> {
        let serve = match mode {
            "" => false,
            "serve" => true,
            other => {
                return Err(Error::failure(format!(
                    "WASM_FUNCTION_MODE is \"{other}\": set it to \"serve\" or leave it unset"
                )));
            }
        };
        let max_input = match max_input {
            "" => DEFAULT_MAX_INPUT,
            text => text.parse().ok().filter(|&bytes| bytes > 0).ok_or_else(|| {
                Error::failure(format!(
                    "WASM_FUNCTION_MAX_INPUT is \"{text}\": set it to a number of bytes above 0"
                ))
            })?,
        };
        Ok(Self { serve, max_input })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_environment_means_a_plain_filter_of_64_mib() {
        let settings = Settings::parse("", "").unwrap();
        assert_eq!(settings, Settings { serve: false, max_input: 67_108_864 });
    }

    #[test]
    fn serve_mode_and_the_limit_are_taken_from_the_environment() {
        let settings = Settings::parse("serve", "1000").unwrap();
        assert_eq!(settings, Settings { serve: true, max_input: 1000 });
    }

    #[test]
    fn a_wrong_value_is_named_with_what_to_do() {
        let mode = Settings::parse("server", "").unwrap_err();
        assert_eq!(mode.message(), "WASM_FUNCTION_MODE is \"server\": set it to \"serve\" or leave it unset");
        for value in ["0", "-1", "10MB"] {
            let limit = Settings::parse("", value).unwrap_err();
            assert!(limit.message().starts_with(&format!("WASM_FUNCTION_MAX_INPUT is \"{value}\"")));
            assert_eq!(limit.status(), 2);
        }
    }
}
