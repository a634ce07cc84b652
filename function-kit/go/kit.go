// Package functionkit gives a WebAssembly function, written as one handler, the two ways in which the host runs it.
//
//   - Plain filter: input on stdin, result on stdout, exit code 0; an error goes to stderr as one line, with exit code
//     1 (bad input) or 2 (failure).
//   - Serve (WASM_FUNCTION_MODE=serve): after the set-up the function calls accept(), the place where a fork server
//     copies it, writes WFN1, and answers requests, framed as `u32 LE length, payload`, with `u8 status, u32 LE length,
//     payload` until its input ends.
//
// Environment: WASM_FUNCTION_MODE (unset or serve), WASM_FUNCTION_MAX_INPUT (bytes, default 64 MiB).
package functionkit

import (
	"fmt"
	"io"
	"os"
	"runtime"
)

// Handler turns one input into one result. It may change the input, and give it back as the result; it keeps neither for
// later. An error that is no [Error] means that the function has failed.
type Handler func(input []byte) ([]byte, error)

// Run runs a function to its end, and ends the process with 0, 1 (bad input) or 2 (failure).
//
// setUp is called once, before any input is read, and gives the handler: what takes long (loading a model) belongs there,
// because the host copies or keeps the function after it.
func Run(setUp func() (Handler, error)) {
	err := run(setUp, stdin{}, stdout{})
	if err == nil {
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, oneLine(err.Error()))
	if statusOf(err) == Failure {
		os.Exit(2)
	}
	os.Exit(1)
}

func run(setUp func() (Handler, error), reader io.Reader, writer io.Writer) error {
	settings, err := parseSettings(os.Getenv("WASM_FUNCTION_MODE"), os.Getenv("WASM_FUNCTION_MAX_INPUT"))
	if err != nil {
		return err
	}
	handler, err := setUp()
	if err != nil {
		return err
	}
	if !settings.serve {
		return filter(reader, writer, settings.maxInput, handler)
	}
	runtime.GC() // What the set-up has left is collected once, and not in each fork.
	accept()
	return serve(reader, writer, settings.maxInput, handler)
}

func filter(reader io.Reader, writer io.Writer, maxInput uint32, handler Handler) error {
	input, err := io.ReadAll(io.LimitReader(reader, int64(maxInput)+1))
	if err != nil {
		return readFailed(err)
	}
	if int64(len(input)) > int64(maxInput) {
		return tooLong(maxInput)
	}
	result, err := handler(input)
	if err != nil {
		return err
	}
	return writeAll(writer, result)
}

func serve(reader io.Reader, writer io.Writer, maxInput uint32, handler Handler) error {
	if err := writeAll(writer, []byte(ready)); err != nil {
		return err
	}
	for {
		input, refusal, err := readRequest(reader, maxInput)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return readFailed(err)
		}
		var result []byte
		if refusal == nil {
			result, refusal = handler(input)
		}
		if err := writeAnswer(writer, result, refusal); err != nil {
			return err
		}
	}
}
