// The only code that knows WasmEdge's types. It is compiled against the header of the WasmEdge in use and hands
// Rust plain types, so that no struct layout of WasmEdge is written down twice. Needs WasmEdge 0.14 or newer:
// before it, values and types were other structs.
#include <stddef.h>
#include <string.h>
#include <wasmedge/wasmedge.h>

#if WASMEDGE_VERSION_MAJOR == 0 && WASMEDGE_VERSION_MINOR < 14
#error "WasmEdge 0.14 or newer is needed"
#endif

#define MAX_PARAMETERS 16

// The two structs below are this crate's own contract: ffi.rs has the same.
struct host_function {
  const char *name;
  uint32_t parameters;  // all i32, at most MAX_PARAMETERS
  bool returns;         // one i32 or nothing
  const void *closure;
};

struct plugin {
  const char *name;
  const char *description;
  const char *module;
  uint32_t version[3];
  // NULL if it failed.
  void *(*open)(void);
  void (*close)(void *instance);
  const struct host_function *(*functions)(const void *instance, uint32_t *count);
  // false: the guest ends with a trap.
  bool (*call)(const void *closure, const void *frame, const uint32_t *arguments, uint32_t count, uint32_t *result);
};

static struct plugin plugin;

static WasmEdge_Result call(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *parameters,
                            WasmEdge_Value *returns) {
  const struct host_function *function = data;
  uint32_t arguments[MAX_PARAMETERS] = {0};
  uint32_t result = 0;
  for (uint32_t i = 0; i < function->parameters; i++)
    arguments[i] = (uint32_t)WasmEdge_ValueGetI32(parameters[i]);
  if (!plugin.call(function->closure, frame, arguments, function->parameters, &result))
    return WasmEdge_Result_Fail;
  if (function->returns)
    returns[0] = WasmEdge_ValueGenI32((int32_t)result);
  return WasmEdge_Result_Success;
}

static WasmEdge_String string(const char *text) {
  return WasmEdge_StringWrap(text, (uint32_t)strlen(text));
}

static void add(WasmEdge_ModuleInstanceContext *module, const struct host_function *function) {
  WasmEdge_ValType types[MAX_PARAMETERS];
  for (uint32_t i = 0; i < MAX_PARAMETERS; i++)
    types[i] = WasmEdge_ValTypeGenI32();
  WasmEdge_FunctionTypeContext *type =
      WasmEdge_FunctionTypeCreate(types, function->parameters, types, function->returns ? 1 : 0);
  WasmEdge_ModuleInstanceAddFunction(module, string(function->name),
                                     WasmEdge_FunctionInstanceCreate(type, call, (void *)function, 0));
  WasmEdge_FunctionTypeDelete(type);
}

static WasmEdge_ModuleInstanceContext *create(const WasmEdge_ModuleDescriptor *descriptor) {
  (void)descriptor;
  void *instance = plugin.open();
  if (instance == NULL)
    return NULL;
  // The module owns the instance from here on: close() runs when the module is deleted.
  WasmEdge_ModuleInstanceContext *module =
      WasmEdge_ModuleInstanceCreateWithData(string(plugin.module), instance, plugin.close);
  uint32_t count = 0;
  const struct host_function *functions = plugin.functions(instance, &count);
  for (uint32_t i = 0; i < count; i++)
    add(module, &functions[i]);
  return module;
}

const void *plugin_abi_describe(const struct plugin *description) {
  static WasmEdge_ModuleDescriptor module;
  static WasmEdge_PluginDescriptor descriptor;
  plugin = *description;
  module.Name = plugin.name;
  module.Description = plugin.description;
  module.Create = create;
  descriptor.Name = plugin.name;
  descriptor.Description = plugin.description;
  descriptor.APIVersion = WasmEdge_Plugin_CurrentAPIVersion;
  descriptor.Version.Major = plugin.version[0];
  descriptor.Version.Minor = plugin.version[1];
  descriptor.Version.Patch = plugin.version[2];
  descriptor.ModuleCount = 1;
  descriptor.ModuleDescriptions = &module;
  return &descriptor;
}

// The first memory of the guest that called: NULL if it has none or the range is not inside it.
uint8_t *plugin_abi_memory(const void *frame, uint32_t offset, uint32_t length) {
  WasmEdge_MemoryInstanceContext *memory = WasmEdge_CallingFrameGetMemoryInstance(frame, 0);
  return memory == NULL ? NULL : WasmEdge_MemoryInstanceGetPointer(memory, offset, length);
}
