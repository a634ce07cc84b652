use crate::errno::{Errno, Failure, Result};
use litert_sys as sys;
use std::ptr;

/// Makes LiteRT's log, which goes to stderr, tell errors only. The level is one for the process and can be set
/// only by creating an environment (`kLiteRtEnvOptionTagMinLoggerSeverity` in LiteRT's litert_environment_options.h);
/// the one created here is not needed after that.
pub fn only_errors() -> Result<()> {
    let option = sys::LiteRtEnvOption {
        tag: sys::kLiteRtEnvOptionTagMinLoggerSeverity,
        value: sys::LiteRtAny {
            type_: sys::kLiteRtAnyTypeInt,
            __bindgen_anon_1: sys::LiteRtAny__bindgen_ty_1 {
                int_value: sys::kLiteRtLogSeverityError.into(),
            },
        },
    };
    let mut environment = ptr::null_mut();
    // SAFETY: one option is passed, by a pointer that is valid for the call; what is created is destroyed once.
    let status = unsafe {
        let status = sys::LiteRtCreateEnvironment(1, &option, &mut environment);
        if !environment.is_null() {
            sys::LiteRtDestroyEnvironment(environment);
        }
        status
    };
    if status == sys::kLiteRtStatusOk {
        return Ok(());
    }
    Err(Failure::new(
        Errno::RuntimeError,
        format!("LiteRT does not start: status {status}"),
    ))
}
