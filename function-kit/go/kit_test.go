package functionkit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func upper(input []byte) ([]byte, error) {
	switch string(input) {
	case "":
		return nil, Errorf(BadInput, "empty")
	case "fail":
		return nil, errors.New("failed")
	case "row":
		return nil, fmt.Errorf("row 7:\n  %w", Errorf(UnsupportedFormat, "no %s", "CSV"))
	}
	return bytes.ToUpper(input), nil
}

func request(payload string) string {
	length := uint32(len(payload))
	return string([]byte{byte(length), byte(length >> 8), byte(length >> 16), byte(length >> 24)}) + payload
}

func expect(t *testing.T, what string, actual, expected any) {
	t.Helper()
	if fmt.Sprint(actual) != fmt.Sprint(expected) {
		t.Errorf("%s is %q and not %q", what, fmt.Sprint(actual), fmt.Sprint(expected))
	}
}

func TestAFilterWritesTheResultAlone(t *testing.T) {
	var output bytes.Buffer
	expect(t, "the error", filter(strings.NewReader("abc"), &output, 3, upper), nil)
	expect(t, "the output", output.String(), "ABC")
}

func TestAFilterWritesNothingWhenTheInputIsBadOrTooLong(t *testing.T) {
	for input, status := range map[string]Status{"": BadInput, "abcd": InputTooLarge, "row": UnsupportedFormat} {
		var output bytes.Buffer
		expect(t, "the status", statusOf(filter(strings.NewReader(input), &output, 3, upper)), status)
		expect(t, "the output", output.String(), "")
	}
}

func TestAServerSaysThatItIsReadyAndAnswersOnAfterAnError(t *testing.T) {
	input := request("fail") + request("") + request("row") + request("0123456789") + request("ok")
	for _, reader := range []io.Reader{strings.NewReader(input), iotest.OneByteReader(strings.NewReader(input))} {
		var output bytes.Buffer
		expect(t, "the error", serve(reader, &output, 9, upper), nil)
		refusal := "too large: the input is longer than the 9 bytes that this function accepts"
		expected := "WFN1\x02\x06\x00\x00\x00failed\x01\x05\x00\x00\x00empty\x05\x0d\x00\x00\x00row 7: no CSV" +
			"\x04" + request(refusal) + "\x00\x02\x00\x00\x00OK"
		expect(t, "the output", output.String(), expected)
	}
}

func TestAServerFailsWhenItsInputEndsInsideARequest(t *testing.T) {
	for _, whole := range []string{request("12345"), request(strings.Repeat("x", 100))} {
		for end := 1; end < len(whole); end++ {
			err := serve(strings.NewReader(whole[:end]), io.Discard, 9, upper)
			expect(t, fmt.Sprintf("the error at %d", end), err, "the input ended inside a request")
			expect(t, "the status", statusOf(err), Failure)
		}
	}
}

func TestWhatCannotBeReadOrWrittenIsAFailure(t *testing.T) {
	broken := errors.New("broken")
	err := serve(iotest.ErrReader(broken), io.Discard, 9, upper)
	expect(t, "the error", err, "the input cannot be read: broken")
	err = filter(iotest.ErrReader(broken), io.Discard, 9, upper)
	expect(t, "the error", err, "the input cannot be read: broken")
	reader, writer := io.Pipe()
	reader.CloseWithError(broken)
	err = serve(strings.NewReader(""), writer, 9, upper)
	expect(t, "the error", err, "the result cannot be written: broken")
}

func TestAStatusThatNoAnswerMayHaveIsAFailure(t *testing.T) {
	for _, status := range []Status{0, 6, 255} {
		expect(t, "the status", statusOf(Errorf(status, "no")), Failure)
	}
}

func TestSettings(t *testing.T) {
	for _, wanted := range []struct {
		mode, maxInput string
		settings       settings
		message        string
	}{
		{"", "", settings{false, 64 << 20}, ""},
		{"serve", "1000", settings{true, 1000}, ""},
		{"", "4294967295", settings{false, 4294967295}, ""},
		{"server", "", settings{}, `WASM_FUNCTION_MODE is "server": set it to "serve" or leave it unset`},
		{"", "0", settings{}, `WASM_FUNCTION_MAX_INPUT is "0": set it to a number of bytes above 0`},
		{"", "-1", settings{}, `WASM_FUNCTION_MAX_INPUT is "-1": set it to a number of bytes above 0`},
		{"", "10MB", settings{}, `WASM_FUNCTION_MAX_INPUT is "10MB": set it to a number of bytes above 0`},
		{"", "4294967296", settings{}, `WASM_FUNCTION_MAX_INPUT is "4294967296": set it to a number of bytes above 0`},
	} {
		parsed, err := parseSettings(wanted.mode, wanted.maxInput)
		expect(t, "the settings", parsed, wanted.settings)
		if wanted.message == "" {
			expect(t, "the error", err, nil)
		} else {
			expect(t, "the error", err, wanted.message)
		}
	}
}
