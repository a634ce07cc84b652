/*
 * The function kit for C (C99) and C++ (11): gives a WebAssembly function, written as one handler, the two ways in which
 * the host runs it.
 *
 * - Plain filter: input on stdin, result on stdout, exit code 0; an error goes to stderr as one line, with exit code 1
 *   (bad input) or 2 (failure).
 * - Serve (WASM_FUNCTION_MODE=serve): after the set-up the function calls accept(), the place where a fork server copies
 *   it, writes WFN1, and answers requests, framed as `u32 LE length, payload`, with `u8 status, u32 LE length, payload`
 *   until its input ends.
 *
 * Environment: WASM_FUNCTION_MODE (unset or `serve`), WASM_FUNCTION_MAX_INPUT (bytes, default 64 MiB).
 *
 * Memory: the kit takes that of the input by malloc, and frees it after the answer; it keeps nothing else. README.md has
 * a whole function.
 */
#ifndef FUNCTION_KIT_H
#define FUNCTION_KIT_H

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/** What became of an input. The values are the status bytes of an answer's frame. */
typedef enum {
    FUNCTION_OK = 0,
    /** The caller sent something that the function cannot use, and none of the others says closer what. */
    FUNCTION_BAD_INPUT = 1,
    /** The function itself cannot do its work. */
    FUNCTION_FAILURE = 2,
    /** There is nothing in it. */
    FUNCTION_EMPTY_INPUT = 3,
    /** It is, or holds, more than the function takes. */
    FUNCTION_INPUT_TOO_LARGE = 4,
    /** It is of a format that the function does not read. */
    FUNCTION_UNSUPPORTED_FORMAT = 5
} function_status;

/** Longest message of an error, in bytes, the 0 at its end included. */
#define FUNCTION_MESSAGE_BYTES 512

/** What a handler has to say; function_result(), function_result_malloced() and function_error() fill it in. */
typedef struct {
    const void *bytes;
    size_t length;
    int is_malloced;
    char message[FUNCTION_MESSAGE_BYTES];
} function_answer;

/**
 * Called once, before any input is read: what takes long (loading a model) belongs here, because the host copies or
 * keeps the function after it. Returns FUNCTION_OK, or what function_error() returns.
 */
typedef function_status (*function_set_up)(function_answer *answer);

/**
 * Turns one input into one result. The input is the handler's own until the answer is written, so it may be changed; one
 * byte behind it is 0, so that text can be read as a string. Returns what one of the functions below returns.
 */
typedef function_status (*function_handler)(unsigned char *input, size_t length, function_answer *answer);

/** A result that stays where it is until the answer is written: in the input, static, or the function's own. */
static inline function_status function_result(function_answer *answer, const void *bytes, size_t length)
{
    answer->bytes = bytes;
    answer->length = length;
    answer->is_malloced = 0;
    return FUNCTION_OK;
}

/** A result that malloc gave, and that the kit frees when the answer is written. */
static inline function_status function_result_malloced(function_answer *answer, void *bytes, size_t length)
{
    function_status status = function_result(answer, bytes, length);
    answer->is_malloced = 1;
    return status;
}

/**
 * No result. The message is made as printf makes it, becomes one line, and is what the caller (of a bad input) or the log
 * (of a failure) is told.
 */
__attribute__((format(printf, 3, 4))) static inline function_status
function_error(function_answer *answer, function_status status, const char *format, ...)
{
    va_list arguments;
    const char *from;
    char *to = answer->message;
    va_start(arguments, format);
    vsnprintf(answer->message, sizeof answer->message, format, arguments);
    va_end(arguments);
    for (from = answer->message; *from != '\0'; from++) {
        if (!isspace((unsigned char)*from))
            *to++ = *from;
        else if (to != answer->message && to[-1] != ' ')
            *to++ = ' ';
    }
    if (to != answer->message && to[-1] == ' ')
        to--;
    *to = '\0';
    return status;
}

/* What follows is the kit's own. */

#define FUNCTION_KIT_MAX_INPUT ((size_t)64 * 1024 * 1024)

/** Enough for a photo of half a megapixel, decoded and encoded again; every ready fork holds it. */
#define FUNCTION_KIT_TOUCHED_BYTES ((size_t)3 << 19)

/** The fork point: returns at once unless the plug-in wasm_function serves forks, then once in each fork. */
#ifdef __wasm__
#ifdef __cplusplus
extern "C"
#endif
    __attribute__((import_module("wasm_function"), import_name("accept"))) void
    function_kit_accept(void);
#else
static inline void function_kit_accept(void)
{
}
#endif

typedef struct {
    int serves;
    size_t max_input;
} function_kit_settings;

static inline function_status function_kit_read_settings(function_kit_settings *settings, function_answer *answer)
{
    const char *mode = getenv("WASM_FUNCTION_MODE");
    const char *max_input = getenv("WASM_FUNCTION_MAX_INPUT");
    settings->serves = mode != NULL && strcmp(mode, "serve") == 0;
    settings->max_input = FUNCTION_KIT_MAX_INPUT;
    if (mode != NULL && *mode != '\0' && !settings->serves)
        return function_error(answer, FUNCTION_FAILURE,
                              "WASM_FUNCTION_MODE is \"%s\": set it to \"serve\" or leave it unset", mode);
    if (max_input != NULL && *max_input != '\0') {
        char *end;
        unsigned long long bytes;
        errno = 0;
        bytes = strtoull(max_input, &end, 10);
        /* One byte more is taken for the 0 behind an input. */
        if (!isdigit((unsigned char)*max_input) || *end != '\0' || errno != 0 || bytes == 0 || bytes >= SIZE_MAX)
            return function_error(answer, FUNCTION_FAILURE,
                                  "WASM_FUNCTION_MAX_INPUT is \"%s\": set it to a number of bytes above 0", max_input);
        settings->max_input = (size_t)bytes;
    }
    return FUNCTION_OK;
}

/** Fills the bytes, unless the input ends before: then fewer are `filled`. */
static inline function_status function_kit_read(void *bytes, size_t length, size_t *filled, function_answer *answer)
{
    *filled = 0;
    while (*filled < length) {
        ssize_t count = read(STDIN_FILENO, (char *)bytes + *filled, length - *filled);
        if (count == 0)
            break;
        if (count > 0)
            *filled += (size_t)count;
        else if (errno != EINTR)
            return function_error(answer, FUNCTION_FAILURE, "the input cannot be read: %s", strerror(errno));
    }
    return FUNCTION_OK;
}

/** Writes a header and a payload, in a single write where the system takes them whole. */
static inline function_status function_kit_write(const void *header, size_t header_length, const void *payload,
                                                 size_t length, function_answer *answer)
{
    struct iovec slices[2];
    int first = 0;
    slices[0].iov_base = (void *)header;
    slices[0].iov_len = header_length;
    slices[1].iov_base = (void *)payload;
    slices[1].iov_len = length;
    for (;;) {
        ssize_t count;
        while (first < 2 && slices[first].iov_len == 0)
            first++;
        if (first == 2)
            return FUNCTION_OK;
        count = writev(STDOUT_FILENO, slices + first, 2 - first);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return function_error(answer, FUNCTION_FAILURE, "the result cannot be written: %s",
                                  count == 0 ? "nothing more is taken" : strerror(errno));
        for (; first < 2 && (size_t)count >= slices[first].iov_len; first++)
            count -= (ssize_t)slices[first].iov_len;
        if (first < 2) {
            slices[first].iov_base = (char *)slices[first].iov_base + count;
            slices[first].iov_len -= (size_t)count;
        }
    }
}

static inline function_status function_kit_too_long(size_t max_input, function_answer *answer)
{
    return function_error(answer, FUNCTION_INPUT_TOO_LARGE,
                          "too large: the input is longer than the %zu bytes that this function accepts", max_input);
}

static inline function_status function_kit_no_memory(size_t length, function_answer *answer)
{
    return function_error(answer, FUNCTION_FAILURE, "there is no memory for an input of %zu bytes", length);
}

static inline function_status function_kit_handle(function_handler handler, unsigned char *input, size_t length,
                                                  function_answer *answer)
{
    function_status status;
    function_result(answer, NULL, 0);
    input[length] = '\0';
    status = handler(input, length, answer);
    if ((unsigned)status > FUNCTION_UNSUPPORTED_FORMAT)
        return function_error(answer, FUNCTION_FAILURE, "the handler returned %d, which is no status", (int)status);
    return status;
}

static inline void function_kit_release(unsigned char *input, function_answer *answer)
{
    if (answer->is_malloced)
        free((void *)answer->bytes);
    answer->is_malloced = 0;
    free(input);
}

/** Reads all input, into memory that grows with it and that the caller frees, be it of an error. */
static inline function_status function_kit_read_all(size_t max_input, unsigned char **input, size_t *length,
                                                    function_answer *answer)
{
    size_t space;
    *input = NULL;
    *length = 0;
    for (space = 65536; space != 0; space *= 2) {
        size_t filled;
        unsigned char *grown = (unsigned char *)realloc(*input, space);
        if (grown == NULL)
            break;
        *input = grown;
        if (function_kit_read(*input + *length, space - 1 - *length, &filled, answer) != FUNCTION_OK)
            return FUNCTION_FAILURE;
        *length += filled;
        if (*length > max_input)
            return function_kit_too_long(max_input, answer);
        if (*length < space - 1)
            return FUNCTION_OK;
    }
    return function_kit_no_memory(*length + 1, answer);
}

static inline function_status function_kit_filter(size_t max_input, function_handler handler, function_answer *answer)
{
    unsigned char *input;
    size_t length;
    function_status status = function_kit_read_all(max_input, &input, &length, answer);
    if (status == FUNCTION_OK)
        status = function_kit_handle(handler, input, length, answer);
    if (status == FUNCTION_OK)
        status = function_kit_write(NULL, 0, answer->bytes, answer->length, answer);
    function_kit_release(input, answer);
    return status;
}

/** Reads a request's payload to where it belongs, or past it if that is nowhere. */
static inline function_status function_kit_read_payload(unsigned char *input, size_t length, function_answer *answer)
{
    unsigned char skipped[4096];
    while (length > 0) {
        size_t wanted = input != NULL || length < sizeof skipped ? length : sizeof skipped;
        size_t filled;
        if (function_kit_read(input != NULL ? input : skipped, wanted, &filled, answer) != FUNCTION_OK)
            return FUNCTION_FAILURE;
        if (filled < wanted)
            return function_error(answer, FUNCTION_FAILURE, "the input ended inside a request");
        length -= wanted;
    }
    return FUNCTION_OK;
}

static inline function_status function_kit_write_answer(function_status status, function_answer *answer)
{
    const void *payload = status == FUNCTION_OK ? answer->bytes : answer->message;
    size_t length = status == FUNCTION_OK ? answer->length : strlen(answer->message);
    unsigned char header[5];
    int i;
    if ((uint64_t)length > UINT32_MAX)
        return function_error(answer, FUNCTION_FAILURE, "the result cannot be written: it is longer than 4 GiB");
    header[0] = (unsigned char)status;
    for (i = 0; i < 4; i++)
        header[1 + i] = (unsigned char)(length >> (8 * i));
    return function_kit_write(header, sizeof header, payload, length, answer);
}

static inline function_status function_kit_serve(size_t max_input, function_handler handler, function_answer *answer)
{
    function_status ended = function_kit_write("WFN1", 4, NULL, 0, answer);
    while (ended == FUNCTION_OK) {
        unsigned char prefix[4], *input;
        size_t filled, length;
        ended = function_kit_read(prefix, sizeof prefix, &filled, answer);
        if (ended != FUNCTION_OK || filled == 0)
            break;
        if (filled < sizeof prefix)
            return function_error(answer, FUNCTION_FAILURE, "the input ended inside a request");
        length = prefix[0] | (size_t)prefix[1] << 8 | (size_t)prefix[2] << 16 | (size_t)prefix[3] << 24;
        input = length > max_input ? NULL : (unsigned char *)malloc(length + 1);
        ended = function_kit_read_payload(input, length, answer);
        if (ended == FUNCTION_OK) {
            function_status status = input != NULL         ? function_kit_handle(handler, input, length, answer)
                                     : length > max_input ? function_kit_too_long(max_input, answer)
                                                          : function_kit_no_memory(length, answer);
            ended = function_kit_write_answer(status, answer);
        }
        function_kit_release(input, answer);
    }
    return ended;
}

/**
 * Has the kernel map the first memory that the handler will ask for, page by page: in a fork that is made ahead, this is
 * then done before there is a request.
 */
static inline void function_kit_touch_memory(void)
{
    volatile char *memory = (volatile char *)malloc(FUNCTION_KIT_TOUCHED_BYTES);
    size_t at;
    for (at = 0; memory != NULL && at < FUNCTION_KIT_TOUCHED_BYTES; at += 4096)
        memory[at] = 1;
    free((void *)memory);
}

/**
 * Runs a function to its end and gives the exit code of the process, for `main` to return: 0, 1 (bad input) or 2
 * (failure).
 *
 * @param set_up called once, before any input is read; NULL if there is nothing to set up
 */
static inline int function_run(function_set_up set_up, function_handler handler)
{
    function_kit_settings settings;
    function_answer answer;
    function_status status;
    function_result(&answer, NULL, 0);
    status = function_kit_read_settings(&settings, &answer);
    if (status == FUNCTION_OK && set_up != NULL)
        status = set_up(&answer);
    if (status == FUNCTION_OK && settings.serves) {
        function_kit_accept();
        function_kit_touch_memory();
        status = function_kit_serve(settings.max_input, handler, &answer);
    } else if (status == FUNCTION_OK) {
        status = function_kit_filter(settings.max_input, handler, &answer);
    }
    if (status == FUNCTION_OK)
        return 0;
    fprintf(stderr, "%s\n", answer.message);
    return status == FUNCTION_FAILURE ? 2 : 1;
}

#endif
