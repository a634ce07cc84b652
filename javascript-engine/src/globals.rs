//! What scripts find beside the language: `prelude.js`, and what it takes from Rust.

use rquickjs::{Ctx, Exception, Function, Object, Result, TypedArray, context::EvalOptions};

/// Defines the globals.
///
/// Returns what the prelude has for the engine: `unpack`, `answer`, `reasonOf` and `stackOf`.
pub fn define<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    native.set("print", Function::new(ctx.clone(), |line: String| eprintln!("{line}"))?)?;
    native.set("random", Function::new(ctx.clone(), fastrand::f64)?)?;
    native.set("encode", Function::new(ctx.clone(), encode)?)?;
    native.set("decode", Function::new(ctx.clone(), decode)?)?;
    native.set("randomBytes", Function::new(ctx.clone(), random_bytes)?)?;
    let mut options = EvalOptions::default();
    options.filename = Some("prelude".into());
    let prelude: Function = ctx.eval_with_options(include_str!("prelude.js"), options)?;
    prelude.call((native,))
}

fn encode<'js>(ctx: Ctx<'js>, text: String) -> Result<TypedArray<'js, u8>> {
    TypedArray::new(ctx, text)
}

fn decode<'js>(ctx: Ctx<'js>, bytes: TypedArray<'js, u8>, fatal: bool) -> Result<String> {
    let bytes = copy_of(&bytes);
    if !fatal {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        Exception::throw_type(&ctx, &format!("no UTF-8 from byte {valid} on"))
    })
}

fn random_bytes<'js>(ctx: Ctx<'js>, length: usize) -> Result<TypedArray<'js, u8>> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).map_err(|error| Exception::throw_message(&ctx, &error.to_string()))?;
    TypedArray::new(ctx, bytes)
}

/// The bytes of an array; none of one that was transferred away.
pub fn copy_of(array: &TypedArray<u8>) -> Vec<u8> {
    // SAFETY: no script runs while the slice is there, so nothing moves or frees what it shows.
    unsafe { array.as_bytes() }.unwrap_or_default().to_vec()
}
