package functionkit

import (
	"errors"
	"fmt"
	"strings"
)

// Status says what became of an input. Its value is the status byte of an answer's frame.
type Status uint8

const (
	// BadInput: the caller sent something that the function cannot use, and none of the others says closer what.
	BadInput Status = 1
	// Failure: the function itself cannot do its work.
	Failure Status = 2
	// EmptyInput: there is nothing in it.
	EmptyInput Status = 3
	// InputTooLarge: it is, or holds, more than the function takes.
	InputTooLarge Status = 4
	// UnsupportedFormat: it is of a format that the function does not read.
	UnsupportedFormat Status = 5
)

// Error says why a function has no result. What wraps it has its status, and a message of its own.
type Error struct {
	Status Status
	cause  error
}

// Errorf makes an [Error] with a message as of [fmt.Errorf]. On its way out it becomes one line.
func Errorf(status Status, format string, args ...any) error {
	return &Error{Status: status, cause: fmt.Errorf(format, args...)}
}

func (e *Error) Error() string { return e.cause.Error() }

// Unwrap gives what `%w` has wrapped.
func (e *Error) Unwrap() error { return e.cause }

// statusOf gives the status of an error; of one that has none that an answer may have, Failure.
func statusOf(err error) Status {
	var own *Error
	if errors.As(err, &own) && own.Status >= BadInput && own.Status <= UnsupportedFormat {
		return own.Status
	}
	return Failure
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
