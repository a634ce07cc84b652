//! The script, its exports and what came of them.

use crate::globals::{self, copy_of};
use rquickjs::{
    CatchResultExt, CaughtError, Context, Ctx, Error, Exception, Function, Module, Object, Persistent,
    Promise, Runtime, TypedArray, Value,
};
use std::io;

/// The name of the bundled script in stacks; the prelude puts those of the author's files there.
const BUNDLE: &str = "bundle";

/// Bytes of stack that calls may take, of 4 MiB (see .cargo/config.toml): what recurses without end is a RangeError.
const STACK_BYTES: usize = 1024 * 1024;

/// Why there is no answer.
pub enum Failure {
    /// The input is bad, for this reason.
    Refusal(String),
    /// The script failed: the error with its stack.
    Fault(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Fault(error.to_string())
    }
}

/// A script that has been loaded.
pub struct Engine {
    context: Context,
    prelude: Persistent<Object<'static>>,
    handler: Persistent<Function<'static>>,
}

impl Engine {
    /// Runs the top of a script.
    ///
    /// `script` is JSON: `source`, one ES module; `map`, its source map.
    pub fn load(script: &[u8]) -> Result<Self, Failure> {
        let context = Runtime::new().and_then(|runtime| {
            runtime.set_max_stack_size(STACK_BYTES);
            Context::full(&runtime)
        });
        let context = context.map_err(|error| Failure::Fault(error.to_string()))?;
        let (prelude, handler) = context.with(|ctx| -> Result<_, Failure> {
            let prelude = globals::define(&ctx).map_err(|error| Failure::Fault(error.to_string()))?;
            let handler = handler_of(&ctx, &prelude, script).catch(&ctx);
            let handler = handler.map_err(|caught| failure(&ctx, &prelude, caught))?;
            Ok((Persistent::save(&ctx, prelude), Persistent::save(&ctx, handler)))
        })?;
        Ok(Self { context, prelude, handler })
    }

    /// What the script's function makes of the input.
    pub fn answer(&self, input: Vec<u8>) -> Result<Vec<u8>, Failure> {
        self.context.with(|ctx| {
            let prelude =
                self.prelude.clone().restore(&ctx).map_err(|error| Failure::Fault(error.to_string()))?;
            let answered = || {
                let answer: Function = prelude.get("answer")?;
                let input = TypedArray::<u8>::new(ctx.clone(), input)?;
                let answered: Promise = answer.call((self.handler.clone().restore(&ctx)?, input))?;
                let bytes: TypedArray<u8> = answered.finish()?;
                Ok(copy_of(&bytes))
            };
            answered().catch(&ctx).map_err(|caught| failure(&ctx, &prelude, caught))
        })
    }
}

/// Runs the top of the script, and finds the function that it exports.
fn handler_of<'js>(ctx: &Ctx<'js>, prelude: &Object<'js>, script: &[u8]) -> Result<Function<'js>, Error> {
    let unpack: Function = prelude.get("unpack")?;
    let source: String = unpack.call((ctx.json_parse(script)?,))?;
    let (module, loaded) = Module::declare(ctx.clone(), BUNDLE, source)?.eval()?;
    loaded.finish::<()>()?;
    let handler: Value = module.namespace()?.get("default")?;
    handler.into_function().ok_or_else(|| {
        Exception::throw_type(
            ctx,
            "the script must export a function as its default: export default function (input) { … }",
        )
    })
}

fn failure<'js>(ctx: &Ctx<'js>, prelude: &Object<'js>, caught: CaughtError<'js>) -> Failure {
    let thrown = match caught {
        CaughtError::Exception(exception) => exception.into_value(),
        CaughtError::Value(value) => value,
        CaughtError::Error(Error::WouldBlock) => {
            return Failure::Fault("it awaits what never comes: there is nothing outside to wait for".into());
        }
        CaughtError::Error(error) => return Failure::Fault(error.to_string()),
    };
    let described = || {
        let reason_of: Function = prelude.get("reasonOf")?;
        let reason: Option<String> = reason_of.call((thrown.clone(),))?;
        let stack_of: Function = prelude.get("stackOf")?;
        Ok(match reason {
            Some(reason) => Failure::Refusal(reason),
            None => Failure::Fault(stack_of.call((thrown,))?),
        })
    };
    described().catch(ctx).unwrap_or_else(|caught| Failure::Fault(caught.to_string()))
}
