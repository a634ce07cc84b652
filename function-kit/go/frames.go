package functionkit

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// ready is what a function writes when it is ready for its first request.
const ready = "WFN1"

// readRequest reads one request; io.EOF at the end of input. A refusal is the answer to a request that is too long, whose
// bytes are skipped.
func readRequest(reader io.Reader, maxInput uint32) (input []byte, refusal, err error) {
	var prefix [4]byte
	if _, err := io.ReadFull(reader, prefix[:]); err != nil {
		return nil, nil, err
	}
	length := binary.LittleEndian.Uint32(prefix[:])
	if length > maxInput {
		if _, err := io.CopyN(io.Discard, reader, int64(length)); err != nil {
			return nil, nil, cutOff(err)
		}
		return nil, tooLong(maxInput), nil
	}
	input = make([]byte, length)
	if _, err := io.ReadFull(reader, input); err != nil {
		return nil, nil, cutOff(err)
	}
	return input, nil, nil
}

// writeAnswer writes one answer: the result, or the error's status and message.
func writeAnswer(writer io.Writer, result []byte, err error) error {
	status, payload := Status(0), result
	if err != nil {
		status, payload = statusOf(err), []byte(oneLine(err.Error()))
	}
	if uint64(len(payload)) > math.MaxUint32 {
		return writeFailed(errors.New("it is longer than 4 GiB"))
	}
	header := binary.LittleEndian.AppendUint32([]byte{byte(status)}, uint32(len(payload)))
	if err := writeAll(writer, header); err != nil {
		return err
	}
	return writeAll(writer, payload)
}

// cutOff is the error of an input that ends where more was announced.
func cutOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func writeAll(writer io.Writer, bytes []byte) error {
	if len(bytes) == 0 {
		return nil
	}
	if _, err := writer.Write(bytes); err != nil {
		return writeFailed(err)
	}
	return nil
}

func tooLong(maxInput uint32) error {
	return Errorf(InputTooLarge, "too large: the input is longer than the %d bytes that this function accepts", maxInput)
}

func readFailed(err error) error {
	if err == io.ErrUnexpectedEOF {
		return Errorf(Failure, "the input ended inside a request")
	}
	return Errorf(Failure, "the input cannot be read: %w", err)
}

func writeFailed(err error) error { return Errorf(Failure, "the result cannot be written: %w", err) }
