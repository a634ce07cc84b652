//! The system calls that a fork may make: what a program that reads its input, computes and writes its output comes
//! to, through WasmEdge, libc and LiteRT. Any other ends it with SIGSYS.
use seccompiler::{
    BackendError, BpfProgram, SeccompAction,
    SeccompCmpArgLen::{Dword, Qword},
    SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};
use std::env::consts::ARCH;

/// stdin, stdout and stderr.
const LAST_DESCRIPTOR: u64 = 2;

/// Calls whose first argument has to be one of the three descriptors.
const ON_DESCRIPTORS: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_fstat,
    libc::SYS_lseek,
];

/// Calls that reach nothing outside the process.
const FREE: &[libc::c_long] = &[
    // Memory; what makes more of it has conditions.
    libc::SYS_munmap,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Time, luck, and who am I.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_getrusage,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_futex,
    // Traps are signals that WasmEdge handles.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // poll_oneoff.
    libc::SYS_ppoll,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Older calls, which newer machines do not have.
#[cfg(target_arch = "x86_64")]
const OLD: &[libc::c_long] = &[libc::SYS_poll, libc::SYS_epoll_wait, libc::SYS_time];
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[libc::c_long] = &[];

/// The list as the kernel takes it.
pub fn allow_list() -> Result<BpfProgram, BackendError> {
    let on_descriptor = || argument(0, SeccompCmpOp::Le, LAST_DESCRIPTOR);
    let mut rules: Vec<(i64, Vec<SeccompRule>)> = Vec::new();
    // A call without rules is allowed whatever its arguments.
    rules.extend(FREE.iter().chain(OLD).map(|&call| (call, vec![])));
    for &call in ON_DESCRIPTORS {
        rules.push((call, vec![SeccompRule::new(vec![on_descriptor()?])?]));
    }
    // Of fcntl, what fd_fdstat_get and fd_fdstat_set_flags are made of: nothing that makes a descriptor or a signal.
    let flags = [libc::F_GETFL, libc::F_SETFL].map(|command| {
        SeccompRule::new(vec![
            on_descriptor()?,
            argument(1, SeccompCmpOp::Eq, command as u64)?,
        ])
    });
    rules.push((libc::SYS_fcntl, flags.into_iter().collect::<Result<_, _>>()?));
    // What fstat is made of in some versions of glibc, 2.36 for one. That the path is empty cannot be seen from here: of all files on the machine,
    // a hole in WasmEdge (not WASI itself, whose folders are closed) could learn size and dates.
    let empty_path = argument(3, SeccompCmpOp::Eq, libc::AT_EMPTY_PATH as u64)?;
    rules.push((
        libc::SYS_newfstatat,
        vec![SeccompRule::new(vec![on_descriptor()?, empty_path])?],
    ));
    let not_executable = || argument(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0);
    rules.push((
        libc::SYS_mprotect,
        vec![SeccompRule::new(vec![not_executable()?])?],
    ));
    // Memory of its own: no file, nothing shared, which RLIMIT_DATA would not count.
    let kind = (libc::MAP_TYPE | libc::MAP_ANONYMOUS) as u64;
    let own = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
    let own_memory = argument(3, SeccompCmpOp::MaskedEq(kind), own)?;
    rules.push((
        libc::SYS_mmap,
        vec![SeccompRule::new(vec![not_executable()?, own_memory])?],
    ));
    let in_its_place = argument(3, SeccompCmpOp::MaskedEq(libc::MREMAP_FIXED as u64), 0)?;
    rules.push((libc::SYS_mremap, vec![SeccompRule::new(vec![in_its_place])?]));
    filter(rules, SeccompAction::KillProcess, SeccompAction::Allow)
}

/// Refuses, with ENOMEM, that the program's memory, which ends at `end`, grows by more than `bytes` (up to a part in
/// STEPS more).
///
/// WasmEdge reserves all the address space a program could need, and maps memory over it (MAP_FIXED) as the program
/// grows: the kernel does not count that towards RLIMIT_DATA and RLIMIT_AS, which see a mapping take the place of
/// another. A filter cannot add, so that address and length are bounded in steps: the further the address, the shorter
/// what may be mapped there.
pub fn memory_limit(end: u64, bytes: u64) -> Result<BpfProgram, BackendError> {
    const STEPS: u64 = 16;
    let step = bytes.div_ceil(STEPS);
    let fixed = || {
        argument(
            3,
            SeccompCmpOp::MaskedEq(libc::MAP_FIXED as u64),
            libc::MAP_FIXED as u64,
        )
    };
    let address = |comparison, value| SeccompCondition::new(0, Qword, comparison, value);
    // Memory grows at its end.
    let mut rules = vec![SeccompRule::new(vec![fixed()?, address(SeccompCmpOp::Lt, end)?])?];
    for taken in (0..=STEPS).map(|number| number * step) {
        let left = (STEPS * step - taken).max(1);
        let from = address(SeccompCmpOp::Ge, end.saturating_add(taken))?;
        let longer = SeccompCondition::new(1, Qword, SeccompCmpOp::Gt, left)?;
        rules.push(SeccompRule::new(vec![fixed()?, from, longer])?);
    }
    let refuse = SeccompAction::Errno(libc::ENOMEM as u32);
    filter(vec![(libc::SYS_mmap, rules)], SeccompAction::Allow, refuse)
}

fn filter(
    rules: Vec<(i64, Vec<SeccompRule>)>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    SeccompFilter::new(
        rules.into_iter().collect(),
        otherwise,
        matched,
        TargetArch::try_from(ARCH)?,
    )?
    .try_into()
}

fn argument(number: u8, comparison: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    // The kernel takes these arguments as 32 bits.
    SeccompCondition::new(number, Dword, comparison, value)
}
