//! Standard input and output without the buffers of `std`, which would copy each picture once
//! more and split an answer at its last line break.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;

/// Standard input, unbuffered.
pub(crate) fn stdin() -> ManuallyDrop<File> {
    descriptor(0)
}

/// Standard output, unbuffered.
pub(crate) fn stdout() -> ManuallyDrop<File> {
    descriptor(1)
}

fn descriptor(number: i32) -> ManuallyDrop<File> {
    // SAFETY: descriptors 0 and 1 are open for as long as the program runs, and `ManuallyDrop`
    // keeps this `File` from closing what it does not own.
    ManuallyDrop::new(unsafe { File::from_raw_fd(number) })
}
