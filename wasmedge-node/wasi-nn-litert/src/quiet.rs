//! LiteRT writes some 25 lines to stderr for each model: what it creates, and which accelerators it did not find.
//! Its Linux library has no way to set the log level: the functions for it are not exported, and the environment
//! option for it has no effect (2.1.4). So its lines are sorted out behind it.
use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
};

/// Does `work` while stderr is a file in memory, then passes on what is not LiteRT's INFO or WARNING. Should the
/// redirection fail, all of it is seen.
pub fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let _diversion = Diversion::begin();
    work()
}

/// Dropped after a panic too.
struct Diversion {
    stderr: OwnedFd,
    log: File,
}

impl Diversion {
    fn begin() -> io::Result<Self> {
        // SAFETY: both calls take plain values, and each descriptor that they return is new, so it has one owner.
        let (stderr, log) = unsafe {
            (
                owned(libc::fcntl(libc::STDERR_FILENO, libc::F_DUPFD_CLOEXEC, 0))?,
                owned(libc::memfd_create(c"litert-log".as_ptr(), libc::MFD_CLOEXEC))?,
            )
        };
        redirect(&log)?;
        Ok(Diversion {
            stderr,
            log: File::from(log),
        })
    }

    fn end(&mut self) -> io::Result<()> {
        redirect(&self.stderr)?;
        let mut log = Vec::new();
        self.log.rewind()?;
        self.log.read_to_end(&mut log)?;
        log.split_inclusive(|&byte| byte == b'\n')
            .filter(|line| !line.starts_with(b"INFO: ") && !line.starts_with(b"WARNING: "))
            .try_for_each(|line| io::stderr().write_all(line))
    }
}

impl Drop for Diversion {
    fn drop(&mut self) {
        // There is nowhere left to tell of an error.
        let _ = self.end();
    }
}

/// # Safety
/// `descriptor` is negative or has no other owner.
unsafe fn owned(descriptor: i32) -> io::Result<OwnedFd> {
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: see above.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Makes stderr another name of `target`.
fn redirect(target: &impl AsRawFd) -> io::Result<()> {
    // SAFETY: dup2 takes plain values; descriptor 2 stays open throughout.
    match unsafe { libc::dup2(target.as_raw_fd(), libc::STDERR_FILENO) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
