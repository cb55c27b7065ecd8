// Functions as rows of the table `functions`.
//
// Private to the store. Thread: the database's.

#pragma once

#include <filesystem>
#include <string_view>

#include "emulator/store/function_store.h"
#include "emulator/store/sqlite.h"

namespace lambdarium::store {

extern const std::string_view kFunctionColumns;
extern const std::string_view kFunctionPlaces;

// Runs a statement to its end and says whether it gave a row.
Result<bool> run_to_end(Statement& statement);
// Binds a function to kFunctionPlaces, from the statement's first parameter on, and runs it.
Result<bool> write_function(Statement& statement, const StoredFunction& function);
// The row has kFunctionColumns from its first column on.
StoredFunction read_function(const Statement& row, const std::filesystem::path& packages);

}  // namespace lambdarium::store
