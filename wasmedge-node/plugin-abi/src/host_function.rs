use crate::{Memory, Plugin};
use std::{
    ffi::CStr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

/// The most parameters a host function may have.
const MAX_PARAMETERS: usize = 16;

/// Ends the guest. The reason goes to stderr.
#[derive(Debug)]
pub struct Trap(pub String);

/// What a host function may return.
pub trait HostResult {
    /// Whether the guest gets an `i32`.
    const VALUE: bool;
    /// The value for the guest (not looked at where there is none), or the end of the guest.
    fn into_value(self) -> Result<u32, Trap>;
}

impl HostResult for u32 {
    const VALUE: bool = true;
    fn into_value(self) -> Result<u32, Trap> {
        Ok(self)
    }
}

impl HostResult for Result<(), Trap> {
    const VALUE: bool = false;
    fn into_value(self) -> Result<u32, Trap> {
        self.map(|()| 0)
    }
}

type Body<P> = Box<dyn Fn(&mut P, &mut Memory, &[u32]) -> Result<u32, Trap>>;
pub(crate) type Closure = Box<dyn Fn(&mut Memory, &[u32]) -> Result<u32, Trap>>;

/// A function that guests import: `i32` parameters, an `i32` or nothing back.
pub struct HostFunction<P> {
    pub(crate) name: &'static CStr,
    pub(crate) parameters: u32,
    pub(crate) returns: bool,
    body: Body<P>,
}

impl<P: Plugin> HostFunction<P> {
    /// The guest sees the signature of `function`: N `i32` parameters (at most 16), and an `i32` if it returns one.
    pub fn new<const N: usize, R: HostResult>(
        name: &'static CStr,
        function: impl Fn(&mut P, &mut Memory, [u32; N]) -> R + 'static,
    ) -> Self {
        const { assert!(N <= MAX_PARAMETERS) };
        HostFunction {
            name,
            parameters: N as u32,
            returns: R::VALUE,
            body: Box::new(move |state, memory, arguments| {
                let arguments = arguments
                    .try_into()
                    .expect("the shim passes as many arguments as the function has parameters");
                function(state, memory, arguments).into_value()
            }),
        }
    }

    /// Binds the function to an instance's state. The result never unwinds: a panic becomes `P::PANICKED` or a
    /// trap. It poisons the mutex, so that state left half-changed is not used again.
    pub(crate) fn bind(self, state: &Arc<Mutex<P>>) -> Closure {
        let state = Arc::clone(state);
        let panicked = P::PANICKED.filter(|_| self.returns);
        let name = self.name;
        Box::new(move |memory, arguments| {
            let run = || match state.lock() {
                Ok(mut state) => Some((self.body)(&mut state, memory, arguments)),
                Err(_poisoned) => None,
            };
            // The panic hook has told stderr what happened.
            let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
                // Dropping a payload may itself panic.
                std::mem::forget(payload);
                None
            });
            outcome.unwrap_or_else(|| {
                panicked.ok_or_else(|| Trap(format!("{} failed inside the plug-in", name.to_string_lossy())))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fragile;

    impl Plugin for Fragile {
        const NAME: &'static CStr = c"fragile";
        const DESCRIPTION: &'static CStr = c"Panics when told to";
        const VERSION: [u32; 3] = [0, 0, 0];
        const MODULE: &'static CStr = c"fragile";
        const PANICKED: Option<u32> = Some(5);

        fn open() -> Self {
            Fragile
        }

        fn functions() -> Vec<HostFunction<Self>> {
            vec![
                HostFunction::new(c"value", value),
                HostFunction::new(c"nothing", nothing),
            ]
        }
    }

    fn value(_: &mut Fragile, _: &mut Memory, [panics, value]: [u32; 2]) -> u32 {
        assert_eq!(panics, 0, "told to panic");
        value
    }

    fn nothing(_: &mut Fragile, _: &mut Memory, []: [u32; 0]) -> Result<(), Trap> {
        Ok(())
    }

    #[test]
    fn a_panic_is_a_code_or_a_trap_from_then_on() {
        let state = Arc::new(Mutex::new(Fragile::open()));
        let functions: Vec<Closure> = Fragile::functions()
            .into_iter()
            .map(|function| function.bind(&state))
            .collect();
        // SAFETY: these functions do not touch the memory.
        let memory = &mut unsafe { Memory::of_call(std::ptr::null()) };
        assert_eq!(functions[0](memory, &[0, 7]).expect("no trap"), 7);
        assert!(functions[1](memory, &[]).is_ok());
        assert_eq!(functions[0](memory, &[1, 7]).expect("no trap"), 5);
        assert_eq!(
            functions[0](memory, &[0, 7]).expect("no trap"),
            5,
            "the state is not trusted again"
        );
        assert!(
            functions[1](memory, &[]).is_err(),
            "a function without a value can only trap"
        );
    }

    #[test]
    fn the_guest_sees_the_signature_of_the_rust_function() {
        let signatures: Vec<_> = Fragile::functions()
            .iter()
            .map(|f| (f.parameters, f.returns))
            .collect();
        assert_eq!(signatures, [(2, true), (0, false)]);
    }
}
