//! WasmEdge plug-in `wasm_function`: runs the program of the command line up to its fork point, then answers each
//! connection to a Unix socket with a fork of itself, which is confined by the kernel and goes on with the connection
//! as its stdin and stdout.
//!
//! Without WASM_FUNCTION_SOCKET in the environment of the process it does nothing but let programs import `accept`.

mod command_line;
mod confine;
mod memory;
mod program;
mod seccomp;
mod settings;
mod stderr;
mod supervisor;

use command_line::CommandLine;
use confine::Confinement;
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{prctl, signal::Signal},
    unistd::{dup2_stdin, dup2_stdout},
};
use plugin_abi::{HostFunction, Memory, Plugin, Trap};
use settings::{ForkPoint, Settings};
use std::{
    env,
    ffi::CStr,
    fs::{self, File},
    io,
    os::fd::AsFd,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use supervisor::Supervisor;

/// The exit code of the WasmEdge CLI for a program that trapped.
const TRAPPED: i32 = 134;

/// What `accept` forks by, once: a fork that calls it again goes on at once.
static FORKS_ON_ACCEPT: Mutex<Option<ForkServer>> = Mutex::new(None);

/// A parent before its first fork.
struct ForkServer {
    settings: Settings,
    owner: Owner,
}

/// The process that started this one.
struct Owner {
    /// The pipe that was this process's stdin: it ends with the owner.
    input: File,
    /// What was its stdout: the owner reads what happens here.
    output: File,
}

struct WasmFunction;

impl Plugin for WasmFunction {
    const NAME: &'static CStr = c"wasm_function";
    const DESCRIPTION: &'static CStr = c"Answers each connection with a fork of the ready program";
    const VERSION: [u32; 3] = [1, 0, 0];
    const MODULE: &'static CStr = c"wasm_function";

    /// WasmEdge opens the module for the command line's program, before it is loaded. Where forks are asked for, the
    /// program is run in here and the process ends with it; the second opening is the one for that program.
    fn open() -> Self {
        static OPENED: AtomicBool = AtomicBool::new(false);
        if !OPENED.swap(true, Ordering::Relaxed) {
            match Settings::read(|name| env::var(name).ok()) {
                Ok(None) => {}
                Ok(Some(settings)) => exit(run(settings).unwrap_or_else(|reason| fail(&reason))),
                Err(reason) => fail(&reason),
            }
        }
        WasmFunction
    }

    fn functions() -> Vec<HostFunction<Self>> {
        vec![HostFunction::new(c"accept", accept)]
    }
}

/// The fork point: returns in each fork. Where nothing is to be forked it returns at once.
fn accept(_: &mut WasmFunction, _: &mut Memory, []: [u32; 0]) -> Result<(), Trap> {
    let server = FORKS_ON_ACCEPT
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(server) = server {
        server
            .become_fork()
            .unwrap_or_else(|error| fail(&error.to_string()));
    }
    Ok(())
}

/// Runs the program of the command line: its exit code.
fn run(settings: Settings) -> Result<i32, String> {
    // The second line beside the end of stdin, for the time before the supervisor reads it.
    prctl::set_pdeathsig(Signal::SIGTERM).map_err(|error| error.to_string())?;
    let owner = Owner::take().map_err(|error| error.to_string())?;
    program::load(&CommandLine::parse(env::args().skip(1))?)?;
    let fork_at = settings.fork_at;
    let server = ForkServer { settings, owner };
    match fork_at {
        ForkPoint::Start => server.become_fork().map_err(|error| error.to_string())?,
        ForkPoint::Input => server
            .become_fork()
            .and_then(|()| {
                // Where it is not to be had, the program's own writes do it.
                let _ = program::memory().map(memory::prepare);
                wait_for_input()
            })
            .map_err(|error| error.to_string())?,
        ForkPoint::Accept => *FORKS_ON_ACCEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(server),
    }
    let code = program::run().unwrap_or_else(|reason| {
        eprintln!("[wasm_function] the program trapped: {reason}");
        TRAPPED
    });
    if FORKS_ON_ACCEPT.lock().is_ok_and(|waiting| waiting.is_some()) {
        eprintln!("[wasm_function] the program ended before it called accept");
    }
    Ok(code)
}

impl Owner {
    /// Takes stdin and stdout away from the program. Until it is forked it finds no input, so that one that never calls
    /// `accept` comes to its end and does not wait for ever; and what it writes, as what WasmEdge logs, goes to stderr:
    /// it must not speak in our place.
    fn take() -> io::Result<Self> {
        let taken = Owner {
            input: io::stdin().as_fd().try_clone_to_owned()?.into(),
            output: io::stdout().as_fd().try_clone_to_owned()?.into(),
        };
        dup2_stdin(File::open("/dev/null")?)?;
        dup2_stdout(io::stderr())?;
        Ok(taken)
    }
}

impl ForkServer {
    /// Serves connections; returns in a fork, when it is confined.
    fn become_fork(self) -> io::Result<()> {
        let threads = fs::read_dir("/proc/self/task")?.count();
        if threads != 1 {
            return Err(io::Error::other(format!(
                "the program's set-up left {threads} threads, of which a fork would have one: let it use one thread"
            )));
        }
        let confinement = Confinement::new(&self.settings)?;
        program::end_log();
        if let Some(memory) = program::memory() {
            memory::release_zeros(memory)?;
        }
        let ends = Supervisor::listen(&self.settings, self.owner)?.serve()?;
        confinement.enter(ends)
    }
}

/// A program that is forked ahead of its request must not run ahead of it: what it does, and how long it takes, belongs
/// to the request.
fn wait_for_input() -> io::Result<()> {
    let input = io::stdin();
    loop {
        match poll(
            &mut [PollFd::new(input.as_fd(), PollFlags::POLLIN)],
            PollTimeout::NONE,
        ) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn fail(reason: &str) -> ! {
    eprintln!("[wasm_function] {reason}");
    exit(1)
}

/// Ends the process without C's and C++'s exit handlers: a fork must not run its parent's, and the WasmEdge around
/// the plug-in is in the middle of its start.
fn exit(code: i32) -> ! {
    // SAFETY: it does not return, and no thread is left that could miss anything.
    unsafe { libc::_exit(code) }
}

plugin_abi::export_plugin!(WasmFunction);
