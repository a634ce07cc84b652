use crate::litert;
use plugin_abi::OutOfBounds;

/// WASI-NN's `nn_errno`, as far as this plug-in uses it. Where the standard leaves the choice, the codes are those
/// of WasmEdge's own TensorFlow Lite plug-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Errno {
    Success = 0,
    InvalidArgument = 1,
    InvalidEncoding = 2,
    RuntimeError = 5,
    UnsupportedOperation = 6,
    TooLarge = 7,
}

/// Why a call did not succeed: the code is for the guest, the reason for people.
#[derive(Debug)]
pub struct Failure {
    pub errno: Errno,
    pub reason: String,
}

pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub fn new(errno: Errno, reason: impl Into<String>) -> Self {
        Failure {
            errno,
            reason: reason.into(),
        }
    }

    pub fn argument(reason: impl Into<String>) -> Self {
        Failure::new(Errno::InvalidArgument, reason)
    }
}

impl From<OutOfBounds> for Failure {
    fn from(error: OutOfBounds) -> Self {
        Failure::argument(format!("a pointer or length lies {error}"))
    }
}

impl From<litert::Error> for Failure {
    fn from(error: litert::Error) -> Self {
        Failure::new(Errno::RuntimeError, error.to_string())
    }
}
