/* Answers in LLVM's place what the host's processor is, so that `wasmedge compile`, which knows no option for it, compiles for
 * another one. The names are those of LLVM's C interface (llvm-c/TargetMachine.h); the loader finds these first, because the
 * library is preloaded. Each answer is written to stderr, too: that proves that the compiler has asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *answer(const char *variable) {
  const char *value = getenv(variable);
  if (value == NULL) {
    fprintf(stderr, "%s is not set\n", variable);
    exit(2);
  }
  fprintf(stderr, "%s=%s\n", variable, value);
  return strdup(value); /* LLVM's caller frees it. */
}

char *LLVMGetHostCPUName(void) { return answer("WASMEDGE_HOST_CPU"); }
char *LLVMGetHostCPUFeatures(void) { return answer("WASMEDGE_HOST_CPU_FEATURES"); }
