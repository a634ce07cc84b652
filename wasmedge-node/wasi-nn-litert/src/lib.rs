//! The WASI-NN module `wasi_ephemeral_nn` (its witx form, which crate `wasi-nn` 0.6 imports) on LiteRT.

mod errno;
mod flatbuffer;
mod graph;
mod litert;
mod model_check;
mod model_field;
mod quiet;
mod tensor;

#[cfg(test)]
#[path = "../fuzz/calls.rs"]
mod calls;

use errno::{Errno, Failure, Result};
use graph::{Context, Graph};
use litert::Environment;
use plugin_abi::{HostFunction, Memory, Plugin};
use quiet::quietly;
use std::{
    ffi::CStr,
    io::{self, Write},
};
use tensor::GuestTensor;

// What one guest may hold; WASI-NN has no call that gives anything back before its end.
const MAX_GRAPHS: usize = 16;
const MAX_CONTEXTS: usize = 64;
const MAX_MODEL_BYTES: u32 = 512 << 20;
const MAX_CONTEXT_BYTES: usize = 512 << 20;

/// `graph_encoding` tensorflowlite and `execution_target` cpu.
const TENSORFLOW_LITE: u32 = 4;
const CPU: u32 = 0;

/// The graphs and contexts of one module instance; handles are indices.
#[derive(Default)]
struct WasiNn {
    contexts: Vec<(usize, Context)>,
    graphs: Vec<Graph>,
    /// Made on first use: a guest that asks for no inference does not pay for it.
    environment: Option<Environment>,
    context_bytes: usize,
}

impl Plugin for WasiNn {
    const NAME: &'static CStr = c"wasi_nn";
    const DESCRIPTION: &'static CStr = c"WASI-NN on LiteRT (TensorFlow Lite)";
    const VERSION: [u32; 3] = [1, 0, 0];
    const MODULE: &'static CStr = c"wasi_ephemeral_nn";
    const PANICKED: Option<u32> = Some(Errno::RuntimeError as u32);

    fn open() -> Self {
        WasiNn::default()
    }

    fn functions() -> Vec<HostFunction<Self>> {
        vec![
            function(c"load", WasiNn::load),
            function(c"load_by_name", WasiNn::load_by_name),
            function(c"init_execution_context", WasiNn::init_execution_context),
            function(c"set_input", WasiNn::set_input),
            function(c"compute", WasiNn::compute),
            function(c"get_output", WasiNn::get_output),
        ]
    }
}

impl Drop for WasiNn {
    fn drop(&mut self) {
        quietly(|| {
            // In this order: contexts hold memory of the environment.
            self.contexts.clear();
            self.graphs.clear();
            self.environment = None;
        });
    }
}

impl WasiNn {
    fn load(
        &mut self,
        memory: &mut Memory,
        [builders, count, encoding, target, graph]: [u32; 5],
    ) -> Result<()> {
        memory.bytes(graph, 4)?;
        if encoding != TENSORFLOW_LITE {
            return Err(Failure::new(
                Errno::InvalidEncoding,
                format!("graph encoding {encoding}: only tensorflowlite ({TENSORFLOW_LITE}) is served"),
            ));
        }
        if target != CPU {
            return Err(Failure::argument(format!(
                "execution target {target}: only cpu ({CPU}) is served"
            )));
        }
        if count != 1 {
            return Err(Failure::argument(format!("{count} builders: a model is one")));
        }
        let (start, length) = (memory.u32(builders)?, memory.u32(builders.saturating_add(4))?);
        let model = memory.bytes(start, length)?;
        if length > MAX_MODEL_BYTES {
            return Err(too_large(format!(
                "a model of {length} bytes: at most {MAX_MODEL_BYTES}"
            )));
        }
        if self.graphs.len() == MAX_GRAPHS {
            return Err(too_large(format!("{MAX_GRAPHS} graphs are loaded already")));
        }
        if self.environment.is_none() {
            self.environment = Some(quietly(Environment::new)?);
        }
        self.graphs.push(quietly(|| Graph::load(model))?);
        memory.set_u32(graph, self.graphs.len() as u32 - 1)?;
        Ok(())
    }

    /// No host of ours registers models by name: a guest brings its own.
    fn load_by_name(&mut self, _: &mut Memory, [_, _, _]: [u32; 3]) -> Result<()> {
        Err(Failure::new(
            Errno::UnsupportedOperation,
            "no model is registered by name: use load",
        ))
    }

    fn init_execution_context(&mut self, memory: &mut Memory, [graph, context]: [u32; 2]) -> Result<()> {
        memory.bytes(context, 4)?;
        let index = graph as usize;
        let (Some(graph), Some(environment)) = (self.graphs.get(index), &self.environment) else {
            return Err(Failure::argument(format!("there is no graph {index}")));
        };
        if self.contexts.len() == MAX_CONTEXTS {
            return Err(too_large(format!(
                "{MAX_CONTEXTS} execution contexts exist already"
            )));
        }
        let bytes = self.context_bytes + graph.context_bytes();
        if bytes > MAX_CONTEXT_BYTES {
            return Err(too_large(format!(
                "the tensors would take {bytes} bytes: at most {MAX_CONTEXT_BYTES}"
            )));
        }
        self.contexts.push((index, Context::new(graph, environment)?));
        self.context_bytes = bytes;
        memory.set_u32(context, self.contexts.len() as u32 - 1)?;
        Ok(())
    }

    fn set_input(&mut self, memory: &mut Memory, [context, index, tensor]: [u32; 3]) -> Result<()> {
        let (graph, context) = self.context(context)?;
        context.set_input(graph, index, &GuestTensor::read(memory, tensor)?)
    }

    fn compute(&mut self, _: &mut Memory, [context]: [u32; 1]) -> Result<()> {
        let (graph, context) = self.context(context)?;
        context.compute(graph)
    }

    /// Where the guest's buffer is too small, it is told the size it needs.
    fn get_output(
        &mut self,
        memory: &mut Memory,
        [context, index, buffer, capacity, written]: [u32; 5],
    ) -> Result<()> {
        let (graph, context) = self.context(context)?;
        let (spec, output) = context.output(graph, index)?;
        memory.bytes(written, 4)?;
        memory.bytes(buffer, capacity)?;
        let bytes = spec.bytes() as u32;
        memory.set_u32(written, bytes)?;
        if bytes > capacity {
            return Err(too_large(format!(
                "output {index} has {bytes} bytes, the buffer {capacity}"
            )));
        }
        spec.read(output, memory.bytes_mut(buffer, bytes)?)
    }

    fn context(&mut self, handle: u32) -> Result<(&Graph, &mut Context)> {
        match self.contexts.get_mut(handle as usize) {
            Some((graph, context)) => Ok((&self.graphs[*graph], context)),
            None => Err(Failure::argument(format!(
                "there is no execution context {handle}"
            ))),
        }
    }
}

fn too_large(reason: String) -> Failure {
    Failure::new(Errno::TooLarge, reason)
}

/// A function of the module: the guest gets the code, stderr the reason.
fn function<const N: usize>(
    name: &'static CStr,
    body: fn(&mut WasiNn, &mut Memory, [u32; N]) -> Result<()>,
) -> HostFunction<WasiNn> {
    HostFunction::new(name, move |nn: &mut WasiNn, memory: &mut Memory, arguments| {
        let errno = match body(nn, memory, arguments) {
            Ok(()) => Errno::Success,
            Err(failure) => {
                // Not eprintln!, which panics where stderr is closed.
                let _ = writeln!(
                    io::stderr(),
                    "[wasi_nn] {}: {}",
                    name.to_string_lossy(),
                    failure.reason
                );
                failure.errno
            }
        };
        errno as u32
    })
}

plugin_abi::export_plugin!(WasiNn);
