//! What a fork goes through before the program goes on.
use crate::{memory, program, seccomp, settings::Settings, supervisor::ForkEnds};
use nix::{
    sys::{
        prctl,
        resource::{Resource, setrlimit},
        signal::{SigHandler, SigSet, Signal, signal},
    },
    unistd::{Pid, dup2_stderr, dup2_stdin, dup2_stdout, getpid, getppid},
};
use seccompiler::BpfProgram;
use std::{
    fs,
    io::{self, Write},
    mem::ManuallyDrop,
    os::fd::FromRawFd,
};

/// What a fork writes when the kernel holds it, behind its pid.
const CONFINED: &[u8; 1] = b"C";

/// Descriptors a fork may have: its three, and what `poll_oneoff` makes for itself.
const MAX_DESCRIPTORS: u64 = 16;

/// The limits of every fork, made ready in the parent.
pub struct Confinement {
    parent: Pid,
    cpu_seconds: u64,
    memory: Option<MemoryLimit>,
    filters: Vec<BpfProgram>,
}

/// Bytes, the parent's own included.
struct MemoryLimit {
    data: u64,
    address_space: u64,
}

impl Confinement {
    /// The limits that the settings ask for, counted from what this process has now.
    pub fn new(settings: &Settings) -> io::Result<Self> {
        if !settings.seccomp {
            eprintln!(
                "[wasm_function] WARNING: WASM_FUNCTION_SECCOMP=off: forks may make any system call. For tests only."
            );
        }
        let mut filters = Vec::new();
        // The last one installed has to let the others be installed.
        if let Some(bytes) = settings.memory_bytes {
            // Without a memory that could be found, none may grow.
            let end = program::memory().map_or(u64::MAX, memory::end);
            filters.push(seccomp::memory_limit(end, bytes).map_err(io::Error::other)?);
        }
        if settings.seccomp {
            filters.push(seccomp::allow_list().map_err(io::Error::other)?);
        }
        Ok(Confinement {
            parent: getpid(),
            cpu_seconds: settings.cpu_seconds,
            memory: settings
                .memory_bytes
                .map(MemoryLimit::above_present)
                .transpose()?,
            filters,
        })
    }

    /// Makes this process, a fresh fork, one that serves its connection and can do nothing else. It sends its pid at once, and
    /// [`CONFINED`] when it is so. On an error the fork must end.
    pub fn enter(&self, ends: ForkEnds) -> io::Result<()> {
        dup2_stderr(&ends.stderr)?;
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        if getppid() != self.parent {
            return Err(io::Error::other("the parent has ended"));
        }
        (&ends.connection).write_all(&getpid().as_raw().to_le_bytes())?;
        dup2_stdin(&ends.connection)?;
        dup2_stdout(&ends.connection)?;
        drop(ends);
        close_descriptors_from(3)?;
        // SAFETY: the default takes the place of "ignore"; no handler is involved. Only this and the mask were changed
        // in the parent. The handlers of SIGSEGV, SIGFPE and SIGBUS are WasmEdge's, which make traps of them: they stay.
        unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
        SigSet::empty().thread_set_mask()?;
        self.limit_resources()?;
        prctl::set_dumpable(false)?;
        prctl::set_no_new_privs()?;
        self.filters
            .iter()
            .try_for_each(|filter| seccompiler::apply_filter(filter))
            .map_err(|error| {
                io::Error::other(format!(
                    "the kernel takes no filter of system calls (seccomp), without which no function may run: {error}"
                ))
            })?;
        // SAFETY: descriptor 1 is open, and `ManuallyDrop` keeps this `File` from closing it.
        let mut stdout = ManuallyDrop::new(unsafe { fs::File::from_raw_fd(1) });
        stdout.write_all(CONFINED)
    }

    fn limit_resources(&self) -> io::Result<()> {
        // SIGXCPU ends the program at the soft limit; the hard one is for a program that could have it ignored.
        setrlimit(
            Resource::RLIMIT_CPU,
            self.cpu_seconds,
            self.cpu_seconds.saturating_add(1),
        )?;
        let same = |resource, limit| setrlimit(resource, limit, limit);
        same(Resource::RLIMIT_CORE, 0)?;
        same(Resource::RLIMIT_FSIZE, 0)?;
        same(Resource::RLIMIT_NPROC, 0)?;
        same(Resource::RLIMIT_NOFILE, MAX_DESCRIPTORS)?;
        if let Some(memory) = &self.memory {
            same(Resource::RLIMIT_DATA, memory.data)?;
            same(Resource::RLIMIT_AS, memory.address_space)?;
        }
        Ok(())
    }
}

impl MemoryLimit {
    /// `bytes` more than this process has: RLIMIT_DATA counts private memory that may be written, RLIMIT_AS all
    /// else. For the program's own memory see [`seccomp::memory_limit`].
    fn above_present(bytes: u64) -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let present = |name: &str| {
            status
                .lines()
                .find_map(|line| {
                    line.strip_prefix(name)?
                        .trim()
                        .strip_suffix(" kB")?
                        .parse::<u64>()
                        .ok()
                })
                .ok_or_else(|| io::Error::other(format!("/proc/self/status has no {name}")))
        };
        Ok(MemoryLimit {
            data: (present("VmData:")? * 1024).saturating_add(bytes),
            address_space: (present("VmSize:")? * 1024).saturating_add(bytes),
        })
    }
}

fn close_descriptors_from(first: u32) -> io::Result<()> {
    // By its number: Debian 11's libc has no close_range.
    // SAFETY: what is closed has owners in the parent only: here they were dropped, or are never looked at again, as
    // the fork leaves by `_exit`.
    match unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
