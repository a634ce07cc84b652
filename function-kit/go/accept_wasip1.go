package functionkit

// accept is the fork point: it returns at once unless the plug-in wasm_function serves forks, then once in each fork.
//
//go:wasmimport wasm_function accept
func accept()
