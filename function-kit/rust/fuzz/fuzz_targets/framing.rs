//! Any bytes, in pieces of any size, as the input of a function in serve mode: see ../framing.rs for what is checked.
//!
//! On any machine with a C++ compiler, after `cargo install cargo-fuzz`, in `function-kit/rust`:
//!
//! ```sh
//! cargo fuzz run --sanitizer none framing -- -max_total_time=60
//! cargo +nightly fuzz run framing -- -max_total_time=60   # with AddressSanitizer
//! ```
#![no_main]

#[path = "../../src/error.rs"]
#[allow(dead_code)]
mod error;
#[path = "../../src/frames.rs"]
mod frames;
#[path = "../framing.rs"]
mod framing;

use error::Error;

libfuzzer_sys::fuzz_target!(|data: &[u8]| framing::check(data));
