/* Does what its input names, so that the tests see all that a handler can; any other input it echoes. */
#include "function_kit.h"

static char loaded[] = "loaded";
static unsigned requests;

static function_status load(function_answer *answer)
{
    const char *at_start = getenv("AT_START");
    if (at_start != NULL && strcmp(at_start, "fail") == 0)
        return function_error(answer, FUNCTION_FAILURE, "the model\n is missing");
    loaded[0] = 'L';
    return FUNCTION_OK;
}

/** As many bytes as the digits say. */
static function_status answer_of(const char *digits, function_answer *answer)
{
    size_t length = strtoul(digits, NULL, 10);
    char *bytes = (char *)malloc(length);
    if (bytes == NULL)
        return function_error(answer, FUNCTION_FAILURE, "there is no memory for %zu bytes", length);
    memset(bytes, 'x', length);
    return function_result_malloced(answer, bytes, length);
}

static function_status handle(unsigned char *input, size_t length, function_answer *answer)
{
    const char *order = (const char *)input;
    requests++;
    if (strcmp(order, "bad input") == 0)
        return function_error(answer, FUNCTION_BAD_INPUT, " row %d\n\thas no number ", 7);
    if (strcmp(order, "failure") == 0)
        return function_error(answer, FUNCTION_FAILURE, "the disk is gone");
    if (strcmp(order, "empty") == 0)
        return function_error(answer, FUNCTION_EMPTY_INPUT, "there is nothing in it");
    if (strcmp(order, "too large") == 0)
        return function_error(answer, FUNCTION_INPUT_TOO_LARGE, "there is too much in it");
    if (strcmp(order, "format") == 0)
        return function_error(answer, FUNCTION_UNSUPPORTED_FORMAT, "this is no format of mine");
    if (strcmp(order, "trap") == 0)
        abort();
    if (strcmp(order, "exit") == 0)
        exit(0);
    if (strcmp(order, "loaded") == 0)
        return function_result(answer, loaded, strlen(loaded));
    if (strcmp(order, "nothing") == 0)
        return function_result(answer, NULL, 0);
    if (strcmp(order, "how many") == 0)
        return function_result(answer, input, (size_t)sprintf((char *)input, "%u", requests));
    if (strncmp(order, "answer ", 7) == 0)
        return answer_of(order + 7, answer);
    return function_result(answer, input, length);
}

int main(void)
{
    return function_run(load, handle);
}
