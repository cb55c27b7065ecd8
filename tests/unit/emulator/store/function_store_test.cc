#include "emulator/store/function_store.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <thread>

#include "emulator/store/package.h"
#include "tests/unit/emulator/store/temporary_folder.h"
#include "tests/unit/emulator/store/zip_builder.h"

namespace lambdarium::store {
namespace {

namespace fs = std::filesystem;
using testing::read_file;
using testing::TemporaryFolder;

std::unique_ptr<FunctionStore> open_store(const fs::path& folder) {
  auto store = FunctionStore::open(folder);
  BOOST_REQUIRE_MESSAGE(store.ok(), (store.ok() ? std::string{} : store.error().message));
  return *std::move(store);
}

StoredFunction example(const std::string& name) {
  StoredFunction function;
  FunctionDefinition& definition = function.definition;
  definition.name = name;
  definition.runtime = "python3.12";
  definition.handler = "app.handler";
  definition.role = "arn:aws:iam::123456789012:role/r";
  definition.description = "does ü";
  definition.architecture = "arm64";
  definition.memory_mb = 512;
  definition.timeout_s = 30;
  definition.ephemeral_mb = 1024;
  definition.environment = {{"A", "1"}, {"EMPTY", ""}, {"QUOTE", "\"\n"}};
  definition.tags = {{"team", "x"}};
  definition.reserved_concurrency = 0;
  definition.environment_concurrency = 2;
  definition.code_directory = "/somewhere";
  function.origin = FunctionOrigin::kTemplate;
  function.code_sha256 = "abc=";
  function.code_size = 1234;
  function.last_modified = "2024-01-02T03:04:05.678+0000";
  function.revision_id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  function.state = "Pending";
  function.state_reason = "The function is being created.";
  function.state_reason_code = "Creating";
  function.last_update_status = "InProgress";
  function.last_update_status_reason = "r";
  function.last_update_status_reason_code = "Creating";
  function.settings = R"({"TracingConfig":{"Mode":"Active"}})";
  return function;
}

void check_equal(const StoredFunction& a, const StoredFunction& b) {
  BOOST_TEST(a.definition.name == b.definition.name);
  BOOST_TEST(a.definition.runtime == b.definition.runtime);
  BOOST_TEST(a.definition.handler == b.definition.handler);
  BOOST_TEST(a.definition.role == b.definition.role);
  BOOST_TEST(a.definition.description == b.definition.description);
  BOOST_TEST(a.definition.architecture == b.definition.architecture);
  BOOST_TEST(a.definition.memory_mb == b.definition.memory_mb);
  BOOST_TEST(a.definition.timeout_s == b.definition.timeout_s);
  BOOST_TEST(a.definition.ephemeral_mb == b.definition.ephemeral_mb);
  BOOST_TEST((a.definition.environment == b.definition.environment));
  BOOST_TEST((a.definition.tags == b.definition.tags));
  BOOST_TEST((a.definition.reserved_concurrency == b.definition.reserved_concurrency));
  BOOST_TEST(a.definition.environment_concurrency == b.definition.environment_concurrency);
  BOOST_TEST(a.definition.code_directory == b.definition.code_directory);
  BOOST_TEST((a.origin == b.origin));
  BOOST_TEST(a.version == b.version);
  BOOST_TEST(a.code_sha256 == b.code_sha256);
  BOOST_TEST(a.code_size == b.code_size);
  BOOST_TEST(a.package == b.package);
  BOOST_TEST(a.last_modified == b.last_modified);
  BOOST_TEST(a.revision_id == b.revision_id);
  BOOST_TEST(a.state == b.state);
  BOOST_TEST(a.state_reason == b.state_reason);
  BOOST_TEST(a.state_reason_code == b.state_reason_code);
  BOOST_TEST(a.last_update_status == b.last_update_status);
  BOOST_TEST(a.last_update_status_reason == b.last_update_status_reason);
  BOOST_TEST(a.last_update_status_reason_code == b.last_update_status_reason_code);
  BOOST_TEST(a.settings == b.settings);
}

void run_sql(const fs::path& file, const char* sql) {
  sqlite3* database = nullptr;
  BOOST_REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  BOOST_REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

BOOST_AUTO_TEST_SUITE(function_store)

BOOST_AUTO_TEST_CASE(what_was_put_comes_back_whole_also_after_a_restart) {
  const TemporaryFolder folder;
  const StoredFunction function = example("f");
  {
    const auto store = open_store(folder / "data");
    BOOST_REQUIRE(store->put(function).ok());
    check_equal(**store->get("f"), function);
  }
  const auto store = open_store(folder / "data");
  check_equal(**store->get("f"), function);
}

BOOST_AUTO_TEST_CASE(reserved_concurrency_that_is_not_set_is_not_zero) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  StoredFunction function = example("f");
  function.definition.reserved_concurrency.reset();
  BOOST_REQUIRE(store->put(function).ok());
  BOOST_TEST(!(*store->get("f"))->definition.reserved_concurrency.has_value());
}

BOOST_AUTO_TEST_CASE(put_replaces_insert_refuses_and_remove_says_whether_there_was_one) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  StoredFunction function = example("f");
  BOOST_TEST(store->insert(function).ok());
  const Status second = store->insert(function);
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST((second.error().code == ErrorCode::kAlreadyExists));
  BOOST_TEST(second.error().message == "Function already exist: f");
  function.definition.memory_mb = 1024;
  BOOST_TEST(store->put(function).ok());
  BOOST_TEST((*store->get("f"))->definition.memory_mb == 1024);
  BOOST_TEST(*store->remove("f"));
  BOOST_TEST(!*store->remove("f"));
  BOOST_TEST(!store->get("f")->has_value());
}

BOOST_AUTO_TEST_CASE(the_list_is_sorted_by_name_and_versions_are_kept_apart) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  for (const char* name : {"b", "a", "C"}) BOOST_REQUIRE(store->put(example(name)).ok());
  StoredFunction numbered = example("b");
  numbered.version = "1";
  BOOST_REQUIRE(store->put(numbered).ok());
  const auto list = store->list();
  BOOST_REQUIRE(list.ok());
  std::string names;
  for (const StoredFunction& function : *list) {
    names += function.definition.name + ":" + function.version + " ";
  }
  BOOST_TEST(names == "C:$LATEST a:$LATEST b:$LATEST b:1 ");
  BOOST_TEST((*store->get("b", "1"))->version == "1");
  BOOST_TEST(*store->remove("b"));
  BOOST_TEST(store->list()->size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_packages_folder_follows_the_data_folder_when_it_is_moved) {
  const TemporaryFolder folder;
  const std::string zip = testing::make_zip({{"app.py", "x"}});
  {
    const auto store = open_store(folder / "one");
    const auto package = unpack_zip(zip, store->packages_folder());
    BOOST_REQUIRE(package.ok());
    StoredFunction function = example("f");
    function.package = package->summary.id;
    BOOST_REQUIRE(store->put(function).ok());
    BOOST_TEST((*store->get("f"))->definition.code_directory == package->folder.string());
  }
  fs::rename(folder / "one", folder / "two");
  const auto store = open_store(folder / "two");
  const std::string directory = (*store->get("f"))->definition.code_directory;
  BOOST_TEST(directory.starts_with((folder / "two").string()));
  BOOST_TEST(read_file(fs::path{directory} / "app.py") == "x");
}

BOOST_AUTO_TEST_CASE(packages_without_a_function_are_removed) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const auto used = unpack_zip(testing::make_zip({{"a", "1"}}), store->packages_folder());
  const auto unused = unpack_zip(testing::make_zip({{"a", "2"}}), store->packages_folder());
  BOOST_REQUIRE((used.ok() && unused.ok()));
  StoredFunction function = example("f");
  function.package = used->summary.id;
  BOOST_REQUIRE(store->put(function).ok());
  BOOST_TEST(*store->remove_unused_packages() == 1U);
  BOOST_TEST(fs::exists(used->folder));
  BOOST_TEST(!fs::exists(unused->folder));
}

BOOST_AUTO_TEST_CASE(a_folder_in_use_by_another_emulator_is_refused_by_name) {
  const TemporaryFolder folder;
  const auto first = open_store(folder / "data");
  const auto second = FunctionStore::open(folder / "data");
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().message == "the data folder " + (folder / "data").string() +
                                           " is in use by another running emulator (process " +
                                           std::to_string(::getpid()) +
                                           "); stop it, or choose another folder with --data");
  BOOST_TEST((second.error().code == ErrorCode::kUnavailable));
}

BOOST_AUTO_TEST_CASE(a_folder_is_free_again_when_its_store_is_gone) {
  const TemporaryFolder folder;
  { const auto first = open_store(folder.path()); }
  const auto second = open_store(folder.path());
  BOOST_TEST(second->list()->empty());
}

BOOST_AUTO_TEST_CASE(what_was_acknowledged_survives_kill_9_and_the_lock_does_not) {
  const TemporaryFolder folder;
  int ready[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  const ::pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    auto store = FunctionStore::open(folder.path());
    if (!store.ok()) ::_exit(1);
    for (int i = 0; i < 20; ++i) {
      if (!(*store)->put(example("f" + std::to_string(i))).ok()) ::_exit(1);
    }
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  const ::ssize_t got = ::read(ready[0], &byte, 1);
  ::close(ready[0]);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  BOOST_REQUIRE(got == 1);
  const auto store = open_store(folder.path());
  BOOST_TEST(store->list()->size() == 20U);
}

BOOST_AUTO_TEST_CASE(calls_may_come_from_many_threads) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([i, target = store.get()] {
        for (int n = 0; n < 10; ++n) {
          (void)target->put(example("f" + std::to_string(i) + "-" + std::to_string(n)));
          (void)target->list();
        }
      });
    }
  }
  BOOST_TEST(store->list()->size() == 40U);
}

BOOST_AUTO_TEST_CASE(a_damaged_database_is_an_error_that_names_it) {
  const TemporaryFolder folder;
  folder.write("state.sqlite", std::string(10'000, 'x'));
  const auto store = FunctionStore::open(folder.path());
  BOOST_REQUIRE(!store.ok());
  BOOST_TEST((store.error().code == ErrorCode::kInvalidInput));
  BOOST_TEST(store.error().message.starts_with((folder / "state.sqlite").string() +
                                               " is damaged or not an SQLite database"));
}

BOOST_AUTO_TEST_CASE(a_database_damaged_in_the_middle_is_an_error) {
  const TemporaryFolder folder;
  {
    const auto store = open_store(folder.path());
    for (int i = 0; i < 200; ++i) BOOST_REQUIRE(store->put(example("f" + std::to_string(i))).ok());
  }
  std::string bytes = read_file(folder / "state.sqlite");
  BOOST_REQUIRE(bytes.size() > 20'000U);
  for (std::size_t i = 8'192; i < bytes.size(); ++i) bytes[i] = '\xa5';
  folder.write("state.sqlite", bytes);
  const auto store = FunctionStore::open(folder.path());
  BOOST_REQUIRE(!store.ok());
  BOOST_TEST(store.error().message.find("is damaged") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_programs_database_and_a_later_schema_are_refused) {
  const TemporaryFolder folder;
  run_sql(folder / "state.sqlite", "CREATE TABLE t (x)");
  const auto foreign = FunctionStore::open(folder.path());
  BOOST_REQUIRE(!foreign.ok());
  BOOST_TEST(foreign.error().message.find("is a database of another program") != std::string::npos);

  const TemporaryFolder later;
  { const auto store = open_store(later.path()); }
  run_sql(later / "state.sqlite", "PRAGMA user_version=99");
  const auto newer = FunctionStore::open(later.path());
  BOOST_REQUIRE(!newer.ok());
  BOOST_TEST(newer.error().message.find("written by a later version of this program (schema 99") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_data_folder_that_is_a_file_is_an_error) {
  const TemporaryFolder folder;
  folder.write("data", "x");
  const auto store = FunctionStore::open(folder / "data");
  BOOST_REQUIRE(!store.ok());
  BOOST_TEST(store.error().message.find((folder / "data").string()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(texts_with_quotes_zero_bytes_and_broken_utf8_do_no_harm) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  StoredFunction function = example("it's");
  function.definition.description = std::string{"a\0b", 3};
  function.definition.environment = {{"K", "\xff\xfe"}};
  BOOST_REQUIRE(store->put(function).ok());
  const auto back = store->get("it's");
  BOOST_REQUIRE((back.ok() && back->has_value()));
  BOOST_TEST((*back)->definition.description == function.definition.description);
}

BOOST_AUTO_TEST_CASE(an_update_is_stored_together_and_read_back_after_opening_again) {
  const TemporaryFolder folder;
  {
    const auto store = open_store(folder.path());
    StoredFunction version = example("f");
    version.version = "1";
    FunctionUpdate update;
    update.put = {example("f"), version};
    update.put_items = {{"f", "alias", "live", R"({"a":1})"}, {"f", "policy", "", "{}"}};
    update.numbering = VersionNumbering{"f", 1, "d"};
    BOOST_REQUIRE(store->update(update).ok());
    FunctionUpdate second;
    second.put_items = {{"f", "alias", "live", R"({"a":2})"}};
    second.remove_items = {{"f", "policy", "", ""}, {"f", "never", "made", ""}};
    BOOST_REQUIRE(store->update(second).ok());
  }
  const auto store = open_store(folder.path());
  BOOST_TEST(store->list()->size() == 2U);
  const auto items = store->items();
  BOOST_REQUIRE(items->size() == 1U);
  BOOST_TEST(items->front().key == "live");
  BOOST_TEST(items->front().document == R"({"a":2})");
  BOOST_REQUIRE(store->numberings()->size() == 1U);
  BOOST_TEST(store->numberings()->front().last == 1);
  BOOST_TEST(store->numberings()->front().description == "d");
  FunctionUpdate third;
  third.remove = {{"f", "1"}};
  BOOST_REQUIRE(store->update(third).ok());
  BOOST_TEST(store->list()->size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_removed_function_takes_its_items_along_but_not_its_version_numbers) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  FunctionUpdate update;
  update.put = {example("f"), example("g")};
  update.put_items = {{"f", "alias", "live", "{}"}, {"g", "alias", "live", "{}"}};
  update.numbering = VersionNumbering{"f", 7, ""};
  BOOST_REQUIRE(store->update(update).ok());
  BOOST_TEST(*store->remove("f"));
  const auto items = store->items();
  BOOST_REQUIRE(items->size() == 1U);
  BOOST_TEST(items->front().function == "g");
  BOOST_TEST(store->numberings()->front().last == 7);
}

BOOST_AUTO_TEST_CASE(the_package_of_a_version_stays_while_a_version_uses_it) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const std::string zip = testing::make_zip({{"a.py", "1"}});
  const auto unpacked = unpack_zip(zip, store->packages_folder());
  BOOST_REQUIRE(unpacked.ok());
  StoredFunction version = example("f");
  version.version = "1";
  version.package = unpacked->summary.id;
  FunctionUpdate update;
  update.put = {example("f"), version};
  BOOST_REQUIRE(store->update(update).ok());
  BOOST_TEST(*store->remove_unused_packages() == 0U);
  BOOST_TEST(fs::exists(unpacked->folder));
  FunctionUpdate removal;
  removal.remove = {{"f", "1"}};
  BOOST_REQUIRE(store->update(removal).ok());
  BOOST_TEST(*store->remove_unused_packages() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::store
