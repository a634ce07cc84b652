//! The parent: one thread, one epoll loop.
//!
//! Only this loop reaps, so the pid of a fork that it still knows is that fork: a signal cannot reach another
//! process that got the same pid.
//!
//! Whoever can reach the socket is served, so it is made in a folder that nobody else may enter.
use crate::{Owner, settings::Settings, stderr::ForkStderr};
use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::{
        epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
        resource::{Resource, getrlimit, setrlimit},
        signal::{SigHandler, SigSet, Signal, kill, signal},
        signalfd::{SfdFlags, SignalFd},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{ForkResult, Pid, fork, pipe2},
};
use std::{
    collections::HashMap,
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    net::Shutdown,
    os::{
        fd::OwnedFd,
        unix::{
            fs::DirBuilderExt,
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
};

/// Descriptors of the parent beside those for each fork: what WasmEdge holds, and this loop.
const OWN_DESCRIPTORS: u64 = 64;
/// Its connection and its stderr.
const DESCRIPTORS_PER_FORK: u64 = 2;

// What an event belongs to; any other number is the pid of a fork, for its connection, or with this bit for its stderr.
const LISTENER: u64 = u64::MAX;
const OWNER: u64 = u64::MAX - 1;
const SIGNALS: u64 = u64::MAX - 2;
const STDERR: u64 = 1 << 32;

/// Whether the parent has its end before it.
#[derive(PartialEq, Eq)]
enum Next {
    Wait,
    Stop,
}

/// A fork as its parent has it.
struct Child {
    /// The parent's duplicate. The peer finds the end of the answer when nothing is left of the fork, and the connection
    /// is closed when the peer has hung up, too: a close with input that the fork did not read would be an error for the
    /// peer, before it has read the answer.
    connection: UnixStream,
    /// `None` once the fork has ended.
    stderr: Option<ForkStderr>,
    hung_up: bool,
}

/// A fork's own ends.
pub struct ForkEnds {
    /// Its stdin and stdout.
    pub connection: UnixStream,
    pub stderr: OwnedFd,
}

/// Forks for each connection, and sees each fork to its end.
pub struct Supervisor {
    owner: Owner,
    listener: UnixListener,
    socket: PathBuf,
    epoll: Epoll,
    signals: SignalFd,
    forks: HashMap<Pid, Child>,
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

    /// Runs the loop. It returns only in a fork, with its own ends; the parent ends inside it.
    pub fn serve(mut self) -> io::Result<ForkEnds> {
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
                    Some(ends) => return Ok(ends),
                    None => Next::Wait,
                },
                OWNER => self.owner_gone(),
                SIGNALS => self.take_signals()?,
                pid if pid & STDERR != 0 => self.take_stderr(Pid::from_raw(pid as i32))?,
                pid => self.hung_up(Pid::from_raw(pid as i32))?,
            };
            if next == Next::Stop {
                self.stop();
            }
        }
    }

    /// Answers one connection with a fork; its own ends are returned in the fork.
    fn accept(&mut self) -> io::Result<Option<ForkEnds>> {
        let connection = match self.listener.accept() {
            Ok((connection, _)) => connection,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => {
                eprintln!("[wasm_function] no connection could be taken: {error}");
                return Ok(None);
            }
        };
        let forked = stderr_pipe().and_then(|pipe| {
            // SAFETY: this process has one thread (`lib.rs` sees to it), so the fork has all of it and may go on as it
            // likes.
            Ok((unsafe { fork() }?, pipe))
        });
        match forked {
            Ok((ForkResult::Child, (_, stderr))) => return Ok(Some(ForkEnds { connection, stderr })),
            Ok((ForkResult::Parent { child }, (reader, _))) => {
                let pid = child.as_raw() as u64;
                // No events asked for: EPOLLHUP always comes, and a half-closed connection does not send it.
                self.epoll
                    .add(&connection, EpollEvent::new(EpollFlags::empty(), pid))?;
                let stderr = ForkStderr::new(reader);
                self.epoll
                    .add(stderr.pipe(), EpollEvent::new(EpollFlags::EPOLLIN, pid | STDERR))?;
                let stderr = Some(stderr);
                self.forks.insert(
                    child,
                    Child {
                        connection,
                        stderr,
                        hung_up: false,
                    },
                );
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

    /// The peer has closed the connection: its fork, if there is one left, ends. That it has ended, SIGCHLD will say.
    fn hung_up(&mut self, pid: Pid) -> io::Result<Next> {
        let Some(child) = self.forks.get_mut(&pid) else {
            return Ok(Next::Wait);
        };
        if child.stderr.is_none() {
            self.forget(pid)?;
        } else {
            child.hung_up = true;
            // Otherwise the event would come again until the fork is reaped.
            let _ = self.epoll.delete(&child.connection);
            let _ = kill(pid, Signal::SIGKILL);
        }
        Ok(Next::Wait)
    }

    /// Passes lines of a fork on to the owner.
    fn take_stderr(&mut self, pid: Pid) -> io::Result<Next> {
        let Some(stderr) = self.forks.get_mut(&pid).and_then(|child| child.stderr.as_mut()) else {
            return Ok(Next::Wait);
        };
        let Some(lines) = stderr.read()? else {
            // The fork has closed it; until it is reaped there would be no end of this event.
            let _ = self.epoll.delete(stderr.pipe());
            return Ok(Next::Wait);
        };
        Ok(self.tell_lines(pid, &lines))
    }

    /// A fork was reaped: what it had left to say, how it ended, and the end of its answer.
    fn ended(&mut self, pid: Pid, how: &str) -> io::Result<Next> {
        let Some(child) = self.forks.get_mut(&pid) else {
            return Ok(Next::Wait);
        };
        let lines = child.stderr.take().map(ForkStderr::finish).transpose()?;
        if child.hung_up || child.connection.shutdown(Shutdown::Write).is_err() {
            self.forget(pid)?;
        }
        if self.tell_lines(pid, &lines.unwrap_or_default()) == Next::Stop
            || self.tell_owner(&format!("ended {pid} {how}")).is_err()
        {
            return Ok(Next::Stop);
        }
        Ok(Next::Wait)
    }

    /// Closes the connection of a fork that has ended. What the fork has not read goes first.
    fn forget(&mut self, pid: Pid) -> io::Result<()> {
        if self.forks.len() == self.max_forks {
            self.epoll
                .add(&self.listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
        }
        if let Some(mut child) = self.forks.remove(&pid)
            && child.connection.set_nonblocking(true).is_ok()
        {
            while child
                .connection
                .read(&mut [0; 65536])
                .is_ok_and(|count| count > 0)
            {}
        }
        Ok(())
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
        loop {
            let (pid, how) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, format!("exit {code}")),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, format!("signal {}", signal as i32)),
                Ok(_) | Err(Errno::ECHILD) => break,
                Err(error) => return Err(error.into()),
            };
            if self.ended(pid, &how)? == Next::Stop {
                next = Next::Stop;
            }
        }
        Ok(next)
    }

    fn tell_lines(&mut self, pid: Pid, lines: &[String]) -> Next {
        let told = lines
            .iter()
            .try_for_each(|line| self.tell_owner(&format!("said {pid} {line}")));
        match told {
            Ok(()) => Next::Wait,
            Err(_) => Next::Stop,
        }
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
        let living = || self.forks.iter().filter(|(_, child)| child.stderr.is_some());
        for (pid, _) in living() {
            let _ = kill(*pid, Signal::SIGKILL);
        }
        for (pid, _) in living() {
            let _ = waitpid(*pid, None);
        }
        crate::exit(0)
    }
}

/// A pipe for a fork's stderr: the end that the parent reads, which does not block, and the fork's.
pub fn stderr_pipe() -> io::Result<(File, OwnedFd)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok((File::from(reader), writer))
}

/// Makes the folder of a socket, and the socket.
fn bind_privately(socket: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = socket.parent() {
        DirBuilder::new().mode(0o700).create(folder)?;
    }
    UnixListener::bind(socket)
}

fn raise_descriptor_limit(max_forks: usize) -> io::Result<()> {
    let needed = max_forks as u64 * DESCRIPTORS_PER_FORK + OWN_DESCRIPTORS;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if needed > hard {
        return Err(io::Error::other(format!(
            "WASM_FUNCTION_MAX_FORKS is {max_forks}: that takes {needed} open files, and the system allows {hard}"
        )));
    }
    Ok(setrlimit(Resource::RLIMIT_NOFILE, soft.max(needed), hard)?)
}
