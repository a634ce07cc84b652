package functionkit

import "strconv"

const defaultMaxInput = 64 << 20

// settings say how this run of the function is to behave.
type settings struct {
	// serve: stay and answer framed requests.
	serve bool
	// maxInput is the longest input accepted, in bytes.
	maxInput uint32
}

func parseSettings(mode, maxInput string) (settings, error) {
	parsed := settings{serve: mode == "serve", maxInput: defaultMaxInput}
	if mode != "" && !parsed.serve {
		return settings{}, Errorf(Failure, "WASM_FUNCTION_MODE is %q: set it to \"serve\" or leave it unset", mode)
	}
	if maxInput != "" {
		bytes, err := strconv.ParseUint(maxInput, 10, 32)
		if err != nil || bytes == 0 {
			return settings{}, Errorf(Failure, "WASM_FUNCTION_MAX_INPUT is %q: set it to a number of bytes above 0", maxInput)
		}
		parsed.maxInput = uint32(bytes)
	}
	return parsed, nil
}
