// Where the host keeps the interpreter of a runtime. Private to this folder.

#pragma once

#include <string>
#include <string_view>

#include "models/base/result.h"
#include "models/domain/function.h"
#include "runtime-api/sandbox/sandbox.h"

namespace lambdarium::sandbox {

// The first executable file of that name in the folders of a PATH; empty when there is none.
std::string find_in_path(std::string_view name, std::string_view path);

// Looks in this process's PATH: for python3.12 at python3.12, then python3; for nodejs at node.
// What turns out to be a script (a version manager's shim, which needs variables that handlers are
// not given) is run once and asked for the real program. Blocks for as long as that takes, 10 s at
// most: call it on the pool.
Result<Interpreter> find_interpreter(const RuntimeName& runtime);

}  // namespace lambdarium::sandbox
