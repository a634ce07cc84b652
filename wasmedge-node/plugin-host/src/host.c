// The part of WasmEdge's C API that a plug-in of ours calls, and a way to call what the plug-in registered with it.
// A program that is linked with this needs no WasmEdge, so all of it can be instrumented.
#include <stdlib.h>
#include <wasmedge/wasmedge.h>

#define MAX_FUNCTIONS 16
#define MAX_PARAMETERS 16

struct WasmEdge_FunctionTypeContext {
  uint32_t parameters;
  uint32_t returns;
};

struct WasmEdge_FunctionInstanceContext {
  uint32_t parameters;
  WasmEdge_HostFunc_t body;
  void *data;
};

struct WasmEdge_ModuleInstanceContext {
  void *data;
  void (*finalizer)(void *);
  uint32_t count;
  WasmEdge_String names[MAX_FUNCTIONS];
  WasmEdge_FunctionInstanceContext *functions[MAX_FUNCTIONS];
};

struct WasmEdge_MemoryInstanceContext {
  uint8_t *start;
  uint32_t length;
};

WasmEdge_String WasmEdge_StringWrap(const char *text, const uint32_t length) {
  return (WasmEdge_String){.Length = length, .Buf = text};
}

WasmEdge_ValType WasmEdge_ValTypeGenI32(void) { return (WasmEdge_ValType){0}; }

WasmEdge_Value WasmEdge_ValueGenI32(const int32_t value) {
  return (WasmEdge_Value){.Value = (uint32_t)value};
}

int32_t WasmEdge_ValueGetI32(const WasmEdge_Value value) { return (int32_t)value.Value; }

WasmEdge_FunctionTypeContext *WasmEdge_FunctionTypeCreate(const WasmEdge_ValType *parameters, const uint32_t count,
                                                          const WasmEdge_ValType *returns, const uint32_t results) {
  (void)parameters;
  (void)returns;
  WasmEdge_FunctionTypeContext *type = malloc(sizeof *type);
  *type = (WasmEdge_FunctionTypeContext){.parameters = count, .returns = results};
  return type;
}

void WasmEdge_FunctionTypeDelete(WasmEdge_FunctionTypeContext *type) { free(type); }

WasmEdge_FunctionInstanceContext *WasmEdge_FunctionInstanceCreate(const WasmEdge_FunctionTypeContext *type,
                                                                  WasmEdge_HostFunc_t body, void *data,
                                                                  const uint64_t cost) {
  (void)cost;
  WasmEdge_FunctionInstanceContext *function = malloc(sizeof *function);
  *function = (WasmEdge_FunctionInstanceContext){.parameters = type->parameters, .body = body, .data = data};
  return function;
}

WasmEdge_ModuleInstanceContext *WasmEdge_ModuleInstanceCreateWithData(const WasmEdge_String name, void *data,
                                                                      void (*finalizer)(void *)) {
  (void)name;
  WasmEdge_ModuleInstanceContext *module = calloc(1, sizeof *module);
  module->data = data;
  module->finalizer = finalizer;
  return module;
}

void WasmEdge_ModuleInstanceAddFunction(WasmEdge_ModuleInstanceContext *module, const WasmEdge_String name,
                                        WasmEdge_FunctionInstanceContext *function) {
  if (module->count == MAX_FUNCTIONS)
    abort();
  module->names[module->count] = name;
  module->functions[module->count++] = function;
}

// The calling frame is the memory itself.
WasmEdge_MemoryInstanceContext *WasmEdge_CallingFrameGetMemoryInstance(const WasmEdge_CallingFrameContext *frame,
                                                                       const uint32_t index) {
  return index == 0 ? (WasmEdge_MemoryInstanceContext *)frame : NULL;
}

uint8_t *WasmEdge_MemoryInstanceGetPointer(WasmEdge_MemoryInstanceContext *memory, const uint32_t offset,
                                           const uint32_t length) {
  return (uint64_t)offset + length <= memory->length ? memory->start + offset : NULL;
}

WasmEdge_ModuleInstanceContext *plugin_host_open(const WasmEdge_PluginDescriptor *plugin) {
  return plugin->ModuleDescriptions[0].Create(&plugin->ModuleDescriptions[0]);
}

void plugin_host_close(WasmEdge_ModuleInstanceContext *module) {
  for (uint32_t i = 0; i < module->count; i++)
    free(module->functions[i]);
  module->finalizer(module->data);
  free(module);
}

// The name of a function, and how many parameters it has: NULL behind the last.
const char *plugin_host_function(const WasmEdge_ModuleInstanceContext *module, uint32_t index, uint32_t *parameters) {
  if (index >= module->count)
    return NULL;
  *parameters = module->functions[index]->parameters;
  return module->names[index].Buf;
}

// false: the guest would have trapped.
bool plugin_host_call(const WasmEdge_ModuleInstanceContext *module, uint32_t index, const uint32_t *arguments,
                      uint8_t *start, uint32_t length, uint32_t *result) {
  const WasmEdge_FunctionInstanceContext *function = module->functions[index];
  struct WasmEdge_MemoryInstanceContext memory = {.start = start, .length = length};
  WasmEdge_Value parameters[MAX_PARAMETERS];
  WasmEdge_Value returned = {0};
  for (uint32_t i = 0; i < function->parameters; i++)
    parameters[i] = WasmEdge_ValueGenI32((int32_t)arguments[i]);
  WasmEdge_Result outcome =
      function->body(function->data, (const WasmEdge_CallingFrameContext *)&memory, parameters, &returned);
  *result = (uint32_t)WasmEdge_ValueGetI32(returned);
  return outcome.Code == 0;
}
