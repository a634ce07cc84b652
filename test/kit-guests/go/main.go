// Does what its input names, so that the tests see all that a handler can; any other input it echoes.
package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"functionkit"
)

var requests int

func load() (functionkit.Handler, error) {
	if os.Getenv("AT_START") == "fail" {
		return nil, functionkit.Errorf(functionkit.Failure, "the model\n is missing")
	}
	loaded := []byte("Loaded")
	return func(input []byte) ([]byte, error) { return handle(input, loaded) }, nil
}

func handle(input, loaded []byte) ([]byte, error) {
	requests++
	switch order := string(input[:min(len(input), 100)]); order {
	case "bad input":
		return nil, fmt.Errorf(" row %d\n\thas %w ", 7, functionkit.Errorf(functionkit.BadInput, "no number"))
	case "failure":
		return nil, fmt.Errorf("the disk is gone")
	case "empty":
		return nil, functionkit.Errorf(functionkit.EmptyInput, "there is nothing in it")
	case "too large":
		return nil, functionkit.Errorf(functionkit.InputTooLarge, "there is too much in it")
	case "format":
		return nil, functionkit.Errorf(functionkit.UnsupportedFormat, "this is no format of mine")
	case "trap":
		panic("unreachable")
	case "exit":
		os.Exit(0)
	case "loaded":
		return loaded, nil
	case "nothing":
		return nil, nil
	case "how many":
		return strconv.AppendInt(nil, int64(requests), 10), nil
	}
	if digits, found := bytes.CutPrefix(input[:min(len(input), 20)], []byte("answer ")); found {
		length, err := strconv.Atoi(string(digits))
		return bytes.Repeat([]byte("x"), length), err
	}
	return input, nil
}

func main() { functionkit.Run(load) }
