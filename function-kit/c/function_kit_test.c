/*
 * Unit tests of the kit on this machine, where reads, writes and memory do what a pipe and a full machine may do:
 *
 *     cc -std=c99 -Wall -Wextra -Werror -o /tmp/function_kit_test function_kit_test.c && /tmp/function_kit_test
 */
#include <stdlib.h>

static void *limited_malloc(size_t bytes);
#define malloc limited_malloc
#include "function_kit.h"
#undef malloc

extern int setenv(const char *name, const char *value, int overwrite);

static struct {
    const char *input;
    size_t input_length, read, most_memory;
    /** An errno that each second call of read and write fails with; what they fail with when the input is read. */
    int between, read_end, write_end;
    char output[4096];
    size_t written;
    unsigned calls;
} machine;

static void *limited_malloc(size_t bytes)
{
    return bytes > machine.most_memory ? NULL : malloc(bytes);
}

static ssize_t fail(int with)
{
    errno = with;
    return -1;
}

/** In place of libc's: one byte at a time. */
ssize_t read(int descriptor, void *bytes, size_t length)
{
    if (descriptor != STDIN_FILENO || length == 0)
        return fail(EINVAL);
    if (machine.between != 0 && machine.calls++ % 2 == 0)
        return fail(machine.between);
    if (machine.read == machine.input_length)
        return machine.read_end == 0 ? 0 : fail(machine.read_end);
    *(char *)bytes = machine.input[machine.read++];
    return 1;
}

/** In place of libc's: one byte at a time, or, where nothing fails between, as much as is there. */
ssize_t writev(int descriptor, const struct iovec *slices, int count)
{
    size_t before = machine.written;
    int i;
    if (descriptor != STDOUT_FILENO || count < 1 || slices[0].iov_len == 0)
        return fail(EINVAL);
    if (machine.write_end != 0)
        return machine.write_end < 0 ? 0 : fail(machine.write_end);
    if (machine.between != 0) {
        if (machine.calls++ % 2 == 0)
            return fail(machine.between);
        machine.output[machine.written++] = *(const char *)slices[0].iov_base;
        return 1;
    }
    for (i = 0; i < count; i++) {
        if (slices[i].iov_len == 0)
            continue;
        memcpy(machine.output + machine.written, slices[i].iov_base, slices[i].iov_len);
        machine.written += slices[i].iov_len;
    }
    return (ssize_t)(machine.written - before);
}

static function_status upper(unsigned char *input, size_t length, function_answer *answer)
{
    size_t i;
    if (length == 0)
        return function_error(answer, FUNCTION_BAD_INPUT, "\n");
    if (strcmp((char *)input, "odd") == 0)
        return (function_status)77;
    if (strcmp((char *)input, "long") == 0)
        return function_error(answer, FUNCTION_FAILURE, " a \t\n%600d", 7);
    for (i = 0; i < length; i++)
        input[i] = (unsigned char)toupper(input[i]);
    return function_result(answer, input, length);
}

static int failures;

/** Runs the handler in this mode over this input, and compares exit code and output. */
static void expect(int line, const char *mode, const char *input, size_t input_length, int exit_code,
                   const char *output, size_t output_length)
{
    int ended;
    machine.input = input;
    machine.input_length = input_length;
    machine.read = machine.written = machine.calls = 0;
    setenv("WASM_FUNCTION_MODE", mode, 1);
    setenv("WASM_FUNCTION_MAX_INPUT", "9", 1);
    ended = function_run(NULL, upper);
    if (ended == exit_code && machine.written == output_length && memcmp(machine.output, output, output_length) == 0)
        return;
    failures++;
    printf("line %d: exit code %d in place of %d, %zu bytes of output in place of %zu: ", line, ended, exit_code,
           machine.written, output_length);
    fwrite(machine.output, 1, machine.written, stdout);
    printf("\n");
}

#define EXPECT(mode, input, exit_code, output)                                                                         \
    expect(__LINE__, mode, input, sizeof(input) - 1, exit_code, output, sizeof(output) - 1)
#define TOO_LONG "too large: the input is longer than the 9 bytes that this function accepts"

int main(void)
{
    machine.most_memory = 2 * FUNCTION_KIT_TOUCHED_BYTES;
    for (machine.between = 0;; machine.between = EINTR) {
        EXPECT("", "abc", 0, "ABC");
        EXPECT("", "123456789", 0, "123456789");
        EXPECT("", "1234567890", 1, "");
        EXPECT("serve", "", 0, "WFN1");
        EXPECT("serve", "\3\0\0\0abc\0\0\0\0\12\0\0\0001234567890\2\0\0\0de", 0,
               "WFN1\0\3\0\0\0ABC\1\0\0\0\0\4\112\0\0\0" TOO_LONG "\0\2\0\0\0DE");
        EXPECT("serve", "\3\0\0\0odd", 0, "WFN1\2\53\0\0\0the handler returned 77, which is no status");
        EXPECT("serve", "\4\0\0\0long", 0, "WFN1\2\1\0\0\0a");
        EXPECT("serve", "\3\0\0\0ab", 2, "WFN1");
        EXPECT("serve", "\1\0\0\0a\0\0", 2, "WFN1\0\1\0\0\0A");
        EXPECT("serve", "\12\0\0\0ab", 2, "WFN1");
        EXPECT("other", "abc", 2, "");
        if (machine.between != 0)
            break;
    }
    machine.between = 0;

    machine.most_memory = 5;
    EXPECT("serve", "\5\0\0\0abcde\4\0\0\0four", 0,
           "WFN1\2\52\0\0\0there is no memory for an input of 5 bytes\0\4\0\0\0FOUR");
    machine.most_memory = 100;

    machine.read_end = EIO;
    EXPECT("", "abc", 2, "");
    EXPECT("serve", "\3\0\0\0ab", 2, "WFN1");
    machine.read_end = 0;
    for (machine.write_end = -1; machine.write_end <= EPIPE; machine.write_end += 1 + EPIPE) {
        EXPECT("", "abc", 2, "");
        EXPECT("serve", "\3\0\0\0abc", 2, "");
    }
    return failures == 0 ? 0 : 1;
}
