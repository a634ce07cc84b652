package functionkit

import (
	"io"
	"syscall"
)

// stdin and stdout are the descriptors 0 and 1 without [os.File], which would ask the poller of Go's runtime about what
// was there before the fork.
type (
	stdin  struct{}
	stdout struct{}
)

func (stdin) Read(bytes []byte) (int, error) {
	for {
		count, err := syscall.Read(0, bytes)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 0, err
		case count == 0 && len(bytes) > 0:
			return 0, io.EOF
		default:
			return count, nil
		}
	}
}

func (stdout) Write(bytes []byte) (int, error) {
	written := 0
	for written < len(bytes) {
		count, err := syscall.Write(1, bytes[written:])
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return written, err
		case count == 0:
			return written, io.ErrShortWrite
		default:
			written += count
		}
	}
	return written, nil
}
