// Runs a WASI program through WasmEdge's C API on the calling thread. Compiled against the header of the WasmEdge
// in use, so that no struct layout of WasmEdge is written down twice.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasmedge/wasmedge.h>

// program.rs has the same.
struct command {
  const char *file;
  const char *const *arguments;  // the first is the program's name
  uint32_t argument_count;
  const char *const *environment;
  uint32_t environment_count;
  const char *const *folders;  // as --dir takes them
  uint32_t folder_count;
  uint32_t memory_pages;  // 0: as WasmEdge has it
  bool ahead_of_time;
};

static WasmEdge_ConfigureContext *configuration(const struct command *command) {
  WasmEdge_ConfigureContext *configuration = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(configuration, WasmEdge_HostRegistration_Wasi);
  if (command->memory_pages != 0)
    WasmEdge_ConfigureSetMaxMemoryPage(configuration, command->memory_pages);
#if WASMEDGE_VERSION_MAJOR > 0 || WASMEDGE_VERSION_MINOR >= 17
  // Before 0.17 a compiled file runs as what it is.
  if (command->ahead_of_time)
    WasmEdge_ConfigureSetRunMode(configuration, WasmEdge_RunMode_AOT);
#endif
  return configuration;
}

// One program a process.
static WasmEdge_VMContext *vm;
static WasmEdge_MemoryInstanceContext *memory;

// A loader keeps the bytes of the last module that it has parsed, which every fork would have: an empty module takes their
// place.
static void forget_file(void) {
  static const uint8_t empty[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  WasmEdge_ASTModuleContext *module = NULL;
  WasmEdge_LoaderParseFromBuffer(WasmEdge_VMGetLoaderContext(vm), &module, empty, sizeof empty);
  WasmEdge_ASTModuleDelete(module);
}

// Loads and instantiates the program: false and the reason if that cannot be done.
bool program_load(const struct command *command, const char **reason) {
  WasmEdge_ConfigureContext *conf = configuration(command);
  vm = WasmEdge_VMCreate(conf, NULL);
  WasmEdge_ConfigureDelete(conf);
  WasmEdge_ModuleInstanceInitWASI(WasmEdge_VMGetImportModuleContext(vm, WasmEdge_HostRegistration_Wasi),
                                  command->arguments, command->argument_count, command->environment,
                                  command->environment_count, command->folders, command->folder_count);
  WasmEdge_Result result = WasmEdge_VMLoadWasmFromFile(vm, command->file);
  if (WasmEdge_ResultOK(result))
    result = WasmEdge_VMValidate(vm);
  if (WasmEdge_ResultOK(result))
    result = WasmEdge_VMInstantiate(vm);
  if (!WasmEdge_ResultOK(result)) {
    *reason = WasmEdge_ResultGetMessage(result);
    return false;
  }
  forget_file();
  // WASI asks for this export.
  memory = WasmEdge_ModuleInstanceFindMemory(WasmEdge_VMGetActiveModule(vm), WasmEdge_StringWrap("memory", 6));
  return true;
}

// Runs `_start`. The program's exit code, or -1 and the reason.
int64_t program_run(const char **reason) {
  WasmEdge_Result result = WasmEdge_VMExecute(vm, WasmEdge_StringWrap("_start", 6), NULL, 0, NULL, 0);
  // proc_exit ends the program as a success.
  if (WasmEdge_ResultOK(result))
    return WasmEdge_ModuleInstanceWASIGetExitCode(
        WasmEdge_VMGetImportModuleContext(vm, WasmEdge_HostRegistration_Wasi));
  *reason = WasmEdge_ResultGetMessage(result);
  return -1;
}

// The program's memory in this process and its length in bytes, which is 0 if it has none.
uint8_t *program_memory(uint64_t *length) {
  *length = memory == NULL ? 0 : (uint64_t)WasmEdge_MemoryInstanceGetPageSize(memory) * 65536;
  return *length == 0 ? NULL : WasmEdge_MemoryInstanceGetPointer(memory, 0, 1);
}

// WasmEdge logs to stdout: what it has written so far goes out, and no more comes into a fork's connection.
void program_end_log(void) {
  fflush(NULL);
  WasmEdge_LogOff();
}
