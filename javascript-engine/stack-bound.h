/* Put before QuickJS's own sources. It bounds the stack everywhere but on WASI, where what recurses without end, or JSON nested deeply,
   would trap in place of being a RangeError. Its headers are included first: those of libc do ask what they are for. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#undef __wasi__
