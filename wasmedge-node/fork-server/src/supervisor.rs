//! The parent: one thread, one epoll loop.
//!
//! Only this loop reaps, so the pid of a fork that it still knows is that fork: a signal cannot reach another
//! process that got the same pid.
//!
//! Whoever can reach the socket is served, so it is made in a folder that nobody else may enter.
use crate::{Owner, settings::Settings};
use nix::{
    errno::Errno,
    sys::{
        epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
        resource::{Resource, getrlimit, setrlimit},
        signal::{SigHandler, SigSet, Signal, kill, signal},
        signalfd::{SfdFlags, SignalFd},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{ForkResult, Pid, fork},
};
use std::{
    collections::HashMap,
    fs::{self, DirBuilder},
    io::{self, Read, Write},
    os::unix::{
        fs::DirBuilderExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

/// Descriptors of the parent beside one for each fork: what WasmEdge holds, and this loop.
const OWN_DESCRIPTORS: u64 = 64;

// What an event belongs to; any other number is the pid of a fork.
const LISTENER: u64 = u64::MAX;
const OWNER: u64 = u64::MAX - 1;
const SIGNALS: u64 = u64::MAX - 2;

/// Whether the parent has its end before it.
#[derive(PartialEq, Eq)]
enum Next {
    Wait,
    Stop,
}

/// Forks for each connection, and sees each fork to its end.
pub struct Supervisor {
    owner: Owner,
    listener: UnixListener,
    socket: PathBuf,
    epoll: Epoll,
    signals: SignalFd,
    /// The parent's duplicate of each fork's connection. It is closed last, so that for the peer a closed connection
    /// says that nothing is left of the fork.
    forks: HashMap<Pid, UnixStream>,
    max_forks: usize,
}

impl Supervisor {
    /// Listens, and tells the owner so.
    pub fn listen(settings: &Settings, owner: Owner) -> io::Result<Self> {
        raise_descriptor_limit(settings.max_forks)?;
        // SAFETY: no handler is installed; this ends one. A peer that is gone is then an error of a write.
        unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) }?;
        let watched = SigSet::from_iter([Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT]);
        watched.thread_block()?;
        let signals = SignalFd::with_flags(&watched, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&signals, EpollEvent::new(EpollFlags::EPOLLIN, SIGNALS))?;
        epoll
            .add(&owner.input, EpollEvent::new(EpollFlags::EPOLLIN, OWNER))
            .map_err(|error| {
                io::Error::other(format!(
                    "stdin has to be a pipe, whose end is the owner's sign to stop: {error}"
                ))
            })?;
        // Last, as what fails behind it would leave the folder.
        let socket = PathBuf::from(&settings.socket);
        let listener = bind_privately(&socket).map_err(|error| {
            io::Error::other(format!(
                "WASM_FUNCTION_SOCKET is {socket:?}: no socket can be made there: {error}"
            ))
        })?;
        listener.set_nonblocking(true)?;
        epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
        let max_forks = settings.max_forks;
        let mut supervisor = Supervisor {
            owner,
            listener,
            socket,
            epoll,
            signals,
            forks: HashMap::new(),
            max_forks,
        };
        match supervisor.tell_owner("ready") {
            Ok(()) => Ok(supervisor),
            Err(_) => supervisor.stop(),
        }
    }

    /// Runs the loop. It returns only in a fork, with its connection; the parent ends inside it.
    pub fn serve(mut self) -> io::Result<UnixStream> {
        // One event at a time: a second one could be of a fork that the first has reaped.
        let mut events = [EpollEvent::empty()];
        loop {
            match self.epoll.wait(&mut events, EpollTimeout::NONE) {
                Ok(_) => {}
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let next = match events[0].data() {
                LISTENER => match self.accept()? {
                    Some(connection) => return Ok(connection),
                    None => Next::Wait,
                },
                OWNER => self.owner_gone(),
                SIGNALS => self.take_signals()?,
                pid => self.hung_up(Pid::from_raw(pid as i32)),
            };
            if next == Next::Stop {
                self.stop();
            }
        }
    }

    /// Answers one connection with a fork; the connection itself is returned in the fork.
    fn accept(&mut self) -> io::Result<Option<UnixStream>> {
        let connection = match self.listener.accept() {
            Ok((connection, _)) => connection,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => {
                eprintln!("[wasm_function] no connection could be taken: {error}");
                return Ok(None);
            }
        };
        // SAFETY: this process has one thread (`lib.rs` sees to it), so the fork has all of it and may go on as it likes.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => return Ok(Some(connection)),
            Ok(ForkResult::Parent { child }) => {
                // No events asked for: EPOLLHUP always comes, and a half-closed connection does not send it.
                self.epoll.add(
                    &connection,
                    EpollEvent::new(EpollFlags::empty(), child.as_raw() as u64),
                )?;
                self.forks.insert(child, connection);
                if self.forks.len() == self.max_forks {
                    self.epoll.delete(&self.listener)?;
                }
            }
            Err(error) => {
                eprintln!("[wasm_function] a connection is closed, as no fork could be made: {error}")
            }
        }
        Ok(None)
    }

    /// The peer has closed the connection: its fork ends. That it has ended, SIGCHLD will say.
    fn hung_up(&mut self, pid: Pid) -> Next {
        if let Some(connection) = self.forks.get(&pid) {
            // Otherwise the event would come again until the fork is reaped.
            let _ = self.epoll.delete(connection);
            let _ = kill(pid, Signal::SIGKILL);
        }
        Next::Wait
    }

    /// The owner sends nothing: what can be read is the end, or is not for us.
    fn owner_gone(&mut self) -> Next {
        match self.owner.input.read(&mut [0; 256]) {
            Ok(0) => Next::Stop,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Next::Stop,
            _ => Next::Wait,
        }
    }

    fn take_signals(&mut self) -> io::Result<Next> {
        let mut next = Next::Wait;
        while let Some(taken) = self.signals.read_signal()? {
            if taken.ssi_signo != Signal::SIGCHLD as u32 {
                next = Next::Stop;
            }
        }
        while !self.forks.is_empty() {
            let (pid, how) = match waitpid(None, Some(WaitPidFlag::WNOHANG))? {
                WaitStatus::Exited(pid, code) => (pid, format!("exit {code}")),
                WaitStatus::Signaled(pid, signal, _) => (pid, format!("signal {}", signal as i32)),
                _ => break,
            };
            if self.tell_owner(&format!("ended {pid} {how}")).is_err() {
                next = Next::Stop;
            }
            if self.forks.len() == self.max_forks {
                self.epoll
                    .add(&self.listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
            }
            self.forks.remove(&pid);
        }
        Ok(next)
    }

    /// Writes a line, whole.
    fn tell_owner(&mut self, line: &str) -> io::Result<()> {
        self.owner.output.write_all(format!("{line}\n").as_bytes())
    }

    /// Ends the forks, then the parent.
    fn stop(self) -> ! {
        // The owner has done so already, unless it ended before.
        let _ = fs::remove_file(&self.socket);
        let _ = self.socket.parent().map(fs::remove_dir);
        for pid in self.forks.keys() {
            let _ = kill(*pid, Signal::SIGKILL);
        }
        for pid in self.forks.keys() {
            let _ = waitpid(*pid, None);
        }
        crate::exit(0)
    }
}

/// Makes the folder of a socket, and the socket.
fn bind_privately(socket: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = socket.parent() {
        DirBuilder::new().mode(0o700).create(folder)?;
    }
    UnixListener::bind(socket)
}

fn raise_descriptor_limit(max_forks: usize) -> io::Result<()> {
    let needed = max_forks as u64 + OWN_DESCRIPTORS;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if needed > hard {
        return Err(io::Error::other(format!(
            "WASM_FUNCTION_MAX_FORKS is {max_forks}: that takes {needed} open files, and the system allows {hard}"
        )));
    }
    Ok(setrlimit(Resource::RLIMIT_NOFILE, soft.max(needed), hard)?)
}
