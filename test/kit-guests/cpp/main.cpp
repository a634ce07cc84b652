// The kit's header is the same for C++, and the guest is, too.
#include "../c/main.c"
